// SPDX-License-Identifier: MIT
// A CONNECT proxy on loopback behind which every host is this program, by TLS with a certificate made for the
// test: so that the real Claude Code CLI renews a login (POST https://.../v1/oauth/token) without leaving the
// machine. A refresh token works once, as the real ones do.
//
// Usage: node oauth_proxy.mjs --key FILE --cert FILE --token TOKEN --log FILE --parent PID
// TOKEN: the refresh token that works first. Prints the proxy's port. Ends when PID is gone.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer as createSite } from 'node:https';
import { connect } from 'node:net';

const options = {};
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, '')] = process.argv[i + 1];

let valid = options.token;
let count = 1;

function renew(body) {
  if (!valid || body.refresh_token !== valid) return null;
  count++;
  valid = valid.replace(/\d*$/, String(count));
  return { access_token: valid.replace('ort', 'oat'), refresh_token: valid, token_type: 'Bearer',
    expires_in: 28800, scope: 'user:inference user:profile' };
}

const site = createSite({ key: readFileSync(options.key), cert: readFileSync(options.cert) }, (request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    const path = request.url.split('?')[0];
    let answer = {};
    if (path.endsWith('/v1/oauth/token')) answer = renew(JSON.parse(text || '{}'));
    appendFileSync(options.log, `${path} ${answer ? 'ok' : 'refused'}\n`);
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: 'invalid_grant' }));
  });
});
site.listen(0, '127.0.0.1', () => {
  const proxy = createProxy((request, response) => { response.writeHead(404); response.end(); });
  proxy.on('connect', (request, client) => {
    const there = connect(site.address().port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(there).pipe(client);
    });
    const end = () => { client.destroy(); there.destroy(); };
    client.on('error', end);
    there.on('error', end);
  });
  proxy.listen(0, '127.0.0.1', () => console.log(proxy.address().port));
});
setInterval(() => {
  try {
    process.kill(Number(options.parent), 0);
  } catch {
    process.exit(0);
  }
}, 500);

// SPDX-License-Identifier: MIT
// The servers of the test's network: TLS on 443 (answers with the name it was asked for), HTTP on 80, and
// something that logs every connection on ports that nobody may reach. Usage: KEY CERT LOG
import { appendFileSync, readFileSync } from 'node:fs';
import dgram from 'node:dgram';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

const [key, cert, log] = process.argv.slice(2);
const note = (line) => appendFileSync(log, `${line}\n`);
const answer = (request, response) => {
  note(`request ${request.socket.localAddress} ${request.headers.host} ${request.url}`);
  if (request.url.startsWith('/bytes/')) {
    const total = Number(request.url.slice(7));
    const chunk = Buffer.alloc(1 << 18, 'x');
    let sent = 0;
    response.writeHead(200, { 'Content-Length': total });
    const more = () => {
      while (sent < total) {
        const part = Math.min(chunk.length, total - sent);
        sent += part;
        if (!response.write(part === chunk.length ? chunk : chunk.subarray(0, part))) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
    return;
  }
  response.end(`hello from ${request.headers.host}\n`);
};
let waiting = 0;
const ready = () => {
  if (--waiting === 0) console.log('ready');
};
const listen = (server, port, host) => {
  waiting++;
  server.on('connection', (socket) => note(`connection ${socket.localAddress}:${port}`));
  server.listen(port, host, ready);
};
const tls = { key: readFileSync(key), cert: readFileSync(cert) };
listen(https.createServer(tls, answer), 443, '::');
listen(http.createServer(answer), 80, '::');
// A peer that resets the connection must not end the servers: every later refusal would be their silence.
const raw = (socket) => socket.on('error', () => {}).end('raw\n');
for (const port of [22, 53, 853, 2375, 8080, 8443]) listen(net.createServer(raw), port, '::');
for (const port of [53, 443]) {
  waiting++;
  const udp = dgram.createSocket('udp6');
  udp.on('message', () => note(`datagram ${port}`));
  udp.bind(port, '::', ready);
}

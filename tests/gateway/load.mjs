// SPDX-License-Identifier: MIT
// The agent's side of the load tests: connections through the proxy that the environment names.
// Usage: load.mjs storm ALLOWED DENIED COUNT AT_ONCE | hold HOST COUNT | slow HOST COUNT
// Prints one line of figures as JSON; exits with 1 if something was not as it must be.
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const proxy = new URL(process.env.HTTPS_PROXY);
const ca = readFileSync('cert.pem');
const [what, ...words] = process.argv.slice(2);

// To the proxy, with CONNECT; resolves to the status line and what is connected.
const tunnel = (host) =>
  new Promise((resolve, reject) => {
    const socket = net.connect(Number(proxy.port), proxy.hostname);
    let head = '';
    socket.setTimeout(60000, () => socket.destroy(new Error('60 s without an answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before an answer')));
    socket.on('data', function more(data) {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', more);
      resolve({ status: Number(head.split(' ')[1]), socket });
    });
    socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  });
const greet = (socket, host) =>
  new Promise((resolve, reject) => {
    const secure = tls.connect({ socket, servername: host, ca }, () => resolve(secure));
    secure.once('error', reject);
    secure.once('close', () => reject(new Error('closed in the greeting')));
  });
const ask = (secure, host) =>
  new Promise((resolve, reject) => {
    let text = '';
    secure.on('data', (data) => (text += data));
    secure.once('end', () => resolve(text));
    secure.once('error', reject);
    secure.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
const whole = async (host) => {
  const { status, socket } = await tunnel(host);
  if (status !== 200) {
    socket.destroy();
    return status;
  }
  const text = await ask(await greet(socket, host), host);
  return text.includes(`hello from ${host}`) ? 200 : `answer ${text.slice(0, 40)}`;
};
const count = (figures, key) => (figures[key] = (figures[key] ?? 0) + 1);

// COUNT connections and as many more as it takes until there is a file "enough", AT_ONCE of them at a time,
// every fourth to the host that no list ever has.
const storm = async (allowed, denied, total, atOnce) => {
  const figures = {};
  const asked = { [allowed]: 0, [denied]: 0 };
  let next = 0;
  const worker = async () => {
    while (next < total || !existsSync('enough')) {
      const host = next++ % 4 === 3 ? denied : allowed;
      asked[host]++;
      count(figures, `${host} ${await whole(host).catch((error) => error.message)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return [figures, figures[`${allowed} 200`] === asked[allowed] && figures[`${denied} 403`] === asked[denied]];
};

// COUNT connections that are all open at one time before the first of them asks anything. Begun a hundred
// at a time: a thousand greetings take one process of node's longer on a busy machine than the gateway waits for one.
const hold = async (host, total) => {
  const figures = {};
  const open = [];
  while (open.length < total) {
    const some = Array.from({ length: Math.min(100, total - open.length) }, async () =>
      greet((await tunnel(host)).socket, host),
    );
    open.push(...(await Promise.allSettled(some)));
  }
  for (const one of open) count(figures, one.status === 'fulfilled' ? 'open' : one.reason.message);
  for (const one of open) {
    if (one.status !== 'fulfilled') continue;
    const text = await ask(one.value, host).catch((error) => error.message);
    count(figures, text.includes(`hello from ${host}`) ? 'answered' : text.slice(0, 40));
  }
  return [figures, figures.answered === total];
};

// COUNT connections that never finish their request, byte by byte, while others ask properly; all of
// the slow ones must be ended by the other side.
const slow = async (host, total) => {
  const figures = { ended: 0 };
  const begun = Date.now();
  const ended = Array.from(
    { length: total },
    () =>
      new Promise((resolve) => {
        const socket = net.connect(Number(proxy.port), proxy.hostname);
        const drip = setInterval(() => socket.write('G'), 1000);
        socket.on('error', () => {});
        socket.on('close', () => {
          clearInterval(drip);
          figures.ended++;
          resolve();
        });
        socket.resume();
      }),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let i = 0; i < 20; i++) count(figures, `meanwhile ${await whole(host).catch((error) => error.message)}`);
  figures.ended_before = figures.ended;
  const limit = new Promise((resolve) => setTimeout(resolve, 60000, 'limit').unref());
  await Promise.race([Promise.all(ended), limit]);
  figures.seconds = Math.round((Date.now() - begun) / 1000);
  return [figures, figures['meanwhile 200'] === 20 && figures.ended === total];
};

const [figures, isRight] = await (what === 'storm'
  ? storm(words[0], words[1], Number(words[2]), Number(words[3]))
  : what === 'hold'
    ? hold(words[0], Number(words[1]))
    : slow(words[0], Number(words[1])));
console.log(JSON.stringify(figures));
process.exit(isRight ? 0 : 1);

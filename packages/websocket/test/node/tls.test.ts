import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.js';
import { echo, next, nextMessage, open, until } from './harness.js';

async function serveTls(): Promise<string> {
  const https = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY });
  const server = new WebSocketServer({ server: https });
  server.on('connection', echo);
  https.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of server.clients!) socket.terminate();
    https.close();
  });
  return `wss://127.0.0.1:${(https.address() as AddressInfo).port}`;
}

test('a certificate nobody has signed is not trusted', async () => {
  const socket = new WebSocket(await serveTls());
  const [error] = await next<[{ code: string }]>(socket, 'error');
  expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
});

test('messages of every size go over TLS, however many in a turn', async () => {
  const socket = await open(await serveTls(), { ca: CERTIFICATE });
  for (const size of [1, 1000, 100_000, 2_000_000]) {
    const data = Buffer.alloc(size, 'tls');
    const answer = nextMessage(socket);
    socket.send(data);
    expect((await answer).equals(data)).toBe(true);
  }
  const got: string[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (got.push(data.toString()) === 500) resolve();
    });
  });
  for (let count = 0; count < 500; count++) socket.send(`${count} ${'x'.repeat(count * 3)}`);
  await all;
  expect(got.every((text, count) => text === `${count} ${'x'.repeat(count * 3)}`)).toBe(true);
});

test('who wants to trust anyone can', async () => {
  const socket = await open(await serveTls(), { rejectUnauthorized: false });
  expect(socket.readyState).toBe(socket.OPEN);
});

test('each message is written once, a fast peer gives no drain, and a slow one does', async () => {
  const socket = await open(await serveTls(), { ca: CERTIFICATE, perMessageDeflate: false });
  const stream = socket._socket!;
  let writes = 0;
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  stream.write = (...given: unknown[]) => {
    writes++;
    return write(...given);
  };
  let drains = 0;
  let got = 0;
  socket.on('drain', () => drains++);
  socket.on('message', () => got++);
  for (let count = 0; count < 100; count++) {
    socket.send(`${count}`);
    await until(() => got === count + 1);
  }
  expect([writes, drains]).toEqual([100, 0]);
  const drained = next(socket, 'drain');
  socket.send(Buffer.alloc(30_000_000));
  await drained;
  await until(() => got === 101);
});

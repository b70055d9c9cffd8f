import { expect, test } from 'vitest';
import { createWebSocketStream } from '../../src/index.js';
import { next, pair, until } from './harness.js';

test('what is written are messages, and messages can be read', async () => {
  const { ours, theirs } = await pair();
  theirs.on('message', (data) => theirs.send(data));
  const stream = createWebSocketStream(ours, { encoding: 'utf8' });
  stream.write('hello');
  expect(await next(stream, 'data')).toEqual(['hello']);
  const closed = next(theirs, 'close');
  const ended = next(stream, 'close');
  stream.end();
  expect((await closed)[0]).toBe(1005);
  await ended;
  expect(stream.destroyed).toBe(true);
});

test('it can be written to before the connection is open', async () => {
  const { served } = await pair();
  const { WebSocket } = await import('../../src/index.js');
  const got: string[] = [];
  served.server.on('connection', (socket) => socket.on('message', (data) => got.push(data.toString())));
  const stream = createWebSocketStream(new WebSocket(served.url));
  stream.end('early');
  stream.resume();
  await next(stream, 'close');
  expect(got).toEqual(['early']);
});

test('a full stream stops the socket', async () => {
  const { ours, theirs } = await pair();
  const stream = createWebSocketStream(ours, { highWaterMark: 1000 });
  for (let count = 0; count < 100; count++) theirs.send(Buffer.alloc(1000));
  await until(() => ours.isPaused);
  let read = 0;
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  await until(() => read === 100_000);
});

test('an error of the socket is the stream’s, and destroying the stream ends the connection', async () => {
  const failing = await pair();
  const stream = createWebSocketStream(failing.ours);
  const failed = next<[{ code: string }]>(stream, 'error');
  failing.theirs._socket!.write(Buffer.of(0x83, 0));
  expect((await failed)[0].code).toBe('WS_ERR_INVALID_OPCODE');

  const { ours, theirs } = await pair();
  const closed = next(theirs, 'close');
  createWebSocketStream(ours).destroy();
  expect((await closed)[0]).toBe(1006);
});

test('with readableObjectMode, text comes as strings', async () => {
  const { ours, theirs } = await pair();
  const stream = createWebSocketStream(ours, { readableObjectMode: true });
  const got: unknown[] = [];
  stream.on('data', (chunk) => got.push(chunk));
  theirs.send('text');
  theirs.send(Buffer.of(1));
  await until(() => got.length === 2);
  expect(got).toEqual(['text', Buffer.of(1)]);
});

test('a stream that is written until it is full, and then ended, is closed though nobody reads at the other end', async () => {
  const { ours, theirs } = await pair();
  const stream = createWebSocketStream(ours, { highWaterMark: 64 * 1024 });
  stream.resume();
  const drained = next(stream, 'drain');
  while (stream.write(Buffer.alloc(1024)));
  await drained;
  const closed = next(theirs, 'close');
  stream.end();
  expect((await closed)[0]).toBe(1005);
});

import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { WebSocket } from '../../src/index.js';
import { frame, hex } from '../support.js';
import { bare, behindHead, next, nextMessage, pair, REQUEST, serve, surfaced, until } from './harness.js';

const KEY = 0x01020304;

test('a server closes the TCP connection once both have said goodbye', async () => {
  const { port } = await serve();
  const { received, socket } = await bare(port);
  socket.write(frame(0x88, Buffer.from('03e8', 'hex'), KEY));
  await next(socket, 'end');
  expect(hex(behindHead(received()))).toBe('880203e8');
});

test('a connection that fails is told why, and ended', async () => {
  const errors: string[] = [];
  const { port } = await serve({}, (socket) =>
    socket.on('error', (error) => errors.push((error as { code?: string }).code ?? '')),
  );
  const { received, socket } = await bare(port);
  socket.write(frame(0x83, '', KEY));
  await next(socket, 'end');
  expect(hex(behindHead(received()))).toBe('880203ea');
  expect(errors).toEqual(['WS_ERR_INVALID_OPCODE']);
});

test('a peer that never answers the close is dropped after closeTimeout', async () => {
  const { port, server } = await serve({ closeTimeout: 50 });
  const connected = next<[WebSocket]>(server, 'connection');
  await bare(port);
  const [socket] = await connected;
  const closed = next(socket, 'close');
  socket.close(1000);
  expect(await closed).toEqual([1006, Buffer.alloc(0)]);
});

test('what came behind the handshake is read', async () => {
  const { port } = await serve({}, (socket) =>
    socket.on('message', (data) => socket.send(`got ${data.toString()}`)),
  );
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(Buffer.concat([Buffer.from(`${REQUEST.join('\r\n')}\r\n\r\n`), frame(0x81, 'early', KEY)]));
  await until(() => Buffer.concat(chunks).includes('got early'));
  socket.destroy();
});

test('pings are answered; those of a peer that does not read, once', async () => {
  const { port, server } = await serve();
  const connected = next<[WebSocket]>(server, 'connection');
  const { received, socket } = await bare(port);
  const [ours] = await connected;
  socket.write(frame(0x89, 'a', KEY));
  await until(() => hex(behindHead(received())) === '8a0161');
  socket.pause();
  const block = Buffer.alloc(1_000_000);
  while (ours.bufferedAmount === 0) ours.send(block);
  let pings = 0;
  ours.on('ping', () => pings++);
  for (let count = 0; count < 1000; count++) socket.write(frame(0x89, `${count}`, KEY));
  await until(() => pings === 1000);
  const before = ours.bufferedAmount;
  await new Promise((resolve) => setImmediate(resolve));
  expect(ours.bufferedAmount).toBe(before);
  socket.resume();
  await until(() => received().subarray(-5).equals(Buffer.from('8a03393939', 'hex')));
});

test('what was sent in the turn in which the peer ends is written before the answer to its end', async () => {
  const { port } = await serve({}, (socket) => {
    socket._socket!.prependListener('end', () => socket.send('last'));
  });
  const { received, socket } = await bare(port);
  socket.end();
  await next(socket, 'end');
  expect(behindHead(received()).toString()).toContain('last');
});

test('what had been read while pausing is told before the end', async () => {
  const { ours, theirs } = await pair();
  ours.pause();
  for (const text of ['a', 'b']) theirs.send(text);
  theirs.close();
  await until(() => ours._socket!.readableLength > 0);
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  const closed = next(ours, 'close');
  ours.terminate();
  await closed;
  expect(got).toEqual(['a', 'b']);
});

test('a slow peer ends at maxBackpressure', async () => {
  const { ours, theirs } = await pair({ maxBackpressure: 100_000 });
  ours._socket!.pause();
  const failed = next<[{ code: string }]>(theirs, 'error');
  const closed = next(theirs, 'close');
  const send = (): void => {
    if (theirs.readyState !== theirs.OPEN) return;
    theirs.send(Buffer.alloc(50_000));
    setImmediate(send);
  };
  send();
  expect((await failed)[0].code).toBe('WS_ERR_BACKPRESSURE');
  await closed;
});

test('one message may be larger than maxBackpressure, where none waits', async () => {
  const { ours, theirs } = await pair({ maxBackpressure: 100_000 });
  const message = nextMessage(ours);
  theirs.send(Buffer.alloc(20_000_000));
  expect((await message).length).toBe(20_000_000);
  expect(theirs.readyState).toBe(theirs.OPEN);
});

test('or its messages are dropped, and told to be', async () => {
  const { ours, theirs } = await pair({ maxBackpressure: 100_000, onBackpressure: 'drop' });
  ours._socket!.pause();
  const errors: (string | undefined)[] = [];
  for (let count = 0; count < 300; count++) {
    theirs.send(Buffer.alloc(50_000), (error) => error && errors.push((error as { code?: string }).code));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(new Set(errors)).toEqual(new Set(['WS_ERR_BACKPRESSURE']));
  expect(theirs.readyState).toBe(theirs.OPEN);
  expect(theirs.bufferedAmount).toBeLessThanOrEqual(150_000);
  const got = nextMessage(ours);
  ours._socket!.resume();
  expect((await got).length).toBe(50_000);
});

test('a client that is silent is given up by keepalive', async () => {
  const { ours, theirs } = await pair({ keepalive: { interval: 30, timeout: 30 } }, { autoPong: false });
  const failed = next<[{ code: string }]>(theirs, 'error');
  const closed = next(ours, 'close');
  expect((await failed)[0].code).toBe('WS_ERR_KEEPALIVE_TIMEOUT');
  await closed;
});

test('one that breaks for being slow breaks nothing else, though nobody listens for errors', async () => {
  const exceptions = surfaced();
  const { ours, theirs } = await pair({ maxBackpressure: 100_000 });
  ours._socket!.pause();
  const closed = next(theirs, 'close');
  while (theirs.readyState === theirs.OPEN) {
    theirs.send(Buffer.alloc(50_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await closed)[0]).toBe(1006);
  const silent = await pair({ keepalive: { interval: 20 } }, { autoPong: false });
  expect((await next(silent.theirs, 'close'))[0]).toBe(1006);
  expect(exceptions()).toEqual([]);
});

test.each([false, true])(
  'a listener that throws surfaces by itself, and the connection goes on (compression: %s)',
  async (perMessageDeflate) => {
    const exceptions = surfaced();
    const { ours, theirs } = await pair({ perMessageDeflate });
    const got: number[] = [];
    theirs.on('message', (data) => {
      got.push(data.length);
      throw new Error(`message ${got.length}`);
    });
    theirs.on('ping', () => {
      throw new Error('ping');
    });
    // The second is inflated in the thread pool.
    const sizes = [10, 300_000, 20];
    for (const size of sizes) ours.send(Buffer.from(Array.from({ length: size }, (_, at) => (at * at) >> 5)));
    ours.ping();
    await until(() => got.length === 3);
    expect(got).toEqual(sizes);
    const closed = next(theirs, 'close');
    theirs.on('close', () => {
      throw new Error('close');
    });
    ours.close(4001);
    expect((await closed)[0]).toBe(4001);
    await until(() => exceptions().length === 5);
    expect(exceptions().sort()).toEqual(['close', 'message 1', 'message 2', 'message 3', 'ping']);
  },
);

test('a send callback that throws when the connection is gone keeps nobody from hearing of it', async () => {
  const exceptions = surfaced();
  const { served, theirs } = await pair();
  const told: string[] = [];
  theirs.send(new Blob(['x']), () => {
    throw new Error('in a callback');
  });
  theirs.send('y', () => told.push('y'));
  const closed = next(theirs, 'close');
  theirs.terminate();
  await closed;
  await until(() => served.server.clients!.size === 0 && exceptions().length === 1);
  expect([told, exceptions()]).toEqual([['y'], ['in a callback']]);
});

test('a fast peer gives no drain', async () => {
  const { ours, theirs } = await pair();
  let drains = 0;
  theirs.on('drain', () => drains++);
  let got = 0;
  ours.on('message', () => got++);
  for (let count = 0; count < 20; count++) {
    theirs.send(Buffer.alloc(40_000));
    await until(() => got === count + 1);
  }
  expect(drains).toBe(0);
});

test('pings are answered by the socket’s own pong, so that a program may answer otherwise', async () => {
  const { ours, theirs } = await pair();
  let asked = 0;
  theirs.pong = () => void asked++;
  let pongs = 0;
  ours.on('pong', () => pongs++);
  ours.ping('a');
  theirs.on('message', () => theirs.send('b'));
  const answer = nextMessage(ours);
  ours.send('c');
  await answer;
  expect([asked, pongs]).toEqual([1, 0]);
});

test('with allowSynchronousEvents off, each message is told in a turn of its own', async () => {
  const { ours, theirs } = await pair({ allowSynchronousEvents: false });
  const told: string[] = [];
  const all = new Promise<void>((resolve) => {
    theirs.on('message', (data) => {
      told.push(data.toString());
      setImmediate(() => told.push('turn'));
      if (data.toString() === 'c') setImmediate(resolve);
    });
  });
  for (const text of ['a', 'b', 'c']) ours.send(text);
  await all;
  expect(told).toEqual(['a', 'turn', 'b', 'turn', 'c', 'turn']);
  const closed = next(theirs, 'close');
  ours.close(4002);
  expect((await closed)[0]).toBe(4002);
});

test('fake timers stop no sending', async () => {
  const { ours, theirs } = await pair({}, {});
  theirs.on('message', (data) => theirs.send(data));
  const answer = nextMessage(ours);
  vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'queueMicrotask'] });
  try {
    ours.send('still');
    expect((await answer).toString()).toBe('still');
  } finally {
    vi.useRealTimers();
  }
});

test('what is dropped for a slow peer is a message, and never a part of one', async () => {
  const { ours, theirs } = await pair({ maxBackpressure: 100_000, onBackpressure: 'drop' });
  ours._socket!.pause();
  const part = Buffer.alloc(50_000, 'x');
  theirs.send(part, { fin: false });
  while (theirs.bufferedAmount < 150_000) theirs.send(part, { fin: false });
  const told = new Promise<Error | null | undefined>((resolve) => theirs.send(part, resolve));
  const dropped = new Promise<Error | null | undefined>((resolve) => theirs.send('dropped', resolve));
  expect(await dropped).toMatchObject({ code: 'WS_ERR_BACKPRESSURE' });
  const message = nextMessage(ours);
  ours._socket!.resume();
  expect((await message).length % part.length).toBe(0);
  expect(await told).toBeFalsy();
});

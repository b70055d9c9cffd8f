import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketError } from '../../src/index.js';
import { echo, next, nextMessage, open, pair, serve, until } from './harness.js';

test('messages of every size come back as they were', async () => {
  const { url } = await serve({}, echo);
  const socket = await open(url);
  for (const size of [0, 1, 125, 126, 65_535, 65_536, 200_000, 3_000_000]) {
    const data = Buffer.alloc(size, 'size');
    const answer = nextMessage(socket);
    socket.send(data);
    expect((await answer).equals(data)).toBe(true);
  }
  const answer = next<[Buffer, boolean]>(socket, 'message');
  socket.send('grüße €');
  expect(await answer).toEqual([Buffer.from('grüße €'), false]);
});

test('whatever is bytes can be sent, and numbers are text', async () => {
  const { url } = await serve({}, echo);
  const socket = await open(url);
  const got: string[] = [];
  socket.on('message', (data, isBinary) =>
    got.push(`${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`),
  );
  socket.send(new Float32Array([1]));
  socket.send(new Uint8Array([1, 2]).buffer);
  socket.send(0 as unknown as string);
  socket.send(undefined as unknown as string);
  socket.send(new Blob(['ab']));
  socket.send('a', { binary: true });
  socket.send(Buffer.from('b'), { binary: false });
  await until(() => got.length === 7);
  expect(got).toEqual([
    'binary 0000803f',
    'binary 0102',
    'text 30',
    'binary ',
    'binary 6162',
    'binary 61',
    'text 62',
  ]);
  expect(() => socket.send({} as unknown as string)).toThrow(TypeError);
});

test('a message can be sent in fragments', async () => {
  const { url } = await serve({}, echo);
  const socket = await open(url);
  const answer = next<[Buffer, boolean]>(socket, 'message');
  socket.send('frag', { fin: false });
  socket.ping();
  socket.send('ment', { fin: true });
  expect(await answer).toEqual([Buffer.from('fragment'), false]);
});

test('before it is open, sending throws; after it was, the callback is told', async () => {
  const { url } = await serve();
  const socket = new WebSocket(url);
  expect(() => socket.send('x')).toThrow(/^WebSocket is not open: readyState 0 \(CONNECTING\)$/);
  await next(socket, 'open');
  const closed = next(socket, 'close');
  socket.close();
  const error = await new Promise<Error | null | undefined>((resolve) => socket.send('hi', resolve));
  expect(error).toBeInstanceOf(WebSocketError);
  expect(error?.message).toBe('WebSocket is not open: readyState 2 (CLOSING)');
  expect(socket.bufferedAmount).toBe(2);
  await closed;
  socket.ping('hi');
  expect(socket.bufferedAmount).toBe(4);
});

test('the closing handshake carries code and reason, and both see it', async () => {
  const { ours, theirs } = await pair();
  const closed = [next(ours, 'close'), next(theirs, 'close')];
  theirs.close(4001, 'enough');
  for (const end of closed) expect(await end).toEqual([4001, Buffer.from('enough')]);
  expect([ours.wasClean, theirs.wasClean, ours.readyState]).toEqual([true, true, 3]);
});

test('what was sent before a close arrives before it', async () => {
  const { ours, theirs } = await pair({ perMessageDeflate: true });
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString().slice(0, 3)));
  const closed = next(ours, 'close');
  theirs.send('one');
  theirs.send('two'.repeat(100_000));
  theirs.send(new Blob(['three']));
  theirs.send('fou');
  theirs.close();
  expect(await closed).toEqual([1005, Buffer.alloc(0)]);
  expect(got).toEqual(['one', 'two', 'thr', 'fou']);
});

test('a close is checked before it is sent', async () => {
  const { ours } = await pair();
  expect(() => ours.close(1005)).toThrow(TypeError);
  expect(() => ours.close(1000, 'x'.repeat(124))).toThrow(RangeError);
  expect(() => ours.close(1000, 5 as unknown as string)).toThrow(TypeError);
  expect(() => ours.close(1000, new Float64Array(3) as unknown as Uint8Array)).toThrow(TypeError);
  expect(ours.readyState).toBe(ours.OPEN);
  expect(() => ours.ping(Buffer.alloc(126))).toThrow(/^The data size must not be greater than 125 bytes$/);
});

test('terminate is seen as 1006 on both sides', async () => {
  const { ours, theirs } = await pair();
  const closed = [next(ours, 'close'), next(theirs, 'close')];
  ours.terminate();
  for (const end of closed) expect(await end).toEqual([1006, Buffer.alloc(0)]);
});

test('what was sent before a terminate still goes out', async () => {
  const { ours, theirs } = await pair();
  const received = next<[Buffer]>(theirs, 'message');
  const sent = new Promise((resolve) => ours.send('the last', resolve));
  ours.terminate();
  expect(await sent).toBeFalsy();
  expect(String((await received)[0])).toBe('the last');
});

test('messages that came before a listener wait for it', async () => {
  const { ours, theirs } = await pair();
  for (const text of ['a', 'b', 'c']) theirs.send(text);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const first = await nextMessage(ours);
  expect(first.toString()).toBe('a');
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  await until(() => got.length === 2);
  theirs.send('d');
  await until(() => got.length === 3);
  expect(got).toEqual(['b', 'c', 'd']);
});

test('while nobody takes them, reading stops; then all come', async () => {
  const { ours, theirs } = await pair({}, { highWaterMark: 10_000 });
  for (let count = 0; count < 2000; count++) theirs.send(Buffer.alloc(10_000, count));
  await until(() => ours._socket!.isPaused());
  let got = 0;
  for await (const message of ours) {
    expect((message as Buffer)[0]).toBe(got & 0xff);
    if (++got === 2000) break;
  }
});

test('with a mark of 0, what nobody listens for is dropped', async () => {
  const { ours, theirs } = await pair({}, { highWaterMark: 0 });
  theirs.send('lost');
  theirs.ping();
  await next(ours, 'ping');
  const message = nextMessage(ours);
  theirs.send('kept');
  expect((await message).toString()).toBe('kept');
});

test('where nobody ever listens, reading goes on after a while, so that the end is seen', async () => {
  const { ours, theirs } = await pair({}, { untakenTimeout: 30, highWaterMark: 1000 });
  for (let count = 0; count < 100; count++) theirs.send(Buffer.alloc(5000));
  const closed = next(ours, 'close');
  theirs.close(4000);
  expect((await closed)[0]).toBe(4000);

  const later = await pair({}, { untakenTimeout: 30, highWaterMark: 1000 });
  later.theirs.send(Buffer.alloc(2000));
  await until(() => later.ours._socket!.isPaused());
  await until(() => !later.ours._socket!.isPaused());
  later.theirs.send('dropped');
  later.theirs.ping();
  await next(later.ours, 'ping');
  const message = nextMessage(later.ours);
  later.theirs.send('heard');
  expect((await message).toString()).toBe('heard');
});

test('a close is seen though nobody listens', async () => {
  const { ours, theirs } = await pair();
  for (let count = 0; count < 100; count++) theirs.send(Buffer.alloc(5000));
  await until(() => ours._socket!.isPaused());
  const closed = next(ours, 'close');
  ours.close();
  await closed;
});

test('a loop over the messages ends with the connection, and throws when it failed', async () => {
  const { ours, theirs } = await pair();
  const reading = (async () => {
    const got: (string | Buffer)[] = [];
    for await (const message of ours) got.push(message);
    return got;
  })();
  theirs.send('a');
  theirs.send(Buffer.of(1));
  theirs.close();
  expect(await reading).toEqual(['a', Buffer.of(1)]);

  const failing = await pair();
  const failed = (async () => {
    for await (const message of failing.ours) expect(message).toBe('a');
  })();
  failing.theirs.send('a');
  failing.theirs._socket!.write(Buffer.of(0x83, 0));
  await expect(failed).rejects.toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
});

test('after a loop was left, a listener gets what it left, and what comes', async () => {
  const { ours, theirs } = await pair();
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  const reading = (async () => {
    for await (const message of ours) return message;
    return undefined;
  })();
  for (const text of ['a', 'b', 'c']) theirs.send(text);
  expect(await reading).toBe('a');
  theirs.send('d');
  await until(() => got.length === 3);
  expect(got).toEqual(['b', 'c', 'd']);
});

test('pause stops messages, resume lets them come', async () => {
  const { ours, theirs } = await pair();
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  ours.pause();
  expect(ours.isPaused).toBe(true);
  theirs.send('a');
  await until(() => ours._socket!.readableLength > 0 || ours._socket!.isPaused());
  expect(got).toEqual([]);
  ours.resume();
  await until(() => got.length === 1);
});

test('drain tells that a slow peer has caught up', async () => {
  const { ours, theirs } = await pair();
  ours._socket!.pause();
  while (theirs.bufferedAmount === 0) theirs.send(Buffer.alloc(100_000));
  const drained = next(theirs, 'drain');
  ours.on('message', () => {});
  ours._socket!.resume();
  await drained;
  expect(theirs.bufferedAmount).toBe(0);
});

test('binary messages are given as the type that was chosen', async () => {
  const { ours, theirs } = await pair();
  const given = async (type: typeof ours.binaryType): Promise<unknown> => {
    ours.binaryType = type;
    const message = next(ours, 'message');
    theirs.send(Buffer.of(1, 2));
    return (await message)[0];
  };
  expect(await given('arraybuffer')).toEqual(Uint8Array.of(1, 2).buffer);
  expect(await given('fragments')).toEqual([Buffer.of(1, 2)]);
  expect(await given('blob')).toBeInstanceOf(Blob);
  expect(await given('nodebuffer')).toEqual(Buffer.of(1, 2));
  ours.binaryType = 'other' as 'blob';
  expect(ours.binaryType).toBe('nodebuffer');
});

test('the states are on the class and on its instances, for good', () => {
  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
    const expected = { configurable: false, enumerable: true, value, writable: false };
    expect(Object.getOwnPropertyDescriptor(WebSocket, name)).toEqual(expected);
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, name)).toEqual(expected);
  }
});

test('what ws has on its class is on this one', () => {
  expect(WebSocket.WebSocket).toBe(WebSocket);
  expect(WebSocket.Server).toBe(WebSocket.WebSocketServer);
  expect(typeof WebSocket.createWebSocketStream).toBe('function');
});

test('a loop on a connection that is not open yet stops reading at the mark, too', async () => {
  let sent = 0;
  const { url } = await serve({}, (socket) => {
    const more = (): void => {
      if (socket.readyState !== socket.OPEN || sent > 40_000_000) return;
      socket.send(Buffer.alloc(100_000));
      sent += 100_000;
      if (socket.bufferedAmount === 0) setImmediate(more);
    };
    more();
  });
  const socket = new WebSocket(url, { highWaterMark: 100_000, perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  const messages = socket[Symbol.asyncIterator]();
  await next(socket, 'open');
  await until(() => socket._socket!.isPaused());
  expect(sent).toBeLessThan(30_000_000);
  expect(((await messages.next()).value as Buffer).length).toBe(100_000);
});

test('a loop that is left with much to be read does not keep the connection for ever', async () => {
  const { ours, theirs } = await pair({}, { highWaterMark: 10_000, untakenTimeout: 20 });
  for (let count = 0; count < 200; count++) theirs.send(Buffer.alloc(5000));
  theirs.close(4003);
  for await (const message of ours) {
    expect((message as Buffer).length).toBe(5000);
    await until(() => ours._socket!.isPaused());
    // A loop may take its time; the limit begins when it is left.
    await new Promise((resolve) => setTimeout(resolve, 60));
    break;
  }
  expect((await next(ours, 'close'))[0]).toBe(4003);
});

test('a connection that breaks is no clean end for a loop', async () => {
  const { ours, theirs } = await pair();
  const got: (string | Buffer)[] = [];
  const reading = (async () => {
    for await (const message of ours) got.push(message);
  })();
  theirs.send('last');
  await until(() => got.length === 1);
  theirs.terminate();
  await expect(reading).rejects.toMatchObject({ code: 'WS_ERR_ABNORMAL_CLOSURE', retryable: true });
  await expect(ours[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'WS_ERR_ABNORMAL_CLOSURE',
  });
});

test('a socket that is given its stream by hand takes options as they are written', async () => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  const accepted = next<[Socket]>(listener, 'connection');
  const near = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await accepted;
  const server = new WebSocket(null);
  const client = new WebSocket(null);
  server.setSocket(far, Buffer.alloc(0), { maxPayload: 100 });
  client.setSocket(near, Buffer.alloc(0), { maxPayload: 100, role: 'client' });
  const [atServer, atClient] = [nextMessage(server), nextMessage(client)];
  client.send('from the client');
  server.send('from the server');
  expect([String(await atServer), String(await atClient)]).toEqual(['from the client', 'from the server']);
  const failed = next(server, 'error');
  client.send('x'.repeat(101));
  expect(await failed).toMatchObject([{ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }]);
});

test.each(['listener', 'loop', 'streams'] as const)(
  'what was kept and what came with it keep their order, by %s',
  async (way) => {
    const { ours, theirs } = await pair({}, { highWaterMark: 1000 });
    const all = Array.from({ length: 200 }, (_, id) => `${id}`);
    // They come by one read, of which only the beginning is kept before reading stops.
    for (const text of all) theirs.send(text);
    await until(() => ours._socket!.isPaused());
    const got: string[] = [];
    if (way === 'listener') {
      ours.on('message', (data) => got.push(data.toString()));
    } else if (way === 'loop') {
      for await (const message of ours) if (got.push(String(message)) === all.length) break;
    } else {
      ours.receiveStreams((message) => {
        const at = got.push('') - 1;
        message.on('data', (piece: Buffer) => (got[at] += piece.toString()));
      });
    }
    await until(() => got.length === all.length && got.at(-1) !== '');
    expect(got).toEqual(all);
  },
);

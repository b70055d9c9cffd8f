import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { BroadcastGroup, type IncomingMessageStream, type WebSocket } from '../../src/index.js';
import { frame, hex } from '../support.js';
import { bare, behindHead, next, nextMessage, pair, serve, surfaced, until } from './harness.js';

async function* blocks(count: number, size: number): AsyncGenerator<Buffer> {
  for (let id = 0; id < count; id++) yield Buffer.alloc(size, id);
}

async function digest(source: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}

test.each([false, true])(
  'a large message goes in pieces and comes in pieces (compression: %s)',
  async (perMessageDeflate) => {
    const { ours, theirs } = await pair({ perMessageDeflate });
    const got: string[] = [];
    ours.receiveStreams((message) => {
      void digest(message).then((hash) => got.push(`${message.isBinary} ${hash}`));
    });
    const sending = theirs.sendStream(blocks(60, 100_000));
    theirs.send('after');
    theirs.ping('between');
    await next(ours, 'ping');
    await sending;
    await until(() => got.length === 2);
    expect(got).toEqual([
      `true ${await digest(blocks(60, 100_000))}`,
      `false ${createHash('sha1').update('after').digest('hex')}`,
    ]);
  },
);

test('a reader that does not read stops the sender', async () => {
  const { ours, theirs } = await pair();
  const streams: IncomingMessageStream[] = [];
  ours.receiveStreams((message) => streams.push(message));
  let asked = 0;
  const sending = theirs.sendStream(
    (async function* () {
      for (; asked < 300; asked++) yield Buffer.alloc(100_000);
    })(),
  );
  await until(() => ours._socket!.isPaused());
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBeLessThan(300);
  const [message] = streams;
  message!.resume();
  await sending;
  await next(message!, 'end');
});

test('a message that is not wanted is skipped', async () => {
  const { ours, theirs } = await pair();
  const got: string[] = [];
  ours.receiveStreams((message) => {
    if (message.isBinary) message.destroy();
    else void message.toArray().then((pieces) => got.push(Buffer.concat(pieces as Buffer[]).toString()));
  });
  await theirs.sendStream(blocks(20, 100_000));
  theirs.send('wanted');
  await until(() => got.length === 1);
  expect(got).toEqual(['wanted']);
  ours.receiveStreams(undefined);
  const message = nextMessage(ours);
  theirs.send('whole');
  expect((await message).toString()).toBe('whole');
});

test('a source that fails closes the connection; a closed connection fails the sending', async () => {
  const failing = await pair();
  failing.theirs.on('error', () => {});
  const closed = next(failing.ours, 'close');
  const sending = failing.theirs.sendStream(
    (async function* () {
      yield 'half';
      throw new Error('no more');
    })(),
    { binary: false },
  );
  await expect(sending).rejects.toThrow('no more');
  expect((await closed)[0]).toBe(1006);

  const { ours, theirs } = await pair();
  let stream: IncomingMessageStream | undefined;
  ours.receiveStreams((message) => {
    stream = message.on('error', () => {});
    message.resume();
  });
  const endless = expect(theirs.sendStream(blocks(1_000_000, 1000))).rejects.toMatchObject({
    code: expect.stringMatching(/WS_ERR_NOT_OPEN|ERR_STREAM_DESTROYED/),
  });
  await until(() => stream !== undefined);
  theirs.terminate();
  await endless;
  await until(() => stream!.destroyed);
  await expect(theirs.sendStream([])).rejects.toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
});

test('text in pieces may be cut anywhere', async () => {
  const { ours, theirs } = await pair();
  const message = next(ours, 'message');
  const euro = Buffer.from('€');
  await theirs.sendStream([euro.subarray(0, 1), euro.subarray(1)], { binary: false });
  expect(await message).toEqual([euro, false]);
});

test('when a source fails, nothing of what waits behind it is sent, and all who wait are told', async () => {
  const { port, server } = await serve();
  const connected = next<[WebSocket]>(server, 'connection');
  const { received, socket } = await bare(port);
  const [theirs] = await connected;
  theirs.on('error', () => {});
  const told: string[] = [];
  const group = new BroadcastGroup().add(theirs);
  const failing = theirs.sendStream(
    (async function* () {
      yield 'half';
      throw new Error('no more');
    })(),
    { binary: false },
  );
  theirs.send('behind', (error) => told.push(`text ${error?.message}`));
  theirs.send(new Blob(['behind']), (error) => told.push(`blob ${error?.message}`));
  const second = theirs.sendStream(['behind']);
  group.send('behind');
  await expect(failing).rejects.toThrow('no more');
  await expect(second).rejects.toThrow('no more');
  await next(socket, 'end');
  expect(told).toEqual(['text no more', 'blob no more']);
  expect(hex(behindHead(received()))).toBe(hex(frame(0x01, 'half')));
});

test('a text may be cut between the halves of a character', async () => {
  const { ours, theirs } = await pair();
  const messages: string[] = [];
  ours.on('message', (data) => messages.push(data.toString()));
  await theirs.sendStream(['a\ud83d', '', '\ude00b', '\ud83d', '\ude00'], { binary: false });
  theirs.send('c\ud83d', { fin: false });
  theirs.send('\ude00');
  await until(() => messages.length === 2);
  expect(messages).toEqual(['a😀b😀', 'c😀']);
});

test('a stream is a message of its own: not within another, and not one that is begun in between', async () => {
  const { ours, theirs } = await pair();
  theirs.send('a', { fin: false });
  await expect(theirs.sendStream(['x'])).rejects.toMatchObject({ code: 'WS_ERR_FRAGMENT_ORDER' });
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  theirs.send('b');
  const sending = theirs.sendStream(blocks(3, 1000));
  theirs.send('c', { fin: false });
  theirs.send('d');
  await sending;
  await until(() => got.length === 3);
  expect([got[0], got[1]!.length, got[2]]).toEqual(['ab', 3000, 'cd']);
});

test('what nobody reads is bounded over all messages, and reading goes on when they are read', async () => {
  const { ours, theirs } = await pair({}, { highWaterMark: 50_000 });
  const streams: IncomingMessageStream[] = [];
  ours.receiveStreams((message) => streams.push(message));
  for (let count = 0; count < 3000; count++) theirs.send(`${count}`);
  await until(() => ours._socket!.isPaused());
  expect(streams.length).toBeLessThan(3000);
  const texts: string[] = [];
  for (let at = 0; at < 3000; at++) {
    await until(() => streams.length > at);
    texts.push(Buffer.concat((await streams[at]!.toArray()) as Buffer[]).toString());
  }
  expect(texts).toEqual(Array.from({ length: 3000 }, (_, id) => `${id}`));
});

test('to ask again and again for streams adds no listeners', async () => {
  const { ours } = await pair();
  const before = ours.listenerCount('close');
  for (let count = 0; count < 20; count++) ours.receiveStreams(() => {});
  expect(ours.listenerCount('close')).toBe(before);
});

test('a peer that goes within a message harms nobody who does not listen for errors', async () => {
  const exceptions = surfaced();
  const { ours, theirs } = await pair();
  const streams: IncomingMessageStream[] = [];
  ours.receiveStreams((message) => streams.push(message.resume()));
  theirs.send('begun', { fin: false });
  await until(() => streams.length === 1);
  const closed = next(streams[0]!, 'close');
  theirs.terminate();
  await closed;
  expect(exceptions()).toEqual([]);
});

test('one who listens hears that the message is not whole, whatever takes messages by then', async () => {
  const { ours, theirs } = await pair();
  let failed: Promise<unknown[]> | undefined;
  ours.receiveStreams((message) => {
    failed = next(message.resume(), 'error');
  });
  theirs.send('begun', { fin: false });
  await until(() => failed !== undefined);
  ours.receiveStreams(undefined);
  theirs.terminate();
  expect(await failed).toMatchObject([{ code: 'WS_ERR_ABNORMAL_CLOSURE' }]);
});

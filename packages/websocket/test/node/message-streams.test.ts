import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { IncomingMessageStream } from '../../src/index.js';
import { next, nextMessage, pair, until } from './harness.js';

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

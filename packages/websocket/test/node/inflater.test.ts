import { deflateRawSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Deflater } from '../../src/node/deflater.js';
import { NodeInflater } from '../../src/node/inflater.js';
import { dropLive, type LiveOwner, makeLive } from '../../src/node/live-inflater.js';
import type { WebSocketError } from '../../src/protocol/errors.js';
import { bytes, hex } from '../support.js';
import { digits as text } from './harness.js';

const unused = (): never => {
  throw new Error('not answered at once');
};
/** Bytes of which nothing repeats. */
const noiseOf = (length: number): Buffer => {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => ((state = (state * 1103515245 + 12345) & 0x7fffffff) >>> 16) & 0xff),
  );
};
const inflateOf = (
  inflater: NodeInflater,
  payload: Uint8Array,
  limit = 0,
): Promise<Uint8Array | WebSocketError> =>
  new Promise((resolve) => {
    const result = inflater.inflate(payload, limit, resolve);
    if (result !== undefined) resolve(result);
  });

// RFC 7692, section 7.2.3.
test.each([
  ['one block', 'f248cdc9c90700'],
  ['a block that is not compressed', '000500faff48656c6c6f00'],
  ['a final block', 'f348cdc9c9070000'],
  ['two blocks', 'f248050000 00ffff cac9c90700'.replaceAll(' ', '')],
])('"Hello" in %s', (_, payload) => {
  const result = new NodeInflater(15, true, {}).inflate(bytes(payload), 0, unused);
  expect(Buffer.from(result as Uint8Array).toString()).toBe('Hello');
});

test('a message may refer to the one before, where contexts are kept', () => {
  const inflater = new NodeInflater(15, true, {});
  inflater.inflate(bytes('f248cdc9c90700'), 0, unused);
  expect(Buffer.from(inflater.inflate(bytes('f200110000'), 0, unused) as Uint8Array).toString()).toBe(
    'Hello',
  );
  const without = new NodeInflater(15, false, {});
  without.inflate(bytes('f248cdc9c90700'), 0, unused);
  expect((without.inflate(bytes('f200110000'), 0, unused) as WebSocketError).code).toBe(
    'WS_ERR_INVALID_COMPRESSED_DATA',
  );
});

test('what is said after a final block is inflated, too, but not without end', () => {
  const streams = Buffer.concat([deflateRawSync('Hello '), deflateRawSync('World'), Buffer.of(0)]);
  const inflater = new NodeInflater(15, true, {});
  expect(Buffer.from(inflater.inflate(streams, 11, unused) as Uint8Array).toString()).toBe('Hello World');
  expect((inflater.inflate(streams, 10, unused) as WebSocketError).code).toBe(
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  );
  const flood = bytes('0300'.repeat(1000));
  expect((inflater.inflate(flood, 0, unused) as WebSocketError).message).toContain('16 final blocks');
});

test('inflation stops at the limit, at once and in the thread pool', async () => {
  const bomb = deflateRawSync(Buffer.alloc(50_000_000));
  for (const limit of [1000, 100_000, 10_000_000]) {
    const result = await inflateOf(new NodeInflater(15, true, {}), bomb, limit);
    expect((result as WebSocketError).code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  }
  expect(((await inflateOf(new NodeInflater(15, true, {}), bomb, 50_000_000)) as Uint8Array).length).toBe(
    50_000_000,
  );
});

test.each([8, 9, 10, 12, 15])(
  'with %i window bits both sides understand each other, message after message',
  async (bits) => {
    for (const takeover of [true, false]) {
      const deflater = new Deflater(bits, takeover, { threshold: 0, dictionaryBytes: 32_768 });
      const inflater = new NodeInflater(bits, takeover, {});
      for (let round = 0; round < 30; round++) {
        const message = text([10, 300, 1000, 5000, 70_000][round % 5]!, (round % 4) + 1);
        const deflated = deflater.isQuick(message.length)
          ? deflater.deflateNow(message)
          : await new Promise<Uint8Array | undefined>((resolve) =>
              deflater.deflateLater(message, (_, result) => resolve(result)),
            );
        if (deflated === undefined) continue;
        expect(hex((await inflateOf(inflater, deflated)) as Uint8Array)).toBe(hex(message));
      }
    }
  },
);

test('a peer that looks back far is understood', () => {
  const noise = noiseOf(7000);
  const inflater = new NodeInflater(15, true, {});
  const first = deflateRawSync(noise, { finishFlush: 2 });
  expect(hex(inflater.inflate(first, 0, unused) as Uint8Array)).toBe(hex(noise));
  const second = deflateRawSync(noise.subarray(0, 500), { finishFlush: 2, dictionary: noise });
  expect(hex(inflater.inflate(second, 0, unused) as Uint8Array)).toBe(hex(noise.subarray(0, 500)));
});

test('a message that looks back far does not slow down all that come after it', () => {
  const noise = noiseOf(7000);
  // No stream of its own is left for it.
  const others = Array.from({ length: 1000 }, (): LiveOwner => ({ live: undefined }));
  for (const other of others) makeLive(other, 15, undefined);
  onTestFinished(() => others.forEach(dropLive));
  const inflater = new NodeInflater(15, true, {});
  const far = deflateRawSync(noise.subarray(0, 500), { finishFlush: 2, dictionary: noise });
  inflater.inflate(deflateRawSync(noise, { finishFlush: 2 }), 0, unused);
  inflater.inflate(far, 0, unused);
  const near = (): boolean => (inflater as unknown as { farMessages: number }).farMessages === 0;
  expect(near()).toBe(false);
  for (let count = 0; count < 40; count++)
    inflater.inflate(deflateRawSync(`${count}`, { finishFlush: 2 }), 0, unused);
  expect(near()).toBe(true);
});

test('a busy connection inflates the same, small messages and large, with and without a stream of its own', async () => {
  const deflater = new Deflater(15, true, { threshold: 0, dictionaryBytes: 32_768 });
  const inflater = new NodeInflater(15, true, {});
  let wasLive = 0;
  for (let round = 0; round < 300; round++) {
    const message = text(round % 50 === 49 ? 40_000 : 20 + ((round * 37) % 700), (round % 7) + 1);
    const deflated = deflater.isQuick(message.length)
      ? deflater.deflateNow(message)
      : await new Promise<Uint8Array | undefined>((resolve) =>
          deflater.deflateLater(message, (_, result) => resolve(result)),
        );
    if (deflated === undefined) continue;
    if (inflater.live !== undefined) wasLive++;
    expect(hex((await inflateOf(inflater, deflated)) as Uint8Array)).toBe(hex(message));
  }
  expect(wasLive).toBeGreaterThan(100);
  const streams = Buffer.concat([deflateRawSync('Hello '), deflateRawSync('World'), Buffer.of(0)]);
  expect(Buffer.from(inflater.inflate(streams, 0, unused) as Uint8Array).toString()).toBe('Hello World');
  expect(inflater.live).toBeUndefined();
  expect((inflater.inflate(bytes('ffff'), 0, unused) as WebSocketError).code).toBe(
    'WS_ERR_INVALID_COMPRESSED_DATA',
  );
  inflater.close();
});

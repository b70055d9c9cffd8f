import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Deflater, deflateAlone, NodeInflater, Window } from '../../src/node/deflate.js';
import type { WebSocketError } from '../../src/protocol/errors.js';
import { bytes, hex } from '../support.js';

const unused = (): never => {
  throw new Error('not answered at once');
};
const text = (length: number, seed = 1): Buffer => {
  let content = '';
  for (let word = seed; content.length < length; word = (word * 1103515245 + 12345) & 0x7fffffff)
    content += ` ${word % 997}`;
  return Buffer.from(content.slice(0, length));
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

test('eight window bits are kept to: nothing looks back further than 256 bytes', () => {
  const deflater = new Deflater(8, true, { threshold: 0 });
  const block = text(257);
  const message = Buffer.concat([block, block, block]);
  // What repeats lies 257 bytes back, so that nothing of it may be used.
  expect(deflater.deflateNow(message)!.length).toBeGreaterThan(block.length);
  const wide = new Deflater(15, true, { threshold: 0 }).deflateNow(message)!;
  expect(wide.length).toBeLessThan(deflater.deflateNow(message)!.length);
});

test('a peer that looks back far is understood', () => {
  const noise = Buffer.from(Array.from({ length: 7000 }, (_, at) => (at * at * 31 + (at >> 3)) & 0xff));
  const inflater = new NodeInflater(15, true, {});
  const first = deflateRawSync(noise, { finishFlush: 2 });
  expect(hex(inflater.inflate(first, 0, unused) as Uint8Array)).toBe(hex(noise));
  const second = deflateRawSync(noise.subarray(0, 500), { finishFlush: 2, dictionary: noise });
  expect(hex(inflater.inflate(second, 0, unused) as Uint8Array)).toBe(hex(noise.subarray(0, 500)));
});

test('what would not be smaller is not compressed, and not referred to later', () => {
  const deflater = new Deflater(15, true, { threshold: 0 });
  expect(deflater.deflateNow(bytes('0102'))).toBeUndefined();
  const deflated = deflater.deflateNow(Buffer.alloc(200, 'ab'))!;
  expect(inflateRawSync(deflated, { finishFlush: 2 }).toString()).toBe('ab'.repeat(100));
});

test('after forget, nothing before is referred to', () => {
  const deflater = new Deflater(15, true, { threshold: 0 });
  const message = text(500);
  deflater.deflateNow(message);
  deflater.forget();
  expect(hex(inflateRawSync(deflater.deflateNow(message)!, { finishFlush: 2 }))).toBe(hex(message));
});

test('the threshold holds where each message is compressed by itself', () => {
  expect(new Deflater(15, false, {}).wants(1023)).toBe(false);
  expect(new Deflater(15, false, {}).wants(1024)).toBe(true);
  expect(new Deflater(15, true, {}).wants(10)).toBe(true);
  expect(new Deflater(15, true, {}).wants(0)).toBe(false);
});

test('a message compressed alone needs no history', () => {
  const message = text(3000);
  expect(hex(inflateRawSync(deflateAlone(message)!, { finishFlush: 2 }))).toBe(hex(message));
  expect(deflateAlone(bytes('01'))).toBeUndefined();
});

test('a window keeps the end of what was pushed', () => {
  const window = new Window(1000);
  let all = Buffer.alloc(0);
  expect(window.content).toBeUndefined();
  for (let count = 0; count < 200; count++) {
    const part = text(1 + ((count * 37) % 300), count + 1);
    window.push(part);
    all = Buffer.concat([all, part]).subarray(-1000);
    expect(window.content!.subarray(-all.length).equals(all)).toBe(true);
    expect(window.content!.length).toBeLessThanOrEqual(1000);
  }
  window.push(text(5000));
  expect(window.content!.equals(text(5000).subarray(-1000))).toBe(true);
  window.clear();
  expect(window.content).toBeUndefined();
});

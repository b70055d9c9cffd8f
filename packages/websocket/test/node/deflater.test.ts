import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Deflater, deflateAlone } from '../../src/node/deflater.js';
import { bytes, hex } from '../support.js';
import { digits as text } from './harness.js';

test('eight window bits are kept to: nothing looks back further than 256 bytes', () => {
  const deflater = new Deflater(8, true, { threshold: 0 });
  const block = text(257);
  const message = Buffer.concat([block, block, block]);
  // What repeats lies 257 bytes back, so that nothing of it may be used.
  expect(deflater.deflateNow(message)!.length).toBeGreaterThan(block.length);
  const wide = new Deflater(15, true, { threshold: 0 }).deflateNow(message)!;
  expect(wide.length).toBeLessThan(deflater.deflateNow(message)!.length);
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

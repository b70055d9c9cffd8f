import { expect, test } from 'vitest';
import { bitsFor, chunkFor, deflateOptions } from '../../src/node/deflate-options.js';

test('true, false and an object', () => {
  expect(deflateOptions(true)).toEqual({});
  expect(deflateOptions(false)).toBeUndefined();
  expect(deflateOptions(undefined)).toBeUndefined();
  const options = { zlibDeflateOptions: { level: 1, memLevel: 5, chunkSize: 64 }, zlibInflateOptions: {} };
  expect(deflateOptions(options)).toBe(options);
});

test('what zlib would be told in vain is refused', () => {
  const windowBits = { windowBits: 9 };
  expect(() => deflateOptions({ zlibDeflateOptions: windowBits as object })).toThrow(
    'windowBits has no effect',
  );
  expect(() => deflateOptions({ zlibInflateOptions: { level: 3 } as object })).toThrow(TypeError);
});

test('sizes follow what is expected', () => {
  expect([1, 1024, 1025, 40_000].map(chunkFor)).toEqual([1024, 1024, 2048, 65_536]);
  expect([256, 257, 100_000].map(bitsFor)).toEqual([8, 9, 15]);
});

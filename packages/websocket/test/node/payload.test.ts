import { expect, test } from 'vitest';
import { bytesOrText, sizeOf, toBytes } from '../../src/node/payload.js';

test('bytes are taken as they lie, without a copy', () => {
  const floats = new Float32Array([1, 2, 3]);
  const part = toBytes(floats.subarray(1, 2));
  expect(part.toString('hex')).toBe('00000040');
  floats[1] = 1;
  expect(part.toString('hex')).toBe('0000803f');
  expect(toBytes(new Uint8Array([1]).buffer)).toEqual(Buffer.of(1));
  expect(toBytes(new DataView(new ArrayBuffer(2)))).toEqual(Buffer.of(0, 0));
  expect(toBytes(new SharedArrayBuffer(1))).toEqual(Buffer.of(0));
  expect(toBytes([1, 2])).toEqual(Buffer.of(1, 2));
});

test('a number is no length of memory to be sent', () => {
  expect(() => toBytes(1000)).toThrow(TypeError);
  expect(bytesOrText(1000)).toBe('1000');
});

test.each([{}, true, ['a'], Symbol('x'), () => {}])('%s is no payload', (data) => {
  expect(() => toBytes(data)).toThrow(TypeError);
});

test('nothing is an empty message', () => {
  expect(bytesOrText(undefined)).toEqual(Buffer.alloc(0));
  expect(bytesOrText(null)).toEqual(Buffer.alloc(0));
});

test('sizes are in bytes', () => {
  expect(sizeOf('€')).toBe(3);
  expect(sizeOf(new Blob(['abcd']))).toBe(4);
  expect(sizeOf(undefined)).toBe(0);
});

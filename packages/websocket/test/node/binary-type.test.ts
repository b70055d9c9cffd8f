import { expect, test } from 'vitest';
import { convertTo, isBinaryType } from '../../src/node/binary-type.js';

const message = Buffer.from('xabcx').subarray(1, 4);

test('a message is given as the type that was chosen, and nothing beside it', async () => {
  expect(convertTo('nodebuffer', message, undefined)).toBe(message);
  expect(convertTo('fragments', message, undefined)).toEqual([message]);
  expect(Buffer.from(convertTo('arraybuffer', message, undefined) as ArrayBuffer).toString()).toBe('abc');
  expect(await (convertTo('blob', message, undefined) as Blob).text()).toBe('abc');
});

test('other types are none', () => {
  expect(isBinaryType('blob')).toBe(true);
  expect(isBinaryType('buffer')).toBe(false);
});

test('fragments are given as they were sent', () => {
  const data = Buffer.from('abcdef');
  expect(convertTo('fragments', data, [1, 1, 6])).toEqual([
    Buffer.from('a'),
    Buffer.alloc(0),
    Buffer.from('bcdef'),
  ]);
});

import { expect, test } from 'vitest';
import { convertTo, isBinaryType } from '../../src/node/binary-type.js';

const message = Buffer.from('xabcx').subarray(1, 4);

test('a message is given as the type that was chosen, and nothing beside it', async () => {
  expect(convertTo('nodebuffer', message)).toBe(message);
  expect(convertTo('fragments', message)).toEqual([message]);
  expect(Buffer.from(convertTo('arraybuffer', message) as ArrayBuffer).toString()).toBe('abc');
  expect(await (convertTo('blob', message) as Blob).text()).toBe('abc');
});

test('other types are none', () => {
  expect(isBinaryType('blob')).toBe(true);
  expect(isBinaryType('buffer')).toBe(false);
});

import { expect, test } from 'vitest';
import { encodeBinary, encodeText, textFrameBound } from '../../src/node/encode.js';
import { frame, hex } from '../support.js';

const LENGTHS = [0, 1, 41, 42, 62, 63, 64, 100, 125, 126, 1000, 21_845, 32_768];

test.each(LENGTHS)('texts of %i characters, of one to three bytes each', (length) => {
  for (const char of ['a', 'é', '€']) {
    const text = char.repeat(length);
    for (const key of [-1, 0, 0xdeadbeef]) {
      const expected = frame(0x81, text, key);
      expect(expected.length).toBeLessThanOrEqual(textFrameBound(text, key >= 0));
      const target = Buffer.alloc(textFrameBound(text, key >= 0) + 3);
      const end = encodeText(target, 3, 0x81, text, key);
      expect(hex(target.subarray(3, end))).toBe(hex(expected));
    }
  }
});

test('bytes are copied, so that the caller may change them', () => {
  const payload = Buffer.from('0102030405', 'hex');
  const target = Buffer.alloc(64);
  const end = encodeBinary(target, 0, 0x82, payload, 0x01020304);
  expect(hex(target.subarray(0, end))).toBe(hex(frame(0x82, payload, 0x01020304)));
  expect(payload.toString('hex')).toBe('0102030405');
});

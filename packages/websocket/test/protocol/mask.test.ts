import { expect, test } from 'vitest';
import { applyMask, rotateKey } from '../../src/protocol/mask.js';
import { bytes, hex } from '../support.js';

/** The definition in RFC 6455, section 5.3, octet by octet. */
function slowly(content: Uint8Array, key: readonly number[]): Uint8Array {
  return content.map((octet, at) => octet ^ key[at % 4]!);
}

const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;
const WORD = 0x3d21fa37;

test('the masked "Hello" of RFC 6455, section 5.7', () => {
  const content = bytes('7f9f4d5158');
  applyMask(content, 0, content.length, WORD);
  expect(Buffer.from(content).toString()).toBe('Hello');
});

test.each([0, 1, 3, 4, 47, 48, 49, 63, 100, 1023, 1024, 1025, 1100, 5000])(
  '%i bytes at every alignment are masked as the definition says, and nothing beside them',
  (length) => {
    for (let offset = 0; offset < 9; offset++) {
      const memory = new Uint8Array(length + 32).map((_, at) => (at * 31) & 0xff);
      const before = Uint8Array.from(memory);
      applyMask(memory.subarray(4), offset, offset + length, WORD);
      const from = 4 + offset;
      expect(hex(memory.subarray(from, from + length))).toBe(
        hex(slowly(before.subarray(from, from + length), KEY)),
      );
      expect(hex(memory.subarray(0, from))).toBe(hex(before.subarray(0, from)));
      expect(hex(memory.subarray(from + length))).toBe(hex(before.subarray(from + length)));
    }
  },
);

test('a rotated key goes on where a piece ended', () => {
  for (let cut = 0; cut <= 8; cut++) {
    const content = new Uint8Array(200).fill(7);
    const whole = Uint8Array.from(content);
    applyMask(whole, 0, 200, WORD);
    applyMask(content, 0, cut, WORD);
    applyMask(content, cut, 200, rotateKey(WORD, cut));
    expect(hex(content)).toBe(hex(whole));
  }
});

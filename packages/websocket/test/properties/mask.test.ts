/** Masking by words is masking by bytes: for every length, every alignment and every key (RFC 6455, section 5.3). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyMask, rotateKey } from '../../src/protocol/mask.js';
import { cut, join, key as keyBytes, often, shares } from './arbitraries.js';

const wordOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset, 4).getUint32(0, true);
const plainly = (bytes: Uint8Array, key: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => byte ^ key[index & 3]!);

test('a range is masked and nothing around it is touched', { timeout: 120_000 }, () => {
  const lengths = fc.oneof(fc.nat(200), fc.integer({ min: 200, max: 5000 }));
  fc.assert(
    fc.property(
      lengths,
      fc.nat(16),
      fc.nat(16),
      fc.nat(16),
      keyBytes,
      (length, offset, before, after, key) => {
        const memory = new Uint8Array(offset + before + length + after).map((_, index) => (index * 31) & 255);
        const original = memory.slice();
        const bytes = memory.subarray(offset);
        applyMask(bytes, before, before + length, wordOf(key));
        const start = offset + before;
        expect(memory.subarray(0, start)).toEqual(original.subarray(0, start));
        expect(memory.subarray(start, start + length)).toEqual(
          plainly(original.subarray(start, start + length), key),
        );
        expect(memory.subarray(start + length)).toEqual(original.subarray(start + length));
      },
    ),
    often(500),
  );
});

test('pieces masked one after the other with the key turned on are the whole masked at once', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), shares, keyBytes, (bytes, cuts, key) => {
      let word = wordOf(key);
      const pieces = cut(bytes, cuts);
      for (const piece of pieces) {
        applyMask(piece, 0, piece.length, word);
        word = rotateKey(word, piece.length);
      }
      expect(join(pieces)).toEqual(plainly(bytes, key));
    }),
    often(300),
  );
});

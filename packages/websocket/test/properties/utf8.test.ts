/** UTF-8 piece by piece agrees with the platform's decoder, and sees a wrong byte the moment it comes (RFC 3629). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUtf8, Utf8Validator } from '../../src/protocol/utf8.js';
import { cut, often, shares } from './arbitraries.js';

const isText = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** Whether more bytes could make a text of these. */
const mayBecomeText = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
};

/** Too long, a surrogate, beyond the last code point, and the same one step inside what is allowed. */
const borders = [
  'c080',
  'c280',
  'e09fbf',
  'e0a080',
  'ed9fbf',
  'eda080',
  'f08fbfbf',
  'f0908080',
  'f48fbfbf',
  'f4908080',
];

/** Text with a wound, bytes that like to be in sequences, and bytes of no meaning. */
const nearlyText = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...borders), fc.constant('61')), { maxLength: 6 })
    .map((parts) => Uint8Array.from(Buffer.from(parts.join(''), 'hex'))),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.nat(255), fc.nat())
    .map(([text, byte, at]) => {
      const bytes = new TextEncoder().encode(text);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  fc
    .array(
      fc.constantFrom(
        0x00,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0xff,
      ),
      {
        maxLength: 12,
      },
    )
    .map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array({ maxLength: 80 }),
);

test('the whole is judged as the platform judges it', () => {
  fc.assert(
    fc.property(nearlyText, (bytes) => {
      expect(isUtf8(bytes)).toBe(isText(bytes));
    }),
    often(1000),
  );
});

test('pieces are judged as the whole, and the first that cannot be right is refused', () => {
  fc.assert(
    fc.property(nearlyText, shares, fc.boolean(), (bytes, cuts, byOctets) => {
      const validator = new Utf8Validator(isUtf8);
      let length = 0;
      const pieces = byOctets ? [...bytes].map((byte) => Uint8Array.of(byte)) : cut(bytes, cuts);
      for (const piece of pieces) {
        length += piece.length;
        const isRight = validator.push(piece);
        expect(isRight).toBe(mayBecomeText(bytes.subarray(0, length)));
        if (!isRight) return;
      }
      expect(validator.complete).toBe(isText(bytes));
    }),
    often(1000),
  );
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixRange } from '../../../src/log/postgres/prefix-range.js';

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Text that a log keeps, with the characters at which the order of UTF-8 and that of UTF-16 part. */
const text = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '/',
      '\u0001',
      '\u007f',
      '\u0080',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '𐀀',
      '\u{10ffff}',
    ),
    { maxLength: 4 },
  )
  .map((characters) => characters.join(''));

test('a range holds the keys that begin with the prefix, and no other', () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), (prefix, other, begins) => {
      const key = begins ? prefix + other : other;
      const { from, end } = prefixRange(prefix, undefined);
      const inside = compare(key, from) >= 0 && (end === undefined || compare(key, end) < 0);
      expect(inside).toBe(key.startsWith(prefix));
    }),
    { numRuns: 2000 },
  );
});

test('a range goes on behind a key', () => {
  fc.assert(
    fc.property(text, text, text, (prefix, after, rest) => {
      const key = prefix + rest;
      expect(compare(key, prefixRange(prefix, after).from) >= 0).toBe(compare(key, after) > 0);
    }),
    { numRuns: 2000 },
  );
});

test('has no end where nothing can be behind it', () => {
  expect(prefixRange('', undefined)).toEqual({ from: '', end: undefined });
  expect(prefixRange('\u{10ffff}', undefined).end).toBeUndefined();
  expect(prefixRange('m/a\u{10ffff}', undefined).end).toBe('m/b');
});

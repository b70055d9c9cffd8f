import { describe, expect, test } from 'vitest';
import type { CommandError } from '../src/errors.js';
import { foldName, parseName } from '../src/name.js';

describe('parseName', () => {
  test.each(['a', 'alice', '小明', 'Зоя', 'José', 'a.b-c_d', '42', 'हिन्दी', 'x'.repeat(64), '𠮷'.repeat(64)])(
    'takes %s',
    (name) => {
      expect(parseName(name)).toBe(name.normalize('NFC'));
    },
  );

  test('normalises to NFC, so that two ways of typing a letter are one name', () => {
    expect(parseName('Jose\u0301')).toBe('Jos\u00e9');
  });

  test('counts characters after normalisation', () => {
    expect(parseName('e\u0301'.repeat(64))).toHaveLength(64);
  });

  test.each([
    ['nothing', ''],
    ['65 characters', 'x'.repeat(65)],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['a control character', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['a space', 'a b'],
    ['a comma', 'a,b'],
    ['a colon', 'a:b'],
    ['a slash', 'a/b'],
    ['markup', '<b>'],
    ['an emoji', '🙂'],
    ['a right-to-left override', 'a\u202eb'],
    ['a zero-width space', 'a\u200bb'],
    ['a zero-width joiner', 'a\u200db'],
    ['a letter that nobody sees', 'a\u3164'],
    ['a variation selector', 'a\ufe0f'],
    ['a mark on nothing', '\u0301'],
    ['a lone surrogate', 'a\ud800'],
    ['a number', 7],
    ['null', null],
    ['nothing at all', undefined],
  ])('refuses %s', (_what, name) => {
    expect(() => parseName(name)).toThrow(expect.objectContaining({ code: 'invalid_name' }) as CommandError);
  });
});

describe('foldName', () => {
  test('names that differ only in case are one', () => {
    expect(foldName('Alice')).toBe(foldName('aLICE'));
    expect(foldName('ЗОЯ')).toBe(foldName('зоя'));
    expect(foldName('Jose\u0301')).toBe(foldName('JOS\u00c9'));
  });

  test.each([
    [
      'the two small forms of sigma',
      '\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2',
      '\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3',
    ],
    ['a small form in the other’s place', '\u03bf\u03b4\u03cc\u03c2', '\u03bf\u03b4\u03cc\u03c3'],
    ['the long s', '\u017fam', 'Sam'],
    ['the capital sharp s', '\u1e9e', '\u00df'],
    ['the sign of kelvin', '\u212aim', 'kim'],
  ])('%s', (_what, a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  test.each([
    ['a sharp s is no two', 'stra\u00dfe', 'strasse'],
    ['a dotless i has no dot', '\u0131', 'i'],
  ])('%s', (_what, a, b) => {
    expect(foldName(a)).not.toBe(foldName(b));
  });

  test('other names are not', () => {
    expect(foldName('alice')).not.toBe(foldName('alicia'));
  });
});

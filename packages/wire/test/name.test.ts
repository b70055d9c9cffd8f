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
  });

  test('other names are not', () => {
    expect(foldName('alice')).not.toBe(foldName('alicia'));
  });
});

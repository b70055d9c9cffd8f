import { describe, expect, test } from 'vitest';
import { htmlLang, LANGUAGES, localeFor, pickLanguage } from '../../src/i18n/language.js';

test.each([
  [['zh-TW', 'en'], 'zh'],
  [['fr-FR', 'zh-CN', 'en'], 'zh'],
  [['de'], 'en'],
  [[], 'en'],
  [['EN-gb'], 'en'],
])('a browser that wants %j is spoken to in %s', (wanted, language) => {
  expect(pickLanguage(wanted)).toBe(language);
});

test('times look as the reader is used to, in the language that is spoken', () => {
  expect(localeFor('en', ['zh-CN', 'en-GB', 'en-US'])).toBe('en-GB');
  expect(localeFor('zh', ['en-US'])).toBe('zh-CN');
});

test('a locale that Intl refuses is passed over', () => {
  expect(localeFor('en', ['en-US@posix', 'en-AU'])).toBe('en-AU');
  expect(localeFor('en', ['en-US@posix'])).toBe('en');
});

describe('every string', () => {
  const leaves = (table: object, path = ''): [string, unknown][] =>
    Object.entries(table).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null ? leaves(value, `${path}${key}.`) : [[path + key, value]],
    );
  const say = (value: unknown): string =>
    typeof value === 'function' ? String((value as (...args: unknown[]) => unknown)(3, 'B')) : String(value);
  const english = new Map(leaves(LANGUAGES.en.strings));
  const chinese = new Map(leaves(LANGUAGES.zh.strings));

  test('is in both tables and says something', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    for (const table of [english, chinese]) {
      for (const [key, value] of table) expect(say(value).trim(), key).not.toBe('');
    }
  });

  test('is translated, but for names that are the same everywhere', () => {
    const same = [...english]
      .filter(([key, value]) => say(value) === say(chinese.get(key)))
      .map(([key]) => key);
    expect(same.sort()).toEqual(['product', 'transports.sse', 'transports.websocket', 'unreadCount']);
  });
});

test('the document says its language', () => {
  expect([htmlLang('en'), htmlLang('zh')]).toEqual(['en', 'zh-CN']);
});

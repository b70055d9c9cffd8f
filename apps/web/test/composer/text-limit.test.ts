import { expect, test } from 'vitest';
import { charactersOver, MOST_BYTES } from '../../src/composer/text-limit.js';

test('a text that fits is not over', () => {
  expect(charactersOver('')).toBe(0);
  expect(charactersOver('a'.repeat(MOST_BYTES))).toBe(0);
  expect(charactersOver('你'.repeat(10), 30)).toBe(0);
});

test.each([
  ['abcdef', 4, 2],
  ['你好吗', 6, 1],
  ['ab🙂', 5, 1],
  ['🙂🙂🙂', 4, 2],
  ['aaaaaa你', 6, 1],
])('%j is over %i bytes by %i characters', (text, most, over) => {
  expect(charactersOver(text, most)).toBe(over);
  expect(new TextEncoder().encode(Array.from(text).slice(0, -over).join('')).length).toBeLessThanOrEqual(
    most,
  );
});

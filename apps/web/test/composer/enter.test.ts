import { expect, test } from 'vitest';
import { sends } from '../../src/composer/enter.js';

const enter = {
  key: 'Enter',
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
};

test('Enter sends', () => {
  expect(sends(enter)).toBe(true);
});

test.each([
  ['with Shift it breaks the line', { shiftKey: true }],
  ['another key does not', { key: 'a' }],
  ['while an input method composes it never does', { isComposing: true }],
  ['nor where the browser ended the composition before the key', { keyCode: 229 }],
  ['with another modifier it is left to the system', { altKey: true }],
])('%s', (_, change) => {
  expect(sends({ ...enter, ...change })).toBe(false);
});

test.each([
  ['```\nlet a', false],
  ['text ```', false],
  ['```\na\n```', true],
  ['```a``` and ```', false],
  ['`a', true],
])('within a block of code that is still open, as after %j, it breaks the line', (before, sent) => {
  expect(sends(enter, before)).toBe(sent);
});

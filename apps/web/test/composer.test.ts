import { expect, test } from 'vitest';
import { keepDraft, readDraft } from '../src/composer/drafts.js';
import { sends } from '../src/composer/enter.js';

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

test('a draft is kept per user and conversation, and gone when it is empty', () => {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  keepDraft(storage, 'ada', 'room:x', 'half a');
  expect(readDraft(storage, 'ada', 'room:x')).toBe('half a');
  expect(readDraft(storage, 'ada', 'room:y')).toBe('');
  expect(readDraft(storage, 'bob', 'room:x')).toBe('');
  keepDraft(storage, 'ada', 'room:x', '');
  expect(items.size).toBe(0);
});

test('a storage that is full does not stop one from writing', () => {
  const full = {
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
    removeItem: () => {},
  };
  expect(() => keepDraft(full, 'ada', 'room:x', 'text')).not.toThrow();
});

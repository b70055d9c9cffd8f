import { expect, test } from 'vitest';
import { dropEdit, keepDraft, keepEdit, readDraft, readEdit } from '../../src/composer/drafts.js';

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

test('a change under way is kept with the message that it is of, until it is done', () => {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  expect(readEdit(storage, 'ada', 'room:x')).toBeUndefined();
  keepEdit(storage, 'ada', 'room:x', { offset: 7, text: 'half' });
  expect(readEdit(storage, 'ada', 'room:x')).toEqual({ offset: 7, text: 'half' });
  expect(readEdit(storage, 'ada', 'room:y')).toBeUndefined();
  items.set('fullduplex.edit:ada:room:y', '{"offset":"7"}');
  expect(readEdit(storage, 'ada', 'room:y')).toBeUndefined();
  dropEdit(storage, 'ada', 'room:x');
  expect(readEdit(storage, 'ada', 'room:x')).toBeUndefined();
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

import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/chat/chat-limits.js';
import { requireKey, requireReaction, requireSize, requireText } from '../../src/chat/text.js';
import { codeOf } from './fixtures.js';

const limits = { ...DEFAULT_LIMITS, maxMessageBytes: 6, maxReactionBytes: 4 };

test('a text is not empty, not too long, and Unicode', async () => {
  for (const text of ['x', 'xxxxxx', '語語', '😀', '\n']) expect(requireText(text, limits)).toBe(text);
  expect(await codeOf(() => requireText('', limits))).toBe('message_empty');
  expect(await codeOf(() => requireText('語語x', limits))).toBe('message_too_large');
  expect(await codeOf(() => requireText('\ude00', limits))).toBe('bad_request');
  expect(await codeOf(() => requireText(null, limits))).toBe('bad_request');
});

test('a size is counted in bytes', async () => {
  expect(() => requireSize('語語', 6)).not.toThrow();
  expect(await codeOf(() => requireSize('語語', 5))).toBe('message_too_large');
  expect(await codeOf(() => requireSize('xxx', 2))).toBe('message_too_large');
});

test('a reaction is short', async () => {
  expect(requireReaction('😀', limits)).toBe('😀');
  expect(await codeOf(() => requireReaction('😀!', limits))).toBe('message_too_large');
});

test('a key may be absent', async () => {
  expect(requireKey(undefined)).toBeUndefined();
  expect(requireKey('k')).toBe('k');
  for (const key of ['', 'x'.repeat(129), 'a\0b', '\ud800']) {
    expect(await codeOf(() => requireKey(key))).toBe('bad_request');
  }
});

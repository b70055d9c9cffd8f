import type { CommandError } from '@fullduplex/wire';
import { expect, test } from 'vitest';
import { RateLimit } from '../../src/http/rate-limit.js';

test('so many a second and a burst, for each key by itself', () => {
  let now = 0;
  const limit = new RateLimit(2, 3, () => now);
  const take = (key: string): boolean => {
    try {
      limit.take(key);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_many_requests', retryable: true });
      return false;
    }
  };
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([true, true, true, false]);
  expect(take('b')).toBe(true);
  now += 500;
  expect([take('a'), take('a')]).toEqual([true, false]);
  now += 60_000;
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([true, true, true, false]);
});

test('however many keys come, one that goes on is not let off', () => {
  let now = 0;
  const limit = new RateLimit(1, 2, () => now);
  let taken = 0;
  const refusals = new Set<unknown>();
  for (let at = 0; at < 100_000; at++) {
    now += 0.0101;
    limit.take(`key ${at}`);
    try {
      limit.take('busy');
      taken += 1;
    } catch (error) {
      refusals.add((error as CommandError).code);
    }
  }
  expect([...refusals]).toEqual(['too_many_requests']);
  // A second passed: the burst of two, and one more.
  expect(taken).toBe(3);
});

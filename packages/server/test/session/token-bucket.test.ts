import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/session/token-bucket.js';

test('a burst, then so many a second, and never more than a burst however long nothing was taken', () => {
  const bucket = new TokenBucket(10, 0);
  const take = (now: number): number => {
    let taken = 0;
    while (bucket.take(now)) taken += 1;
    return taken;
  };
  expect(take(0)).toBe(20);
  expect(take(1000)).toBe(10);
  expect(take(1050)).toBe(0);
  expect(take(1100)).toBe(1);
  expect(take(10_000_000)).toBe(20);
});

test('a clock that goes back gives nothing and breaks nothing', () => {
  const bucket = new TokenBucket(1, 1000, 1);
  expect(bucket.take(1000)).toBe(true);
  expect(bucket.take(500)).toBe(false);
  expect(bucket.take(1500)).toBe(true);
});

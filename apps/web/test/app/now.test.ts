import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clock } from '../../src/app/now.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('the time moves twice a minute for whoever watches, and for nobody else', () => {
  const told = vi.fn();
  const stop = clock.subscribe(told);
  const before = clock.get();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveBeenCalledTimes(2);
  expect(clock.get()).toBeGreaterThan(before);
  stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveBeenCalledTimes(2);
});

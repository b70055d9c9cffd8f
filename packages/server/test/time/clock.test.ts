import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/time/clock.js';

test('the system clock tells the time, and one that never goes back', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(10_000);
  const before = systemClock.monotonic();
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
});

test('it calls back once, unless that is taken back', async () => {
  const [called, taken] = [vi.fn(), vi.fn()];
  systemClock.after(1, taken)();
  systemClock.after(1, called);
  await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(1), { timeout: 60_000 });
  expect(taken).not.toHaveBeenCalled();
});

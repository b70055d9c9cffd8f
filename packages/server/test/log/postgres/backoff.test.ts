import { expect, test } from 'vitest';
import { Backoff } from '../../../src/log/postgres/backoff.js';

function subject(random: number) {
  const timers: { ms: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    timers.push({ ms, run });
    return () => {};
  };
  return { timers, backoff: new Backoff({ random: () => random, after }) };
}

test('tries at once as long as nothing failed', () => {
  expect(subject(0).backoff.isResting).toBe(false);
});

test('rests for longer after each failure, up to two seconds', () => {
  const { backoff, timers } = subject(0);
  for (let tries = 0; tries < 9; tries++) {
    backoff.failed(new Error('refused'));
    expect(backoff.isResting).toBe(true);
    timers.at(-1)!.run();
    expect(backoff.isResting).toBe(false);
  }
  expect(timers.map(({ ms }) => ms)).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]);
});

test('rests for down to half of it, by chance', () => {
  const { backoff, timers } = subject(1);
  backoff.failed(new Error('refused'));
  expect(timers[0]!.ms).toBe(25);
});

test('remembers why, until it was reached', () => {
  const { backoff, timers } = subject(0);
  const cause = new Error('refused');
  backoff.failed(cause);
  expect(backoff.cause).toBe(cause);
  backoff.succeeded();
  expect(backoff.cause).toBeUndefined();
  expect(backoff.isResting).toBe(false);
  backoff.failed(cause);
  expect(timers.at(-1)!.ms).toBe(50);
});

import { describe, expect, it } from 'vitest';
import { Backoff } from '../src/backoff.js';

describe('Backoff', () => {
  it('doubles the span of each wait up to the cap', () => {
    const backoff = new Backoff(500, 3_000, () => 1);
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([500, 1_000, 2_000, 3_000, 3_000]);
  });

  it('waits anywhere in the span, so that many clients come back one by one', () => {
    const draws = [0, 0.25, 0.999];
    const backoff = new Backoff(1_000, 8_000, () => draws.shift()!);
    expect([1, 2, 3].map(() => backoff.next())).toEqual([0, 500, 3_996]);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(500, 20_000, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(500);
  });

  it('stays at the cap however often it fails', () => {
    const backoff = new Backoff(500, 20_000, () => 1);
    for (let failure = 0; failure < 5_000; failure += 1) backoff.next();
    expect(backoff.next()).toBe(20_000);
  });
});

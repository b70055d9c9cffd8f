import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.js';

describe('systemClock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  it('calls back once, unless it is cleared', async () => {
    const called: string[] = [];
    systemClock.clearTimer(systemClock.setTimer(() => called.push('cleared'), 0));
    await new Promise<void>((resolve) => {
      systemClock.setTimer(() => {
        called.push('due');
        resolve();
      }, 1);
    });
    expect(called).toEqual(['due']);
  });

  it('does not mind being asked to clear what was never set', () => {
    expect(() => systemClock.clearTimer(undefined)).not.toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import { type PlanOptions, planFaults } from '../../src/verify/plan.js';

const options: PlanOptions = { seed: 'a', duration: 60_000, participants: 16, kills: true };

describe('planFaults', () => {
  it('plans the same for the same seed, and something else for another', () => {
    expect(planFaults(options)).toEqual(planFaults(options));
    expect(planFaults(options)).not.toEqual(planFaults({ ...options, seed: 'b' }));
  });

  it('makes every fault there is, in the order of time, while there is time', () => {
    const faults = planFaults(options);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(
      new Set([
        'burst',
        'cut',
        'cut-all',
        'cut-at-byte',
        'hop',
        'join',
        'kill',
        'pause',
        'resend',
        'split',
        'stall',
        'stop',
      ]),
    );
    const times = faults.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(60_000);
  });

  it('kills the server even in the shortest run', () => {
    expect(planFaults({ ...options, duration: 1_000 }).map(({ kind }) => kind)).toContain('kill');
  });

  it('leaves a server alone that is not ours', () => {
    const kinds = new Set(planFaults({ ...options, kills: false }).map(({ kind }) => kind));
    expect(kinds.has('kill')).toBe(false);
    expect(kinds.has('stop')).toBe(false);
  });

  it('asks only participants that there are', () => {
    for (const fault of planFaults({ ...options, participants: 4 })) {
      if ('participant' in fault) expect([0, 1, 2, 3]).toContain(fault.participant);
    }
  });
});

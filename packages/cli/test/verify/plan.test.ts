import { describe, expect, it } from 'vitest';
import { type FaultKind, type PlanOptions, planFaults } from '../../src/verify/plan.js';

const KINDS: readonly FaultKind[] = [
  'burst',
  'cut',
  'cut-all',
  'cut-at-byte',
  'database-cut',
  'database-half-open',
  'database-kill',
  'database-mute',
  'database-restart',
  'database-stall',
  'delete',
  'edit',
  'freeze',
  'full',
  'hop',
  'invite',
  'join',
  'kill',
  'leave',
  'pause',
  'react',
  'receipt',
  'resend',
  'split',
  'stall',
  'stop',
  'worker',
];
const options: PlanOptions = { seed: 'a', duration: 90_000, participants: 16, kinds: KINDS };

describe('planFaults', () => {
  it('plans the same for the same seed, and something else for another', () => {
    expect(planFaults(options)).toEqual(planFaults(options));
    expect(planFaults(options)).not.toEqual(planFaults({ ...options, seed: 'b' }));
  });

  it('makes every fault there is, in the order of time, while there is time', () => {
    const faults = planFaults(options);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const times = faults.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(90_000);
  });

  it('kills the server even in the shortest run', () => {
    expect(planFaults({ ...options, duration: 1_000 }).map(({ kind }) => kind)).toContain('kill');
  });

  it('makes no others than it may', () => {
    const kinds = new Set(planFaults({ ...options, kinds: ['cut', 'hop'] }).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['cut', 'hop']));
  });

  it('asks only participants that there are', () => {
    for (const fault of planFaults({ ...options, participants: 4 })) {
      if ('participant' in fault) expect([0, 1, 2, 3]).toContain(fault.participant);
    }
  });
});

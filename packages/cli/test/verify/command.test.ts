import { describe, expect, it } from 'vitest';
import { formatReport } from '../../src/verify/command.js';
import type { VerifyReport } from '../../src/verify/run.js';

const report: VerifyReport = {
  seed: 'a',
  seconds: 20,
  participants: 16,
  sent: 10,
  acknowledged: 9,
  seen: 90,
  faults: { cut: 2, hop: 5 },
  violations: [],
};

describe('formatReport', () => {
  it('says what was done, the most frequent first', () => {
    const text = formatReport(report);
    expect(text).toContain('10 sent, 9 acknowledged, 90 times given');
    expect(text).toContain('5 hop, 2 cut');
    expect(text).toContain('Nothing was lost');
  });

  it('says what is wrong, and how to see it again', () => {
    const text = formatReport({ ...report, violations: [{ kind: 'lost', what: 'room:a does not hold k1' }] });
    expect(text).toContain('lost       room:a does not hold k1');
    expect(text).toContain('fullduplex verify --seed a --seconds 20 --clients 16');
    expect(text).not.toContain('Nothing was lost');
  });
});

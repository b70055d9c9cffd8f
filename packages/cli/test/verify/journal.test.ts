import { describe, expect, it } from 'vitest';
import { digest, Journal } from '../../src/verify/journal.js';

describe('digest', () => {
  it('keeps short data as it is, and tells long data apart by little', () => {
    expect(digest({ text: 'x' })).toBe('{"text":"x"}');
    const [long, other] = [digest({ text: 'x'.repeat(9_000) }), digest({ text: `${'x'.repeat(8_999)}y` })];
    expect(long.length).toBeLessThan(200);
    expect(long).not.toBe(other);
    expect(long).toBe(digest({ text: 'x'.repeat(9_000) }));
  });
});

describe('Journal', () => {
  it('knows where its writer stands: at what was seen last, or at the beginning', () => {
    const journal = new Journal('alice', 'client');
    expect(journal.position('room:a')).toBeUndefined();
    journal.baseline.set('room:a', { epoch: 'e', offset: 3 });
    expect(journal.position('room:a')).toEqual({ epoch: 'e', offset: 3 });
    journal.saw('room:a', 'e', { offset: 4, data: { text: 'x' }, info: { user: 'bob', key: 'k' } });
    expect(journal.position('room:a')).toEqual({ epoch: 'e', offset: 4 });
    expect(journal.seen.get('room:a')).toEqual([
      { epoch: 'e', offset: 4, sender: 'bob', key: 'k', data: '{"text":"x"}' },
    ]);
  });

  it('keeps a bounded number of complaints', () => {
    const journal = new Journal('alice', 'client');
    for (let count = 0; count < 1_000; count += 1) journal.complain('again');
    expect(journal.complaints).toHaveLength(100);
  });
});

import { describe, expect, it } from 'vitest';
import { Journal, placeOf } from '../../src/verify/journal.js';

describe('Journal', () => {
  it('knows where its writer stands: at what came last, or at the beginning', () => {
    const journal = new Journal('alice', 'client', 'client');
    expect(journal.position('room:a')).toBeUndefined();
    journal.baseline.set('room:a', { epoch: 'e', offset: 3 });
    expect(journal.position('room:a')).toEqual({ epoch: 'e', offset: 3 });
    journal.saw('room:a', 'e', { offset: 4, data: { text: 'x' }, info: { user: 'bob', key: 'k' } }, 9);
    expect(journal.position('room:a')).toEqual({ epoch: 'e', offset: 4 });
    const { given } = journal;
    expect(given).toEqual([
      {
        is: 'publication',
        channel: 'room:a',
        epoch: 'e',
        offset: 4,
        sender: 'bob',
        key: 'k',
        id: 9,
        data: '{"text":"x"}',
      },
    ]);
    journal.missed({ channel: 'room:a', reason: 'retention', epoch: 'e', to: 7, oldest: 8, head: 9 });
    expect(journal.position('room:a')).toEqual({ epoch: 'e', offset: 7 });
  });

  it('keeps a bounded number of complaints, and each once', () => {
    const journal = new Journal('alice', 'client', 'client');
    for (let count = 0; count < 1_000; count += 1) journal.complain(`${count % 200}`);
    expect(journal.complaints).toHaveLength(100);
  });
});

describe('placeOf', () => {
  it('reads the id out of a cursor', () => {
    expect(placeOf('2zz.0d9c-e')).toBe(35 * 36 + 35);
    for (const text of [undefined, '', '1abc', '3a.e', '2.e']) expect(placeOf(text)).toBeUndefined();
  });
});

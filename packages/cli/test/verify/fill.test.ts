import { describe, expect, it } from 'vitest';
import { fillByOffset } from '../../src/verify/fill.js';
import { Journal } from '../../src/verify/journal.js';

describe('fillByOffset', () => {
  it('reads on from where the reader stood, page by page, with what can no longer be had', async () => {
    const journal = new Journal('alice', 'bare', 'bare sse');
    journal.baseline.set('room:a', { epoch: 'e', offset: 2 });
    const publication = (offset: number) => ({ offset, data: {}, info: { user: 'bob' }, time: 0 });
    const gap = { channel: 'room:a', reason: 'retention', epoch: 'f', from: 3, to: 4, oldest: 5, head: 6 };
    const pages = [
      { epoch: 'f', offset: 6, gap, publications: [publication(5)] },
      { epoch: 'f', offset: 6, publications: [publication(6)] },
      { epoch: 'f', offset: 6, publications: [] },
    ];
    const asked: unknown[] = [];
    await fillByOffset(journal, ['room:a', 'room:new'], async (_method, params) => {
      asked.push((params as { after: number }).after);
      return pages.shift();
    });
    expect(asked).toEqual([2, 5, 6]);
    expect(journal.given.map((one) => (one.is === 'publication' ? one.offset : one.is))).toEqual([
      'anew',
      'gap',
      5,
      6,
    ]);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Append, LogError } from '../../../src/log/log.js';
import { MemoryStorage } from '../../../src/log/memory-storage.js';
import { rounds } from '../../../src/log/postgres/rounds.js';
import { batches } from './arbitrary.js';

const record = (key?: string) => ({
  channel: 'room:a',
  sender: 'ann',
  data: '""',
  ...(key === undefined ? {} : { key }),
});

describe('the rounds of a batch', () => {
  test('an append that nothing stands in the way of is in the first one', () => {
    const batch: Append[] = [
      { records: [record('1')], facts: [{ key: 'f', add: 1 }], when: [{ key: 'g', id: 1 }] },
      { records: [record('2')], facts: [{ key: 'f', add: 1 }] },
      { records: [record()], when: [{ key: 'g', id: 1 }] },
      { records: [record()] },
    ];
    expect(rounds(batch)).toEqual([[0, 1, 2, 3]]);
  });

  test('an append waits for another with its key', () => {
    expect(
      rounds([{ records: [record('1')] }, { records: [record('2')] }, { records: [record('1')] }]),
    ).toEqual([[0, 1], [2]]);
  });

  test('an append waits for the fact that it looks at', () => {
    const writes: Append = { records: [], facts: [{ key: 'f', value: 'x' }] };
    expect(rounds([writes, { records: [record()], when: [{ key: 'f', id: 0 }] }])).toEqual([[0], [1]]);
    expect(rounds([writes, { records: [record()], unless: 'f' }])).toEqual([[0], [1]]);
    expect(rounds([{ records: [record()], unless: 'f' }, writes])).toEqual([[0, 1]]);
  });

  test('what changes the fact that a waiting one looks at waits behind it', () => {
    const batch: Append[] = [
      { records: [], facts: [{ key: 'f', value: 'x' }] },
      { records: [], unless: 'f', when: [{ key: 'g', id: 3 }] },
      { records: [], facts: [{ key: 'g', value: 'y' }] },
      { records: [record()] },
    ];
    expect(rounds(batch)).toEqual([
      [0, 3],
      [1, 2],
    ]);
  });

  test('nothing that follows a redaction is before it, and nothing that it follows behind it', () => {
    const redacts: Append = { records: [record()], redact: [{ id: 1, data: '""' }] };
    expect(rounds([redacts, { records: [record('1')] }])).toEqual([[0], [1]]);
    expect(rounds([{ records: [record('1')] }, { records: [record('1')] }, redacts])).toEqual([[0], [1, 2]]);
  });

  test('carried out one after the other they come to the same as the batch in its order', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([batch]) => {
        // Ids may differ, since an append may come after later ones: nothing here hangs on those of this batch.
        const appends = batch!.map(
          ({ when, redact, ...rest }): Append => ({
            ...rest,
            ...(when === undefined ? {} : { when: when.map(({ key }) => ({ key, id: 0 })) }),
            ...(redact === undefined ? {} : { redact: redact.map(() => ({ id: 1, data: '"-"' })) }),
          }),
        );
        const first: Append = { records: [{ channel: 'room:a', sender: 'ann', key: '1', data: '"z"' }] };
        const plain = await outcomesOf([first, ...appends]);
        const order = rounds(appends).flat();
        expect([...order].sort((a, b) => a - b)).toEqual(appends.map((_, index) => index));
        const inRounds = await outcomesOf([first, ...order.map((index) => appends[index]!)]);
        for (const [place, index] of order.entries()) {
          expect(inRounds.outcomes[place + 1]).toEqual(plain.outcomes[index + 1]);
        }
        expect(inRounds.facts).toEqual(plain.facts);
      }),
    );
  });
});

async function outcomesOf(batch: readonly Append[]) {
  const storage = new MemoryStorage({ now: () => 0, epoch: 'e' });
  const { outcomes } = await storage.commit(batch);
  const { facts } = await storage.list('', 100);
  return {
    outcomes: outcomes.map((it) => (it instanceof LogError ? it.code : it.map(({ duplicate }) => duplicate))),
    facts: facts.map(({ key, value }) => [key, value]),
  };
}

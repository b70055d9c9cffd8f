import { describe, expect, it } from 'vitest';
import type { Stored } from '../../../src/verify/truth/truth.js';
import { Witness } from '../../../src/verify/truth/witness.js';

const stored = (oldest: number, ...offsets: number[]): Stored => ({
  epochs: [{ name: 'e', first: 1 }],
  channels: [{ name: 'room:a', oldest, floor: oldest - 1 }],
  records: offsets.map((offset) => ({ id: offset, channel: 'room:a', offset, sender: 'bob', data: '{}' })),
  facts: new Map(),
});

describe('Witness', () => {
  it('remembers what retention takes later', async () => {
    const looks = [stored(1, 1, 2), stored(2, 2, 3)];
    const witness = new Witness(async () => looks.shift() ?? stored(3, 3));
    await witness.look();
    const truth = await witness.look();
    expect([truth.at('room:a', 1), truth.before('room:a', 1)?.id]).toEqual([undefined, 1]);
    expect([truth.at('room:a', 2)?.id, truth.before('room:a', 2)]).toEqual([2, undefined]);
  });

  it('looks until it is told not to, also while there is nothing to see', async () => {
    let looks = 0;
    const witness = new Witness(async () => {
      looks += 1;
      throw new Error('The storage is away.');
    });
    const unwatch = witness.watch();
    await unwatch();
    expect(looks).toBe(1);
    await expect(witness.look()).rejects.toThrow('away');
  });
});

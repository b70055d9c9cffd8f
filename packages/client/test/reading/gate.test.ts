import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/reading/gate.js';
import { settled } from '../support/fake-clock.js';

describe('Gate', () => {
  it('lets so many run at once, and the others in their turn, whether the work succeeds or fails', async () => {
    const gate = new Gate(2);
    const begun: number[] = [];
    const ends: ((fails: boolean) => void)[] = [];
    const results = [0, 1, 2, 3].map((number) =>
      gate
        .run(
          () =>
            new Promise<number>((resolve, reject) => {
              begun.push(number);
              ends[number] = (fails) => (fails ? reject(new Error('no')) : resolve(number));
            }),
        )
        .catch(() => -1),
    );
    await settled();
    expect(begun).toEqual([0, 1]);
    ends[1]!(true);
    await settled();
    expect(begun).toEqual([0, 1, 2]);
    ends[0]!(false);
    ends[2]!(false);
    await settled();
    ends[3]!(false);
    expect(await Promise.all(results)).toEqual([0, -1, 2, 3]);
    await expect(gate.run(() => Promise.resolve(4))).resolves.toBe(4);
  });
});

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { LogError, type TailRecord } from '../../src/log/log.js';
import { Sequence } from '../../src/log/sequence.js';
import type { TailPage } from '../../src/log/storage.js';
import { settle } from '../support/wait.js';
import { stored } from './fixtures.js';
import { idsOf, range } from './subject.js';

/** A storage of which tests decide what it has, when it answers, and how much at once. */
class Tail {
  records: TailRecord[] = [];
  lastId = 0;
  /** Why it cannot be read. */
  broken: Error | undefined;
  /** Records that one reading brings. */
  page = 1000;
  /** Where it was read. */
  readonly reads: number[] = [];
  /** Readings wait here while it is held. */
  held: (() => void)[] | undefined;

  add(...ids: readonly number[]): void {
    this.records.push(...ids.flatMap((id) => stored(id, id)));
    this.records.sort((a, b) => a.id - b.id);
    this.lastId = Math.max(this.lastId, ...ids);
  }

  drop(...ids: readonly number[]): void {
    this.records = this.records.filter(({ id }) => !ids.includes(id));
  }

  async read(after: number): Promise<TailPage> {
    this.reads.push(after);
    if (this.broken !== undefined) throw this.broken;
    const answer = {
      records: this.records.filter(({ id }) => id > after).slice(0, this.page),
      lastId: this.lastId,
      epochs: [],
    };
    await new Promise<void>((resolve) => {
      if (this.held === undefined) resolve();
      else this.held.push(resolve);
    });
    return answer;
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const resolve of held) resolve();
  }
}

let tail: Tail;
/** What was told: ids, and `from-to` for what was skipped. */
let told: (number | string)[];
let failures: unknown[];
let timers: { readonly ms: number; readonly run: () => void }[];
let sequence: Sequence;
beforeEach(() => {
  tail = new Tail();
  told = [];
  failures = [];
  timers = [];
  sequence = begin(0);
});

function begin(position: number): Sequence {
  return new Sequence({
    position,
    read: (after) => tail.read(after),
    told: (records) => {
      expect(sequence.position).toBe(records.at(-1)!.id);
      told.push(...idsOf(records));
    },
    skipped: (from, to) => {
      expect(sequence.position).toBe(to);
      told.push(`${from}-${to}`);
    },
    state: () => {},
    failed: (error) => failures.push(error),
    after: (ms, run) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  });
}

/** Own commits are in the storage before they are handed in. */
function commit(...ids: readonly number[]): void {
  tail.add(...ids);
  sequence.offer(ids.flatMap((id) => stored(id, id)));
}

const elapse = (): void => {
  for (const { run } of timers.splice(0)) run();
};

describe('own commits', () => {
  test('are told as they come, without the storage being read', async () => {
    commit(1, 2);
    commit(3);
    expect(told).toEqual([1, 2, 3]);
    await settle();
    expect(tail.reads).toEqual([]);
  });

  test('that do not adjoin are told with what is missing before them', async () => {
    tail.add(1, 2);
    commit(3);
    expect(told).toEqual([]);
    await settle();
    expect(told).toEqual([1, 2, 3]);
  });

  test('with a hole of others amid them are read whole', async () => {
    tail.add(2);
    commit(1, 3);
    await settle();
    expect(told).toEqual([1, 2, 3]);
  });

  test('that come again, late or in parts, are told once', async () => {
    commit(1, 2, 3);
    sequence.offer(stored(1, 2));
    sequence.offer([]);
    sequence.offer(stored(3, 3));
    tail.add(4, 5);
    sequence.offer(stored(2, 5));
    await settle();
    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(tail.reads).toEqual([]);
  });

  test('that come while the storage is being read are not told twice, nor left out', async () => {
    tail.held = [];
    tail.add(1, 2);
    sequence.poke();
    await settle();
    commit(3);
    sequence.offer(stored(1, 2));
    expect(told).toEqual([1, 2]);
    tail.release();
    await settle();
    expect(told).toEqual([1, 2, 3]);
  });

  test('that stay in the storage when the writer dies are told with the next ones', async () => {
    commit(1, 2);
    // Committed, and nobody came to say so; the retry failed.
    tail.add(3);
    commit(4);
    await settle();
    expect(told).toEqual([1, 2, 3, 4]);
    // Told of, too, where nothing comes after it.
    tail.add(5);
    sequence.poke();
    await settle();
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('what others commit', () => {
  test('is read in pages until nothing is left', async () => {
    tail.page = 3;
    tail.add(...range(1, 10));
    sequence.poke();
    await settle();
    expect(told).toEqual(range(1, 10));
  });

  test('is read once more when there was more while it was read', async () => {
    tail.held = [];
    sequence.poke();
    await settle();
    tail.add(1);
    sequence.poke();
    sequence.poke();
    tail.release();
    await settle();
    expect(told).toEqual([1]);
    expect(tail.reads).toHaveLength(2);
  });

  test('is taken up where the order was', async () => {
    tail.add(...range(1, 10));
    sequence = begin(7);
    sequence.poke();
    await settle();
    expect(told).toEqual([8, 9, 10]);
  });
});

describe('a hole', () => {
  test('that the next reading fills is nothing', async () => {
    tail.add(1, 2, 3, 4);
    tail.drop(2);
    tail.held = [];
    sequence.poke();
    await settle();
    tail.add(2);
    tail.release();
    await settle();
    expect(told).toEqual([1, 2, 3, 4]);
  });

  test('that stays after one more reading is skipped, and told', async () => {
    tail.add(...range(1, 9));
    tail.drop(3, 4, 8);
    sequence.poke();
    await settle();
    expect(told).toEqual([1, 2, '3-4', 5, 6, 7, '8-8', 9]);
    expect(tail.reads).toEqual([0, 2, 7]);
  });

  test('before everything, as for who was away while much was trimmed', async () => {
    tail.add(...range(1, 5));
    tail.drop(1, 2, 3);
    sequence.poke();
    await settle();
    expect(told).toEqual(['1-3', 4, 5]);
  });

  test('up to the end, where nothing at all is left', async () => {
    tail.add(1, 2, 3);
    tail.records = [];
    sequence.poke();
    await settle();
    expect(told).toEqual(['1-3']);
    commit(4);
    expect(told).toEqual(['1-3', 4]);
  });
});

describe('a storage that cannot be read', () => {
  test('is tried again after a while, and told of', async () => {
    const broken = new LogError('unavailable', 'gone');
    tail.broken = broken;
    tail.add(1);
    sequence.poke();
    await settle();
    expect(failures).toEqual([broken]);
    expect(timers.map(({ ms }) => ms)).toEqual([200]);
    elapse();
    await settle();
    expect(failures).toEqual([broken, broken]);
    tail.broken = undefined;
    elapse();
    await settle();
    expect(told).toEqual([1]);
    expect(timers).toEqual([]);
  });

  test('is tried at once when there is more, and then not once more for nothing', async () => {
    tail.broken = new LogError('unavailable', 'gone');
    sequence.poke();
    await settle();
    tail.broken = undefined;
    commit(1);
    commit(3);
    tail.add(2);
    await settle();
    expect(told).toEqual([1, 2, 3]);
    expect(timers).toEqual([]);
  });

  test('lets own commits be told meanwhile', async () => {
    tail.broken = new LogError('unavailable', 'gone');
    sequence.poke();
    await settle();
    sequence.offer(stored(1, 2));
    expect(told).toEqual([1, 2]);
  });

  test('that has less than it was said to have is not asked for ever', async () => {
    tail.add(1, 2);
    sequence.offer(stored(9, 9));
    await settle(20);
    expect(told).toEqual([1, 2]);
    expect(tail.reads.length).toBeLessThan(4);
  });
});

describe('going back', () => {
  test('the order goes on from there', async () => {
    commit(...range(1, 10));
    tail.records = [];
    tail.lastId = 6;
    sequence.goBack(6);
    expect(sequence.position).toBe(6);
    commit(7);
    await settle();
    expect(told).toEqual([...range(1, 10), 7]);
  });

  test('who waits for what was lost is told that it is unknown', async () => {
    commit(1);
    const waiting = expect(sequence.reached(5)).rejects.toMatchObject({ code: 'unavailable' });
    sequence.goBack(0);
    await waiting;
  });
});

describe('reached', () => {
  test('resolves once the position has come there, also by skipping', async () => {
    const reached: number[] = [];
    const wait = (id: number): void => void sequence.reached(id).then(() => reached.push(id));
    for (const id of [4, 0, 2, 3, 9]) wait(id);
    await settle();
    expect(reached).toEqual([0]);
    commit(1, 2);
    await settle();
    expect(reached).toEqual([0, 2]);
    tail.add(5);
    sequence.poke();
    await settle();
    expect(reached).toEqual([0, 2, 4, 3]);
  });

  test('fails when it is closed first', async () => {
    const waiting = expect(sequence.reached(1)).rejects.toMatchObject({ code: 'closed' });
    sequence.close();
    await waiting;
    await expect(sequence.reached(1)).rejects.toMatchObject({ code: 'closed' });
    await sequence.reached(0);
  });
});

test('closed, it tells nothing more, and asks nothing', async () => {
  tail.held = [];
  tail.add(1);
  sequence.poke();
  await settle();
  sequence.close();
  tail.release();
  sequence.offer(stored(1, 1));
  sequence.poke();
  await settle();
  expect(told).toEqual([]);
  expect(tail.reads).toHaveLength(1);
  expect(timers).toEqual([]);
});

test('however commits come, everything is told once and in order', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('own' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('others' as const), count: fc.integer({ min: 1, max: 4 }) }),
    // Committed by this one, which is never told so.
    fc.record({ do: fc.constant('unknown' as const), count: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ do: fc.constant('late' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant('trim' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant('break' as const), count: fc.constant(0) }),
    fc.record({ do: fc.constant('mend' as const), count: fc.constant(0) }),
    fc.record({ do: fc.constant('turn' as const), count: fc.constant(0) }),
    fc.record({ do: fc.constant('hold' as const), count: fc.constant(0) }),
    fc.record({ do: fc.constant('release' as const), count: fc.constant(0) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, page) => {
        tail = new Tail();
        told = [];
        timers = [];
        sequence = begin(0);
        tail.page = page;
        const late: TailRecord[][] = [];
        const gone = new Set<number>();
        for (const { do: what, count } of steps) {
          const ids = range(tail.lastId + 1, tail.lastId + count);
          if (what === 'own') commit(...ids);
          if (what === 'others' || what === 'unknown' || what === 'late') tail.add(...ids);
          if (what === 'others' || what === 'unknown') sequence.poke();
          if (what === 'late') late.push(ids.flatMap((id) => stored(id, id)));
          if (what === 'trim') {
            // The last record always stays.
            const oldest = tail.records.slice(0, Math.min(count, tail.records.length - 1));
            for (const { id } of oldest) gone.add(id);
            tail.drop(...idsOf(oldest));
          }
          if (what === 'break') tail.broken = new LogError('unavailable', 'gone');
          if (what === 'mend') tail.broken = undefined;
          if (what === 'turn') await settle(1);
          if (what === 'hold') tail.held ??= [];
          if (what === 'release') tail.release();
        }
        tail.broken = undefined;
        tail.release();
        for (const records of late) sequence.offer(records);
        sequence.poke();
        await settle(5);
        while (sequence.position < tail.lastId) {
          const before = sequence.position;
          elapse();
          sequence.poke();
          await settle(5);
          expect(sequence.position).toBeGreaterThanOrEqual(before);
        }
        const seen = told.flatMap((entry) => {
          if (typeof entry === 'number') return [entry];
          const [from, to] = entry.split('-').map(Number) as [number, number];
          for (const id of range(from, to)) expect(gone).toContain(id);
          return range(from, to);
        });
        expect(seen).toEqual(range(1, tail.lastId));
      },
    ),
    { numRuns: 150 },
  );
});

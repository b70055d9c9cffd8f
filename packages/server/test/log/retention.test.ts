import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { Retention, type RetentionOptions, type RetentionPolicy } from '../../src/log/retention.js';
import { until } from '../support/wait.js';
import { later, record } from './fixtures.js';
import { factsOf, range } from './subject.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A machine's clocks: what people read may be set, what measures goes on. */
class Clocks {
  wall = 1_700_000_000_000;
  #monotonic = 5000;
  #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass; what falls due runs at the end of it. */
  pass(ms: number): void {
    this.wall += ms;
    this.#monotonic += ms;
    const timers = Array.from(this.#timers);
    for (const timer of timers) {
      if (timer.at > this.#monotonic) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }
}

let clocks: Clocks;
let storage: MemoryStorage;
let log: OrderedLog;
let removed: string[];
let failures: unknown[];
beforeEach(() => {
  clocks = new Clocks();
  storage = new MemoryStorage({ now: () => clocks.wall, epoch: 'e' });
  log = open(storage);
  removed = [];
  failures = [];
});

function open(on: MemoryStorage): OrderedLog {
  const opened = new OrderedLog(on, later);
  onTestFinished(() => opened.close());
  return opened;
}

/** The log with other answers to some of what it is asked. */
function over(on: OrderedLog, own: Partial<OrderedLog>): RetentionOptions['log'] {
  return {
    get position() {
      return on.position;
    },
    append: (append) => on.append(append),
    facts: (keys) => on.facts(keys),
    list: (...request) => on.list(...request),
    channels: (...request) => on.channels(...request),
    read: (request) => on.read(request),
    tail: (...request) => on.tail(...request),
    follow: (follower) => on.follow(follower),
    trim: (...request) => on.trim(...request),
    ...own,
  };
}

function create(policy: RetentionPolicy, more: Partial<RetentionOptions> = {}): Retention {
  const retention = new Retention({
    log,
    policy,
    clock: clocks,
    defer: later.defer,
    node: 'one',
    interval: MINUTE,
    removed: async (channel, from, to) => {
      removed.push(`${channel} ${from}-${to}`);
    },
    failed: (error) => failures.push(error),
    ...more,
  });
  onTestFinished(() => retention.stop());
  return retention;
}

/** Retention that sweeps every minute, begun. */
async function begin(
  policy: RetentionPolicy,
  own: Partial<OrderedLog> = {},
  more: Partial<RetentionOptions> = {},
): Promise<Retention> {
  const retention = create(policy, { log: over(log, own), ...more });
  const timers = clocks.timers;
  retention.start();
  await until(() => clocks.timers === timers + 1, 'the first sweep');
  return retention;
}

/** Lets so much time pass, with a sweep every minute, or as seldom as is asked for. */
async function pass(ms: number, step = MINUTE): Promise<void> {
  const { timers } = clocks;
  for (let passed = 0; passed < ms; passed += step) {
    clocks.pass(step);
    await until(() => clocks.timers === timers, 'the sweep');
  }
}

async function fill(channel: string, count: number): Promise<void> {
  await log.append({ records: Array.from({ length: count }, () => record(channel, 'x')) });
}

async function kept(channel: string): Promise<string> {
  const { records, head } = await log.read({ channel, limit: 10_000 });
  return `${records[0]?.offset}-${head.offset}`;
}

describe('by count', () => {
  test('the newest records of each channel are kept, of those that were there before too', async () => {
    for (let at = 0; at < 450; at++) await fill(`room:${at}`, at % 25);
    await begin({ records: 10 });
    await fill('room:0', 12);
    await pass(7 * MINUTE);
    for (let at = 1; at < 450; at++) {
      const count = at % 25;
      if (count > 0) expect(await kept(`room:${at}`)).toBe(`${Math.max(1, count - 9)}-${count}`);
    }
    expect(await kept('room:0')).toBe('3-12');
    expect(removed.filter((line) => line.startsWith('room:249 '))).toEqual(['room:249 1-14']);
    expect(failures).toEqual([]);
  });

  test('nothing goes before it was there for five minutes', async () => {
    await fill('room:a', 20);
    await begin({ records: 5 });
    await pass(4 * MINUTE);
    expect(await kept('room:a')).toBe('1-20');
    await fill('room:a', 3);
    await pass(2 * MINUTE);
    // Of those that are new none goes, were it too many.
    expect(await kept('room:a')).toBe('19-23');
    await fill('room:a', 100);
    await pass(4 * MINUTE);
    expect(await kept('room:a')).toBe('24-123');
    await pass(3 * MINUTE);
    expect(await kept('room:a')).toBe('119-123');
    expect(removed).toEqual(['room:a 1-18', 'room:a 19-23', 'room:a 24-118']);
  });

  test('it goes in steps, and lets others in between them', async () => {
    await fill('room:a', 1400);
    const trims: number[] = [];
    let turns = 0;
    const trim = async (channel: string, before: number): Promise<void> => {
      // As many turns of the loop went by as there were steps.
      expect(turns).toBeGreaterThanOrEqual(trims.length);
      setImmediate(() => turns++);
      trims.push(before);
      await log.trim(channel, before);
    };
    await begin({ records: 100 }, { trim });
    await pass(6 * MINUTE);
    expect(trims).toEqual([251, 501, 751, 1001, 1251, 1301]);
    expect(removed.at(-1)).toBe('room:a 1251-1300');
  });

  test('only channels that got records are looked at, once all were gone through', async () => {
    for (const number of range(1, 50)) await fill(`room:${number}`, 20);
    const looked: string[] = [];
    const listed: number[] = [];
    await begin(
      { records: 10 },
      {
        read: (request) => {
          looked.push(request.channel);
          return log.read(request);
        },
        channels: (...request) => {
          listed.push(request[0]);
          return log.channels(...request);
        },
      },
    );
    await pass(10 * MINUTE);
    expect(looked).toHaveLength(50);
    expect(listed).toEqual([0, 50]);
    await fill('room:7', 1);
    await fill('room:new', 9);
    await pass(10 * MINUTE);
    expect(looked.slice(50)).toEqual(['room:7']);
    expect(listed).toEqual([0, 50]);
    expect(await kept('room:7')).toBe('12-21');
  });
});

describe('by age', () => {
  test('what is older goes within an hour, and a channel keeps its newest record', async () => {
    await begin({ age: 10 * HOUR });
    await fill('room:old', 7);
    for (let hour = 0; hour < 20; hour++) {
      await fill('room:a', 3);
      await pass(HOUR, 30 * MINUTE);
    }
    const [first] = (await kept('room:a')).split('-').map(Number);
    // The records of the last ten hours, and of one more at most.
    expect(first).toBeGreaterThan(3 * 8);
    expect(first).toBeLessThanOrEqual(3 * 10 + 1);
    expect(await kept('room:old')).toBe('7-7');
    expect(removed).toContain('room:old 1-6');
    // What is removed adjoins.
    const gone = removed
      .filter((line) => line.startsWith('room:a '))
      .map((line) => line.slice(7).split('-').map(Number));
    expect(gone.flatMap(([from, to]) => range(from!, to!))).toEqual(range(1, first! - 1));
  });

  test('the newest record goes too, once another has come after it', async () => {
    await begin({ age: HOUR });
    await fill('room:a', 3);
    await pass(3 * HOUR, 10 * MINUTE);
    expect(await kept('room:a')).toBe('3-3');
    await fill('room:a', 1);
    await pass(20 * MINUTE);
    expect(await kept('room:a')).toBe('4-4');
    expect(removed).toEqual(['room:a 1-2', 'room:a 3-3']);
  });

  test('a clock that is far ahead for a moment takes nothing', async () => {
    await begin({ age: 30 * DAY });
    await fill('room:a', 51);
    await pass(HOUR, 10 * MINUTE);
    clocks.wall += 40 * DAY;
    await pass(2 * MINUTE);
    clocks.wall -= 40 * DAY;
    await fill('room:a', 5);
    await pass(DAY, 30 * MINUTE);
    expect(await kept('room:a')).toBe('1-56');
  });

  test('a clock that stays ahead takes nothing before half its age', async () => {
    await begin({ age: 2 * DAY });
    await fill('room:a', 5);
    await pass(HOUR);
    clocks.wall += 400 * DAY;
    await pass(22 * HOUR, 30 * MINUTE);
    expect(await kept('room:a')).toBe('1-5');
    await pass(6 * HOUR, 30 * MINUTE);
    expect(await kept('room:a')).toBe('5-5');
  });

  test('a clock that is set back, and stays there, keeps nothing for ever', async () => {
    await begin({ age: 10 * HOUR });
    await fill('room:a', 5);
    clocks.wall -= 400 * DAY;
    await pass(14 * HOUR, 30 * MINUTE);
    expect(await kept('room:a')).toBe('5-5');
  });

  test('the time that nobody was there is made up for, as fast as it is witnessed', async () => {
    const first = await begin({ age: 10 * HOUR });
    await fill('room:a', 5);
    await pass(2 * HOUR, 30 * MINUTE);
    await first.stop();
    clocks.pass(100 * DAY);
    await begin({ age: 10 * HOUR }, {}, { node: 'two' });
    await pass(2 * HOUR, 30 * MINUTE);
    expect(await kept('room:a')).toBe('1-5');
    // Four hours are ten, with those before and those made up for.
    await pass(4 * HOUR, 30 * MINUTE);
    expect(await kept('room:a')).toBe('5-5');
  });

  test('nothing goes before it was there for five minutes, however short the age', async () => {
    await begin({ age: 1 });
    await fill('room:a', 5);
    clocks.wall += DAY;
    await pass(5 * MINUTE);
    expect(await kept('room:a')).toBe('1-5');
    await pass(10 * MINUTE);
    expect(await kept('room:a')).toBe('5-5');
  });

  test('marks stay as few as there are hours in the age, and say when something was there first', async () => {
    await begin({ age: 10 * HOUR });
    await fill('room:a', 5);
    await pass(60 * HOUR, HOUR);
    // Nothing came: later marks would say no more than the first.
    expect(Object.keys(await factsOf(log, 't/')).length).toBeLessThanOrEqual(2);
    for (let hour = 0; hour < 30; hour++) {
      await fill('room:a', 1);
      await pass(HOUR, 30 * MINUTE);
    }
    expect(Object.keys(await factsOf(log, 't/')).length).toBeLessThanOrEqual(13);
  });
});

test('with both it holds to the stricter', async () => {
  await begin({ age: 2 * HOUR, records: 15 });
  await fill('room:a', 10);
  await fill('room:b', 100);
  await pass(30 * MINUTE);
  expect(await kept('room:a')).toBe('1-10');
  expect(await kept('room:b')).toBe('86-100');
  await pass(3 * HOUR, 10 * MINUTE);
  expect(await kept('room:a')).toBe('10-10');
  expect(await kept('room:b')).toBe('100-100');
});

describe('of several nodes', () => {
  test('one does it, and another when that one is gone', async () => {
    await fill('room:a', 20);
    const one = await begin({ records: 5 });
    const other = open(storage.another());
    const looked: string[] = [];
    const by: string[] = [];
    const own: Partial<OrderedLog> = {
      read: (request) => {
        looked.push(request.channel);
        return other.read(request);
      },
    };
    const two = {
      log: over(other, own),
      node: 'two',
      removed: async (channel: string) => {
        by.push(channel);
      },
    };
    await begin({ records: 5 }, {}, two);
    await pass(20 * MINUTE);
    expect(removed).toEqual(['room:a 1-15']);
    await fill('room:a', 5);
    await pass(10 * MINUTE);
    expect(removed).toHaveLength(2);
    expect([looked, by]).toEqual([[], []]);
    await one.stop();
    await fill('room:a', 5);
    await pass(20 * MINUTE);
    expect(removed).toHaveLength(2);
    expect(by).toEqual(['room:a']);
    expect(await kept('room:a')).toBe('26-30');
    expect(failures).toEqual([]);
    // What was claimed is not kept for ever.
    expect(Object.keys(await factsOf(log, 'retention/keeper/')).length).toBeLessThan(5);
  });
});

describe('it', () => {
  test('tells of what failed, and goes on next time', async () => {
    await fill('room:a', 10);
    await fill('room:b', 10);
    const broken = [new LogError('unavailable', 'gone')];
    const trim = async (channel: string, before: number): Promise<void> => {
      const error = broken.shift();
      if (error !== undefined) throw error;
      await log.trim(channel, before);
    };
    await begin({ records: 5 }, { trim });
    await pass(5 * MINUTE);
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
    expect(await kept('room:a')).toBe('1-10');
    await pass(MINUTE);
    expect([await kept('room:a'), await kept('room:b')]).toEqual(['6-10', '6-10']);
  });

  test('goes through all channels again where it was not told of everything', async () => {
    const followers: Parameters<OrderedLog['follow']>[0][] = [];
    await begin(
      { records: 5 },
      {
        follow: (follower) => {
          followers.push(follower);
          return () => {};
        },
      },
    );
    await pass(MINUTE);
    await fill('room:a', 20);
    await pass(10 * MINUTE);
    expect(await kept('room:a')).toBe('1-20');
    followers[0]!.skipped(1, 20);
    await pass(6 * MINUTE);
    expect(await kept('room:a')).toBe('16-20');
  });

  test('stopped amid a sweep, ends after the step that is under way', async () => {
    await fill('room:a', 5000);
    await fill('room:b', 5000);
    const retention = await begin({ records: 1 });
    await pass(4 * MINUTE);
    clocks.pass(MINUTE);
    await until(() => removed.length > 0);
    await retention.stop();
    expect(removed.length).toBeLessThan(10);
    expect(clocks.timers).toBe(0);
  });

  test('with a policy that keeps everything does nothing at all', async () => {
    const retention = create({});
    retention.start();
    expect(clocks.timers).toBe(0);
    await retention.stop();
    expect(await factsOf(log)).toEqual({});
  });
});

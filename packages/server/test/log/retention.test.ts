import { beforeEach, describe, expect, test } from 'vitest';
import type { ChannelLog } from '../../src/log/channel-log.js';
import { LogError } from '../../src/log/channel-log.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { Retention, type RetentionPolicy } from '../../src/log/retention.js';
import { FakeClock } from '../support/clock.js';
import { until } from '../support/wait.js';
import { record } from './fixtures.js';

const HOUR = 3_600_000;

let clock: FakeClock;
let log: MemoryLog;
let removed: string[];
let failures: unknown[];
beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLog({ now: () => clock.now() });
  removed = [];
  failures = [];
});

function retention(policy: RetentionPolicy, over: Partial<ChannelLog> = {}): Retention {
  return new Retention({
    log: {
      channels: (after, limit) => log.channels(after, limit),
      read: (request) => log.read(request),
      trim: (channel, before) => log.trim(channel, before),
      ...over,
    },
    policy,
    clock,
    interval: HOUR,
    removed: async (channel, from, to) => {
      removed.push(`${channel} ${from}-${to}`);
    },
    failed: (error) => failures.push(error),
  });
}

async function fill(channel: string, count: number): Promise<void> {
  await log.append({ records: Array.from({ length: count }, () => record(channel, 'x')) });
}

async function kept(channel: string): Promise<string> {
  const { records, head } = await log.read({ channel, limit: 10_000 });
  return `${records[0]?.offset}-${head.offset}`;
}

describe('a sweep', () => {
  test('keeps the newest records of each channel, of many more than one page of them', async () => {
    for (let at = 0; at < 250; at++) await fill(`room:${at}`, at % 25);
    await retention({ records: 10 }).sweep();
    for (let at = 1; at < 250; at++) {
      const count = at % 25;
      if (count > 0) expect(await kept(`room:${at}`)).toBe(`${Math.max(1, count - 9)}-${count}`);
    }
    expect(removed.filter((line) => line.startsWith('room:249 '))).toEqual(['room:249 1-14']);
  });

  test('goes in steps, and lets others in between them', async () => {
    await fill('room:a', 1400);
    const trims: number[] = [];
    let turns = 0;
    const trim = async (channel: string, before: number): Promise<void> => {
      // As many turns of the loop went by as there were steps.
      expect(turns).toBe(trims.length);
      setImmediate(() => turns++);
      trims.push(before);
      await log.trim(channel, before);
    };
    await retention({ records: 100 }, { trim }).sweep();
    expect(trims).toEqual([251, 501, 751, 1001, 1251, 1301]);
    expect(removed.at(-1)).toBe('room:a 1251-1300');
  });

  test('keeps what was appended within the time, to the record', async () => {
    await fill('room:old', 7);
    for (let hour = 0; hour < 20; hour++) {
      await fill('room:a', 3);
      clock.advance(HOUR);
    }
    // The records of the last five hours; the one at their beginning is just old enough to be kept.
    await retention({ age: 5 * HOUR }).sweep();
    expect(await kept('room:a')).toBe('46-60');
    // The newest record stays, however old.
    expect(await kept('room:old')).toBe('7-7');
    clock.advance(1);
    await retention({ age: 5 * HOUR }).sweep();
    expect(await kept('room:a')).toBe('49-60');
    expect(removed).toEqual(['room:old 1-6', 'room:a 1-45', 'room:a 46-48']);
  });

  test('with both holds to the stricter', async () => {
    await fill('room:a', 10);
    clock.advance(2 * HOUR);
    await fill('room:a', 10);
    await retention({ age: HOUR, records: 15 }).sweep();
    expect(await kept('room:a')).toBe('11-20');
    await retention({ age: HOUR, records: 5 }).sweep();
    expect(await kept('room:a')).toBe('16-20');
  });

  test('finds nothing to do where there is nothing too much', async () => {
    await fill('room:a', 10);
    await retention({ records: 10, age: HOUR }).sweep();
    expect(await kept('room:a')).toBe('1-10');
    expect(removed).toEqual([]);
  });
});

describe('started', () => {
  test('it sweeps at once, and again at every interval, until it is stopped', async () => {
    const sweeper = retention({ records: 5 });
    await fill('room:a', 10);
    sweeper.start();
    await until(() => clock.timers === 1);
    expect(await kept('room:a')).toBe('6-10');
    await fill('room:a', 10);
    clock.advance(HOUR);
    await until(() => clock.timers === 1);
    expect(await kept('room:a')).toBe('16-20');
    await sweeper.stop();
    expect(clock.timers).toBe(0);
  });

  test('it tells of what failed, and goes on next time', async () => {
    await fill('room:a', 10);
    const broken = [new LogError('unavailable', 'gone')];
    const trim = async (channel: string, before: number): Promise<void> => {
      const error = broken.shift();
      if (error !== undefined) throw error;
      await log.trim(channel, before);
    };
    const sweeper = retention({ records: 5 }, { trim });
    sweeper.start();
    await until(() => clock.timers === 1);
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
    expect(await kept('room:a')).toBe('1-10');
    clock.advance(HOUR);
    await until(() => clock.timers === 1);
    expect(await kept('room:a')).toBe('6-10');
    await sweeper.stop();
  });

  test('and stopped amid a sweep, it ends after the step that is under way', async () => {
    await fill('room:a', 5000);
    await fill('room:b', 5000);
    const sweeper = retention({ records: 1 });
    sweeper.start();
    await until(() => removed.length > 0);
    await sweeper.stop();
    expect(removed.length).toBeLessThan(10);
    expect(clock.timers).toBe(0);
  });

  test('with a policy that keeps everything it does nothing at all', async () => {
    const sweeper = retention({});
    sweeper.start();
    expect(clock.timers).toBe(0);
    await sweeper.stop();
  });
});

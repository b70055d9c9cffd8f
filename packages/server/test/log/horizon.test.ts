import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Horizon } from '../../src/log/horizon.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { later, record } from './fixtures.js';
import { factsOf } from './subject.js';

const BEGINNING = 1_700_000_000_000;

let log: OrderedLog;
let clock: { wall: number; passed: number; now(): number; monotonic(): number };
beforeEach(() => {
  log = new OrderedLog(new MemoryStorage({ now: () => 0, epoch: 'e' }), later);
  onTestFinished(() => log.close());
  clock = {
    wall: BEGINNING,
    passed: 0,
    now: () => clock.wall,
    monotonic: () => clock.passed,
  };
});

const horizon = (spacing: number | undefined = 100): Horizon => new Horizon({ log, clock, spacing });

function pass(ms: number, wall = ms): void {
  clock.passed += ms;
  clock.wall += wall;
}

async function append(count: number): Promise<void> {
  await log.append({ records: Array.from({ length: count }, () => record('room:a', 'x')) });
}

describe('the time', () => {
  test('begins as the wall clock has it, and goes on with it', async () => {
    const one = horizon();
    expect(await one.witness()).toBe(BEGINNING);
    pass(1000);
    expect(await one.witness()).toBe(BEGINNING + 1000);
  });

  test('goes on where it was, though the clock has stood, gone back or far ahead', async () => {
    const one = horizon();
    await one.witness();
    pass(1000, 0);
    expect(await one.witness()).toBe(BEGINNING + 1000);
    pass(1000, -1_000_000);
    expect(await one.witness()).toBe(BEGINNING + 2000);
    pass(1000, 100_000_000);
    expect(await one.witness()).toBe(BEGINNING + 4000);
  });

  test('outlasts the process, and makes up for when nobody was there as fast as it is witnessed', async () => {
    const one = horizon();
    await one.witness();
    await one.note();
    clock.passed = 0;
    clock.wall += 10_000;
    const two = horizon();
    expect(await two.witness()).toBe(BEGINNING);
    pass(1000);
    expect(await two.witness()).toBe(BEGINNING + 2000);
    pass(20_000);
    expect(await two.witness()).toBe(BEGINNING + 31_000);
  });

  test('never goes back, nor faster than twice as time does, however many witness it and whatever their clocks', async () => {
    const step = fc.record({
      by: fc.nat(2),
      passed: fc.nat(1000),
      wall: fc.integer({ min: -100_000, max: 100_000 }),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await log.append({ records: [], facts: [{ key: 'retention/time', value: null }] });
        clock.passed = 0;
        clock.wall = BEGINNING;
        const nodes = [horizon(), horizon(), horizon()];
        let greatest = await nodes[0]!.witness();
        await nodes[0]!.note();
        let since = 0;
        for (const { by, passed, wall, restart } of steps) {
          pass(passed, wall);
          since += passed;
          if (restart) nodes[by] = horizon();
          const time = await nodes[by]!.witness();
          await nodes[by]!.note();
          expect(time).toBeGreaterThanOrEqual(greatest);
          expect(time).toBeLessThanOrEqual(BEGINNING + 2 * since);
          greatest = time;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('what has grown old', () => {
  test('is what there was at a mark that is as old', async () => {
    const one = horizon();
    const note = async (): Promise<void> => {
      await one.witness();
      await one.note();
    };
    await append(5);
    await note();
    await append(2);
    pass(100);
    await note();
    expect(await one.expired(101)).toBeUndefined();
    expect(await one.expired(100)).toEqual({ after: 0, upTo: 5 });
    expect(await one.dealtWith()).toBe(0);
    await one.passed(5);
    expect(await one.dealtWith()).toBe(5);
    expect(await one.expired(100)).toBeUndefined();
    pass(100);
    await note();
    expect(await one.expired(100)).toEqual({ after: 5, upTo: 7 });
    // Another goes on where this one was.
    const two = horizon();
    await two.witness();
    expect(await two.expired(100)).toEqual({ after: 5, upTo: 7 });
  });

  test('is marked as often as was said, of what there was when the time was taken', async () => {
    const one = horizon();
    await append(3);
    await one.witness();
    await append(1);
    await one.note();
    const marks = async () => Object.keys(await factsOf(log, 't/')).map((key) => Number(key.slice(2)));
    expect(await marks()).toEqual([0, 3]);
    pass(99);
    await one.witness();
    await one.note();
    expect(await marks()).toEqual([0, 3]);
    pass(1);
    await one.witness();
    await one.note();
    expect(await marks()).toEqual([0, 3, 4]);
  });

  test('is not marked where nobody asks', async () => {
    const one = new Horizon({ log, clock, spacing: undefined });
    await append(3);
    await one.witness();
    await one.note();
    expect(await factsOf(log)).toEqual({ 'retention/time': `${BEGINNING}` });
  });
});

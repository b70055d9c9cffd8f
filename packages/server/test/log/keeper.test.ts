import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { Keeper, type KeeperOptions } from '../../src/log/keeper.js';
import { LogError } from '../../src/log/log.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { later } from './fixtures.js';
import { factsOf, range } from './subject.js';

let log: OrderedLog;
beforeEach(() => {
  log = new OrderedLog(new MemoryStorage({ now: () => 0, epoch: 'e' }), later);
  onTestFinished(() => log.close());
});

const keeper = (node: string, on: KeeperOptions['log'] = log): Keeper =>
  new Keeper({ log: on, node, prefix: 'keeper/' });

test('whoever comes first keeps a round and the next', async () => {
  const [one, two] = [keeper('one'), keeper('two')];
  expect(await one.keeps(5)).toBe(true);
  expect(await two.keeps(5)).toBe(false);
  expect(await two.keeps(6)).toBe(false);
  expect(await one.keeps(5)).toBe(true);
});

test('of those who come at once one does', async () => {
  const keepers = range(1, 8).map((number) => keeper(`${number}`));
  const kept = await Promise.all(keepers.map((each) => each.keeps(1)));
  expect(kept.filter(Boolean)).toHaveLength(1);
});

test('it stays with one, though another asks a little sooner, until that is gone', async () => {
  const [one, two] = [keeper('one'), keeper('two')];
  await one.keeps(0);
  for (const round of range(1, 5)) {
    expect(await two.keeps(round)).toBe(false);
    expect(await one.keeps(round)).toBe(true);
  }
  expect(await two.keeps(6)).toBe(false);
  expect(await two.keeps(7)).toBe(true);
  expect(await one.keeps(7)).toBe(false);
});

test('a node whose claim was carried out, and not said to be, knows it for its own', async () => {
  let lost = true;
  const one = keeper('one', {
    append: async (append) => {
      const appended = await log.append(append);
      if (lost) throw new LogError('unavailable', 'The answer is lost.');
      return appended;
    },
    facts: (keys) => log.facts(keys),
    list: (...request) => log.list(...request),
  });
  await expect(one.keeps(1)).rejects.toMatchObject({ code: 'unavailable' });
  lost = false;
  expect(await one.keeps(1)).toBe(true);
  // Begun anew it is another, which waits.
  expect(await keeper('one, later').keeps(1)).toBe(false);
});

test('claims of the past are let go', async () => {
  const one = keeper('one');
  for (const round of [1, 2, 3, 4, 90, 91]) await one.keeps(round);
  expect(Object.keys(await factsOf(log)).map((key) => Number(key.slice(7)))).toEqual([90, 91, 92]);
});

import { CommandError } from '@fullduplex/wire';
import { beforeEach, expect, test } from 'vitest';
import type { Context } from '../../src/chat/context.js';
import { requireCount } from '../../src/chat/counts.js';
import { FactCache } from '../../src/chat/fact-cache.js';
import { codeOf, TestLog } from './fixtures.js';

let context: Context;
let log: TestLog;
beforeEach(() => {
  log = new TestLog();
  context = { facts: new FactCache({ log, maxBytes: 10_000 }) } as unknown as Context;
});

/** What an append names that adds to this count, of at most 10 and named from 8 on. */
async function namedAt(count: number) {
  if (count > 0) {
    const records = [{ channel: 'c', sender: 's', data: '{}' }];
    await log.append({ records, facts: [{ key: 'n', value: String(count) }] });
  }
  await context.facts.load(['n']);
  return requireCount(context, 'n', 10, 2, () => new CommandError('limit_exceeded', 'No more.'));
}

test('a count is named only near its limit', async () => {
  expect(await namedAt(0)).toEqual([]);
});

test.each([
  [7, []],
  [8, [{ key: 'n', id: 1 }]],
  [9, [{ key: 'n', id: 1 }]],
])('at %d of 10 an append names %j', async (count, named) => {
  expect(await namedAt(count)).toEqual(named);
});

test.each([10, 11])('at %d of 10 there is no more', async (count) => {
  expect(await codeOf(namedAt(count))).toBe('limit_exceeded');
});

import { describe, expect, test } from 'vitest';
import { gapOf, MAX_READ_RECORDS, planRead, selectRecords } from '../../src/log/read-plan.js';
import { offsetsOf, stored } from './fixtures.js';

const extent = { head: { epoch: 'e', offset: 20 }, oldest: 11 };
const request = (more: object) => ({ channel: 'room:a', limit: 100, ...more });

describe('planRead', () => {
  test.each([
    [{ after: 15 }, 16, 20],
    [{ after: 20 }, 21, 20],
    [{ after: 10 }, 11, 20],
    [{ after: 12, before: 15 }, 13, 14],
    [{ after: 18, before: 900 }, 19, 20],
    [{ after: 15, epoch: 'e' }, 16, 20],
    // Nothing is missing of what was asked for.
    [{ after: 3, before: 4 }, 11, 3],
  ])('of %j reads what there is, without a gap', (more, first, last) => {
    const plan = planRead(request(more), extent);
    expect(plan).toMatchObject({ first, last });
    expect(plan.gap).toBeUndefined();
  });

  test.each([
    [{ after: 5 }, { reason: 'retention', from: 6, to: 10 }],
    [{}, { reason: 'retention', from: 1, to: 10 }],
    [
      { after: 3, before: 8 },
      { reason: 'retention', from: 4, to: 7 },
    ],
    [
      { after: 15, epoch: 'other' },
      { reason: 'epoch', from: 1, to: 10 },
    ],
    [
      { after: 0, epoch: 'other' },
      { reason: 'epoch', from: 1, to: 10 },
    ],
    [{ after: 21 }, { reason: 'epoch', from: 1, to: 10 }],
    [
      { after: 21, epoch: 'e' },
      { reason: 'epoch', from: 1, to: 10 },
    ],
  ])('of %j tells the gap', (more, gap) => {
    const plan = planRead(request(more), extent);
    expect(plan.first).toBe(11);
    expect(plan.gap).toEqual({ channel: 'room:a', epoch: 'e', oldest: 11, head: 20, ...gap });
  });

  test('of an empty channel has nothing missing', () => {
    const empty = { head: { epoch: 'e', offset: 0 }, oldest: 1 };
    expect(planRead(request({}), empty).gap).toBeUndefined();
    expect(planRead(request({ epoch: 'other' }), empty).gap).toMatchObject({ from: 1, to: 0, oldest: 1 });
  });

  test('keeps to the limits of any read', () => {
    expect(planRead(request({ limit: 1_000_000 }), extent).limit).toBe(MAX_READ_RECORDS);
    expect(planRead(request({ limit: 0 }), extent).limit).toBe(1);
  });
});

test('a gap is told backwards only where the page runs into it', () => {
  const backwards = request({ newestFirst: true });
  const plan = planRead(backwards, extent);
  expect(gapOf(plan, backwards, 12)).toBeUndefined();
  expect(gapOf(plan, backwards, 11)).toBe(plan.gap);
  expect(gapOf(plan, backwards, undefined)).toBe(plan.gap);
  expect(gapOf(plan, request({}), 12)).toBe(plan.gap);
});

describe('selectRecords', () => {
  const records = stored(11, 20, '12345');
  const plan = (first: number, last: number, limit = 100, maxBytes = 1000) => ({
    first,
    last,
    limit,
    maxBytes,
  });
  const select = (given: ReturnType<typeof plan>, newestFirst = false) =>
    offsetsOf(selectRecords(records, 11, given, newestFirst));

  test('takes what the plan says from either end', () => {
    expect(select(plan(13, 15))).toEqual([13, 14, 15]);
    expect(select(plan(13, 20, 2))).toEqual([13, 14]);
    expect(select(plan(11, 20, 2), true)).toEqual([19, 20]);
    expect(select(plan(11, 20, 100, 10))).toEqual([11, 12]);
    expect(select(plan(11, 20, 100, 14), true)).toEqual([19, 20]);
    expect(select(plan(11, 20, 100, 1))).toEqual([11]);
  });

  test('takes nothing that is not there', () => {
    expect(select(plan(5, 12))).toEqual([11, 12]);
    expect(select(plan(5, 9))).toEqual([]);
    expect(select(plan(21, 20))).toEqual([]);
    expect(select(plan(25, 30), true)).toEqual([]);
    expect(selectRecords([], 1, plan(1, 0), false)).toEqual([]);
  });
});

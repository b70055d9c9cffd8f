import { describe, expect, test } from 'vitest';
import { gapOf, MAX_READ_RECORDS, planRead, selectRecords } from '../../src/log/read-plan.js';
import { offsetsOf, stored } from './fixtures.js';

const extent = { head: { id: 40, offset: 20 }, oldest: 11 };
const request = (more: object) => ({ channel: 'room:a', limit: 100, ...more });

describe('planRead', () => {
  test.each([
    [{ after: 15 }, 16, 20],
    [{ after: 20 }, 21, 20],
    [{ after: 10 }, 11, 20],
    [{ after: 5 }, 11, 20],
    [{}, 11, 20],
    [{ after: 12, before: 15 }, 13, 14],
    [{ after: 18, before: 900 }, 19, 20],
    [{ after: 3, before: 8 }, 11, 7],
  ])('of %j reads what there is', (more, first, last) => {
    expect(planRead(request(more), extent)).toMatchObject({ first, last });
  });

  test('keeps to the limits of any read', () => {
    expect(planRead(request({ limit: 1_000_000 }), extent).limit).toBe(MAX_READ_RECORDS);
    expect(planRead(request({ limit: 0 }), extent).limit).toBe(1);
    expect(planRead(request({}), extent).maxBytes).toBe(4 * 1024 * 1024);
  });
});

describe('gapOf', () => {
  const gap = (more: object, first?: number, forked = false, of = extent) =>
    gapOf(request(more), of, 'e', first, forked);

  test.each([{ after: 10 }, { after: 15 }, { after: 20 }, { after: 3, before: 4 }, { after: 12, before: 4 }])(
    'of %j there is none',
    (more) => {
      expect(gap(more)).toBeUndefined();
    },
  );

  test.each([
    [{ after: 5 }, 6, 10],
    [{}, 1, 10],
    [{ after: 9 }, 10, 10],
    [{ after: 3, before: 8 }, 4, 7],
    [{ before: 11 }, 1, 10],
  ])('of %j is what was trimmed', (more, from, to) => {
    expect(gap(more)).toEqual({
      channel: 'room:a',
      reason: 'retention',
      epoch: 'e',
      from,
      to,
      oldest: 11,
      head: 20,
    });
  });

  test('of a place on a branch that was lost is everything', () => {
    expect(gap({ after: 15 }, 11, true)).toMatchObject({ reason: 'epoch', from: 1, to: 10 });
    const empty = { head: { id: 0, offset: 0 }, oldest: 1 };
    expect(gap({}, undefined, false, empty)).toBeUndefined();
    expect(gap({}, undefined, true, empty)).toMatchObject({ reason: 'epoch', from: 1, to: 0, oldest: 1 });
  });

  test('is told backwards only where the page runs into it', () => {
    const backwards = { newestFirst: true };
    expect(gap(backwards, 12)).toBeUndefined();
    expect(gap(backwards, 11)).toMatchObject({ from: 1, to: 10 });
    expect(gap({ ...backwards, before: 9 })).toMatchObject({ from: 1, to: 8 });
    expect(gap({}, 12)).toMatchObject({ from: 1, to: 10 });
  });
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

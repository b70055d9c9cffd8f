import { describe, expect, test } from 'vitest';
import { type Holdings, type Keyed, planAppend } from '../../src/log/append-plan.js';
import type { FactChange } from '../../src/log/log.js';
import { record } from './fixtures.js';

interface Given {
  readonly lastId?: number;
  readonly heads?: Readonly<Record<string, number>>;
  /** By `channel sender key`. */
  readonly keys?: Readonly<Record<string, Keyed>>;
  readonly facts?: Readonly<Record<string, { readonly value: string; readonly id: number }>>;
}

const holding = ({ lastId = 0, heads = {}, keys = {}, facts = {} }: Given = {}): Holdings => ({
  lastId,
  now: 77,
  headOf: (channel) => heads[channel] ?? 0,
  byKey: (...name) => keys[name.join(' ')],
  fact: (key) => facts[key],
});

const keyed = (data: string, more: Partial<Keyed> = {}): Keyed => ({
  id: 4,
  offset: 2,
  time: 11,
  data,
  ...more,
});

describe('records', () => {
  test('get the ids that follow, and offsets of their channels', () => {
    const { placed, records, factId, applies } = planAppend(
      { records: [record('room:a', '1'), record('room:b', '1'), record('room:a', '2')] },
      holding({ lastId: 20, heads: { 'room:a': 5 } }),
    );
    expect(placed).toEqual([
      { id: 21, offset: 6, time: 77, duplicate: false },
      { id: 22, offset: 1, time: 77, duplicate: false },
      { id: 23, offset: 7, time: 77, duplicate: false },
    ]);
    expect(records[1]).toEqual({ ...record('room:b', '1'), id: 22, offset: 1, time: 77 });
    expect([factId, applies]).toEqual([21, true]);
  });

  test('that are there already are not appended, and take no id', () => {
    const again = record('room:a', 'x', 'k');
    const { placed, records, factId } = planAppend(
      { records: [again, record('room:a', 'y')] },
      holding({ lastId: 20, heads: { 'room:a': 5 }, keys: { 'room:a ada k': keyed(again.data) } }),
    );
    expect(placed).toEqual([
      { id: 4, offset: 2, time: 11, duplicate: true },
      { id: 21, offset: 6, time: 77, duplicate: false },
    ]);
    expect(records).toHaveLength(1);
    expect(factId).toBe(21);
  });

  test('of the same key in one append are one', () => {
    const once = record('room:a', 'x', 'k');
    const { placed, records } = planAppend({ records: [once, once] }, holding());
    expect(placed).toEqual([
      { id: 1, offset: 1, time: 77, duplicate: false },
      { id: 1, offset: 1, time: 77, duplicate: true },
    ]);
    expect(records).toHaveLength(1);
    const other = { records: [once, record('room:a', 'y', 'k')] };
    expect(() => planAppend(other, holding())).toThrow(expect.objectContaining({ code: 'key_conflict' }));
  });

  test('with other data than the key was used for are refused, but for what was redacted', () => {
    const append = { records: [record('room:a', 'x', 'k')] };
    const with_ = (existing: Keyed) => holding({ keys: { 'room:a ada k': existing } });
    expect(() => planAppend(append, with_(keyed('other')))).toThrow(
      expect.objectContaining({ code: 'key_conflict' }),
    );
    expect(planAppend(append, with_(keyed('other', { redacted: true }))).placed[0]).toMatchObject({
      id: 4,
      duplicate: true,
    });
  });
});

describe('what permits it', () => {
  const facts = { role: { value: 'owner', id: 9 } };
  const code = (name: string) => expect.objectContaining({ code: name });

  test('is a fact that is not there, or is as it was', () => {
    const given = holding({ facts });
    expect(() => planAppend({ records: [], unless: 'role' }, given)).toThrow(code('fact_exists'));
    expect(planAppend({ records: [], unless: 'none' }, given).applies).toBe(true);
    const when = (key: string, id: number) => () => planAppend({ records: [], when: [{ key, id }] }, given);
    expect(when('role', 9)).not.toThrow();
    expect(when('role', 8)).toThrow(code('fact_changed'));
    expect(when('role', 0)).toThrow(code('fact_changed'));
    expect(when('none', 0)).not.toThrow();
    expect(when('none', 9)).toThrow(code('fact_changed'));
  });

  test('is not asked of a mere retry, which changes nothing', () => {
    const again = record('room:a', 'x', 'k');
    const given = holding({ lastId: 9, facts, keys: { 'room:a ada k': keyed(again.data) } });
    const plan = planAppend(
      { records: [again], unless: 'role', when: [{ key: 'role', id: 1 }], facts: [{ key: 'f', add: 1 }] },
      given,
    );
    expect(plan).toMatchObject({ applies: false, changes: [], records: [] });
  });
});

describe('facts', () => {
  const changes = (facts: readonly FactChange[], given: Given = {}) =>
    planAppend({ records: [], facts }, holding(given)).changes;
  const of = (value: string) => ({ facts: { f: { value, id: 1 } } });

  test.each<[string, FactChange, Given, string | null | undefined]>([
    ['are set', { key: 'f', value: 'x' }, {}, 'x'],
    ['are set to what they were, and changed by it', { key: 'f', value: 'x' }, of('x'), 'x'],
    ['are removed', { key: 'f', value: null }, of('x'), null],
    ['that are not there are removed all the same', { key: 'f', value: null }, {}, null],
    ['begin with atLeast', { key: 'f', atLeast: -3 }, {}, '-3'],
    ['go up with atLeast', { key: 'f', atLeast: 10 }, of('9'), '10'],
    ['stay with what is as great', { key: 'f', atLeast: 9 }, of('9'), undefined],
    ['stay with what is less', { key: 'f', atLeast: 8 }, of('9'), undefined],
    ['begin with add', { key: 'f', add: 2 }, {}, '2'],
    ['add', { key: 'f', add: 2 }, of('-5'), '-3'],
    ['are removed where the sum is 0', { key: 'f', add: 5 }, of('-5'), null],
    ['stay with 0 more', { key: 'f', add: 0 }, of('5'), undefined],
    ['stay absent with 0 more', { key: 'f', add: 0 }, {}, undefined],
  ])('%s', (_title, change, given, value) => {
    expect(changes([change], given)).toEqual(value === undefined ? [] : [{ key: 'f', value }]);
  });

  test('changed more than once come once, as they are in the end', () => {
    expect(
      changes([
        { key: 'f', add: 2 },
        { key: 'g', value: 'x' },
        { key: 'f', atLeast: 9 },
        { key: 'f', add: -1 },
        { key: 'g', value: null },
      ]),
    ).toEqual([
      { key: 'f', value: '8' },
      { key: 'g', value: null },
    ]);
  });

  test('bear the id of the last record before, where the append has none', () => {
    const facts = [{ key: 'f', value: '' }];
    expect(planAppend({ records: [], facts }, holding()).factId).toBe(1);
    expect(planAppend({ records: [], facts }, holding({ lastId: 8 })).factId).toBe(8);
  });
});

/** Batches of appends that get into each other's way as often as possible: few channels, keys and facts. */
import * as fc from 'fast-check';
import type { Append } from '../../../src/log/log.js';

const channel = fc.constantFrom('room:a', 'room:b', 'feed:ä');
const sender = fc.constantFrom('ann', 'bob');
const factKey = fc.constantFrom('m/a/ann', 'n/a', 'p/ann/a', 'u/bob');

const record = fc
  .record({
    channel,
    sender,
    key: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
    data: fc.constantFrom('"x"', '"y"', '{"text":"\\\\ {,} \\"q\\""}'),
  })
  .map(({ key, ...rest }) => (key === undefined ? rest : { ...rest, key }));

const change = fc.oneof(
  fc.record({ key: factKey, value: fc.constantFrom(null, '', '5', '0', '-1') }),
  fc.record({ key: factKey, atLeast: fc.integer({ min: -2, max: 9 }) }),
  fc.record({ key: factKey, add: fc.integer({ min: -2, max: 2 }) }),
);

/** @param ids the conditions and redactions name ids up to this one */
export function appends(ids: number): fc.Arbitrary<Append> {
  const id = fc.integer({ min: 0, max: ids });
  return fc
    .record({
      records: fc.array(record, { maxLength: 3 }),
      facts: fc.option(fc.array(change, { maxLength: 3 }), { nil: undefined }),
      unless: fc.option(factKey, { nil: undefined, freq: 4 }),
      when: fc.option(fc.array(fc.record({ key: factKey, id }), { maxLength: 2 }), {
        nil: undefined,
        freq: 2,
      }),
      redact: fc.option(
        fc.array(fc.record({ id: fc.integer({ min: 1, max: Math.max(ids, 1) }), data: fc.constant('"-"') }), {
          minLength: 1,
          maxLength: 2,
        }),
        { nil: undefined, freq: 1 },
      ),
    })
    .map(({ records, facts, unless, when, redact }) => ({
      records,
      ...(facts === undefined ? {} : { facts }),
      ...(unless === undefined ? {} : { unless }),
      ...(when === undefined ? {} : { when }),
      ...(redact === undefined || records.length === 0 ? {} : { redact }),
    }));
}

export const batches: fc.Arbitrary<readonly (readonly Append[])[]> = fc.array(
  fc.array(appends(12), { minLength: 1, maxLength: 8 }),
  { minLength: 1, maxLength: 5 },
);

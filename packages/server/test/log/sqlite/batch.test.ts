import { expect, test } from 'vitest';
import { type Append, LogError } from '../../../src/log/log.js';
import {
  type BatchReply,
  decodeBatch,
  decodeChanges,
  decodeReply,
  encodeBatch,
  encodeChanges,
} from '../../../src/log/sqlite/batch.js';
import { record } from '../fixtures.js';

const APPENDS: readonly Append[] = [
  { records: [record('room:a', '1', 'k'), record('room:b', '2')] },
  {
    records: [record('room:b', '3')],
    facts: [
      { key: 'set', value: 'v' },
      { key: 'gone', value: null },
      { key: 'least', atLeast: 7 },
      { key: 'sum', add: -2 },
    ],
    unless: 'taken',
    when: [
      { key: 'm', id: 5 },
      { key: 'n', id: 0 },
    ],
    redact: [{ id: 3, data: '"gone"' }],
  },
  { records: [], facts: [{ key: '', value: '' }] },
];

test('a batch names each channel once, and becomes the same appends again', () => {
  const batch = encodeBatch('id', APPENDS, 5);
  expect(batch).toMatchObject({ id: 'id', time: 5, channels: ['room:a', 'room:b'] });
  const empty = { facts: [], when: [], redact: [] };
  expect(decodeBatch(batch)).toEqual(APPENDS.map((append) => ({ ...empty, ...append })));
});

test('a batch without a time leaves it to the thread', () => {
  expect('time' in encodeBatch('id', APPENDS)).toBe(false);
});

test('a reply becomes places, errors, and the records that were appended, with what changed beside them', () => {
  const changes = encodeChanges([{ key: 'set', value: 'v' }], [{ id: 3, data: '"gone"' }])!;
  const reply: BatchReply = {
    time: 9,
    numbers: [4, 1, 3, 8, 2, -1],
    failures: [{ index: 1, code: 'fact_exists', message: 'there' }],
    changes: [[8, changes]],
    epochs: [{ name: 'e', first: 1 }],
  };
  const { outcomes, records, epochs } = decodeReply(APPENDS, reply);
  expect(outcomes[0]).toEqual([
    { id: 4, offset: 1, time: 3, duplicate: true },
    { id: 8, offset: 2, time: 9, duplicate: false },
  ]);
  expect(outcomes[1]).toBeInstanceOf(LogError);
  expect(outcomes[1]).toMatchObject({ code: 'fact_exists', message: 'there' });
  expect(outcomes[2]).toEqual([]);
  expect(records).toEqual([
    {
      ...record('room:b', '2'),
      id: 8,
      offset: 2,
      time: 9,
      changes: [{ key: 'set', value: 'v' }],
      redactions: [{ id: 3, data: '"gone"' }],
    },
  ]);
  expect(epochs).toEqual([{ name: 'e', first: 1 }]);
});

test('changes are kept only where there are any', () => {
  expect(encodeChanges([], [])).toBeNull();
  expect(decodeChanges(encodeChanges([{ key: 'a', value: null }], [])!)).toEqual({
    changes: [{ key: 'a', value: null }],
  });
});

import { expect, test } from 'vitest';
import { LogError } from '../../src/log/channel-log.js';
import { decodeReply, encodeBatch } from '../../src/log/sqlite-batch.js';
import { pendingAppends, record } from './fixtures.js';

const pending = pendingAppends([
  { records: [record('room:a', '1', 'k'), record('room:b', '2')] },
  { records: [record('room:a', 'conflict', 'k'), record('room:c', '3')], facts: [{ key: 'f', value: 'v' }] },
  { records: [], facts: [{ key: 'g', value: null }] },
  { records: [record('room:a', '4')], unless: 'f' },
]);
const batch = encodeBatch('id', 7, pending);

test('a batch names each channel once, and is flat', () => {
  expect(batch).toEqual({
    id: 'id',
    time: 7,
    channels: ['room:a', 'room:b', 'room:c'],
    shape: [2, 0, 0, 2, 1, 0, 0, 1, 0, 1, 0, 1],
    channelOf: [0, 1, 0, 2, 0],
    texts: [
      ['ada', 'k', '{"type":"message","text":"1"}'],
      ['ada', null, '{"type":"message","text":"2"}'],
      ['ada', 'k', '{"type":"message","text":"conflict"}'],
      ['ada', null, '{"type":"message","text":"3"}'],
      ['f', 'v'],
      ['g', null],
      ['ada', null, '{"type":"message","text":"4"}'],
      ['f'],
    ].flat(),
  });
});

test('a reply gives each append its result, and each channel its new records', () => {
  const { results, channels } = decodeReply(pending, batch, {
    epochs: ['e', 'e', 'f'],
    oldest: [2, 1, 1],
    numbers: [5, 100, 1, 1, 101, 0, 6, 102, 0],
    failures: [{ index: 1, code: 'key_conflict', message: 'no' }],
  });
  expect(results).toEqual([
    [
      { position: { epoch: 'e', offset: 5 }, time: 100, duplicate: true },
      { position: { epoch: 'e', offset: 1 }, time: 101, duplicate: false },
    ],
    expect.any(LogError),
    [],
    [{ position: { epoch: 'e', offset: 6 }, time: 102, duplicate: false }],
  ]);
  expect(results[1]).toMatchObject({ code: 'key_conflict', message: 'no' });
  expect(channels).toEqual([
    {
      channel: 'room:a',
      epoch: 'e',
      oldest: 2,
      records: [{ ...record('room:a', '4'), offset: 6, time: 102 }],
    },
    {
      channel: 'room:b',
      epoch: 'e',
      oldest: 1,
      records: [{ ...record('room:b', '2'), offset: 1, time: 101 }],
    },
    { channel: 'room:c', epoch: 'f', oldest: 1, records: [] },
  ]);
});

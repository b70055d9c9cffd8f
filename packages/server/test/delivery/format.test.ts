import { expect, test } from 'vitest';
import { decodeCursor } from '../../src/delivery/cursor.js';
import {
  BARE_PUSHES,
  channelPublicationJson,
  messageText,
  PUSHES,
  publicationJson,
  TEXTS,
} from '../../src/delivery/format.js';
import type { LogRecord } from '../../src/log/log.js';

function record(offset: number, data: unknown, key?: string): LogRecord {
  const found = {
    channel: 'room:a"b',
    sender: 'ali"ce',
    data: JSON.stringify(data),
    id: 100 + offset,
    offset,
    time: 1000 + offset,
  };
  return key === undefined ? found : { ...found, key };
}

test('a publication has its data as the log holds it', () => {
  const raw = { ...record(7, {}), data: '{"a":1.0,"b":  2}' };
  expect(publicationJson(raw)).toContain('"data":{"a":1.0,"b":  2}');
  expect(JSON.parse(publicationJson(record(7, { x: 1 }, 'k-1')))).toEqual({
    offset: 7,
    data: { x: 1 },
    info: { user: 'ali"ce', key: 'k-1' },
    time: 1007,
  });
  expect(JSON.parse(publicationJson(record(7, 1)))).not.toHaveProperty('info.key');
});

test('complete in itself it has its channel and epoch', () => {
  expect(JSON.parse(channelPublicationJson('e', record(1, {})))).toMatchObject({
    channel: 'room:a"b',
    epoch: 'e',
    offset: 1,
  });
});

test('pushes of one commit are one message, a line each', () => {
  const messages = PUSHES.encode('room:a"b', [record(1, { text: 'x\ny' }), record(2, {})], 'e');
  expect(messages).toHaveLength(1);
  expect(messages[0]?.offset).toBe(2);
  const lines = messages[0]!.text.split('\n').map((line) => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([
    { push: { channel: 'room:a"b', pub: { offset: 1, data: { text: 'x\ny' } } } },
    { push: { channel: 'room:a"b', pub: { offset: 2 } } },
  ]);
  expect(PUSHES.encode('room:a', [], 'e')).toEqual([]);
});

test('a push of what the server subscribed bears the place after it, one of a channel for itself bears none', () => {
  const [own] = PUSHES.encode('room:a', [record(1, {})], 'e');
  const [apart] = BARE_PUSHES.encode('room:a', [record(1, {})], 'e');
  const pub = (text: string | undefined) =>
    (JSON.parse(text ?? '') as { push: { pub: { cursor?: string } } }).push.pub;
  expect(decodeCursor(pub(own?.text).cursor ?? '')).toEqual({ epoch: 'e', id: 101 });
  expect(pub(apart?.text)).not.toHaveProperty('cursor');
});

test('bare texts are those of messages alone', () => {
  const records = [
    record(1, { type: 'message', text: 'hello' }),
    record(2, { type: 'edit', offset: 1, text: '"message"' }),
    record(3, { type: 'message', text: '' }),
    record(4, { type: 'message', text: 5 }),
    record(5, ['"message"']),
  ];
  expect(TEXTS.encode('room:a', records, 'e')).toEqual([
    { text: 'hello', offset: 1 },
    { text: '', offset: 3 },
  ]);
  expect(messageText({ ...record(1, 0), data: 'null' })).toBeUndefined();
});

import type { PendingMessage } from '@fullduplex/client';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/state/message.js';
import type { Notices } from '../../src/state/notices.js';
import { GROUP_SPAN, type Row, rowsOf } from '../../src/state/rows.js';
import type { Entry } from '../../src/state/timeline.js';

const DAY = 86_400_000;
const message = (offset: number, user: string, time: number, key?: string): Message => ({
  kind: 'message',
  offset,
  key,
  user,
  time,
  text: `m${offset}`,
  edited: false,
  deleted: false,
  reactions: [],
});
const notice = (offset: number, user: string): Notices => ({
  kind: 'notices',
  offset,
  last: offset,
  time: 0,
  all: [{ what: 'joined', user, by: undefined }],
});
const sending = (key: string, time = 0, status: PendingMessage['status'] = 'pending'): PendingMessage => {
  const it: PendingMessage = {
    key,
    channel: 'room:x',
    text: key,
    time,
    status,
    done: Promise.resolve({} as PendingMessage),
  };
  return it;
};
const dayKey = (time: number): string => String(Math.floor(time / DAY));
const rows = (entries: Entry[], more: Partial<Parameters<typeof rowsOf>[0]> = {}): readonly Row[] =>
  rowsOf({ entries, pending: [], me: 'me', newAfter: undefined, dayKey, ...more });
const brief = (all: readonly Row[]): string[] =>
  all.map((row) => ('first' in row ? `${row.first ? 'first' : 'more'} ${row.key}` : row.kind));

describe('groups', () => {
  test('one sender’s messages within five minutes stand together', () => {
    const all = rows([message(1, 'a', 0), message(2, 'a', GROUP_SPAN), message(3, 'a', GROUP_SPAN + 1)]);
    expect(brief(all)).toEqual(['day', 'first at 1', 'more at 2', 'first at 3']);
  });

  test('another sender, a day or a notice ends them', () => {
    const all = rows([
      message(1, 'a', 0),
      message(2, 'b', 0),
      notice(3, 'c'),
      message(4, 'b', 0),
      message(5, 'b', DAY),
    ]);
    expect(brief(all)).toEqual([
      'day',
      'first at 1',
      'first at 2',
      'notices',
      'first at 4',
      'day',
      'first at 5',
    ]);
  });
});

describe('new since you were here', () => {
  test('stands before the first message of someone else after the place', () => {
    const all = rows([message(1, 'a', 0), message(2, 'me', 0), message(3, 'a', 0)], { newAfter: 1 });
    expect(brief(all)).toEqual(['day', 'first at 1', 'first at 2', 'new', 'first at 3']);
  });

  test('is not there when only one’s own are new', () => {
    expect(brief(rows([message(1, 'a', 0), message(2, 'me', 0)], { newAfter: 1 }))).not.toContain('new');
  });
});

describe('pending messages', () => {
  test('stand at the end and keep their key when they are acknowledged', () => {
    const before = rows([message(1, 'a', 0)], { pending: [sending('k')] });
    const after = rows([message(1, 'a', 0), message(2, 'me', 0, 'k')], {
      pending: [sending('k', 0, 'sent')],
    });
    expect(before.at(-1)!.key).toBe(after.at(-1)!.key);
    expect(before).toHaveLength(after.length);
    expect(after.at(-1)!.kind).toBe('message');
  });

  test('another’s message with the same key does not take its place', () => {
    const all = rows([message(1, 'a', 0, 'k')], { pending: [sending('k')] });
    expect(all.map((row) => row.kind)).toEqual(['day', 'message', 'pending']);
  });

  test('what was discarded is gone', () => {
    expect(rows([], { pending: [sending('k', 0, 'discarded')] })).toEqual([]);
  });
});

test('keys are unique', () => {
  const all = rows(
    [message(1, 'a', 0), notice(2, 'b'), message(3, 'me', DAY, 'k'), message(4, 'me', 3 * DAY)],
    { pending: [sending('l', 4 * DAY)], newAfter: 0 },
  );
  expect(new Set(all.map((row) => row.key)).size).toBe(all.length);
});

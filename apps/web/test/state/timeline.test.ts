import type { Publication } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/state/message.js';
import { Timeline } from '../../src/state/timeline.js';

const record = (offset: number, data: unknown, user = 'ada', key?: string): Publication => ({
  offset,
  data,
  info: key === undefined ? { user } : { user, key },
  time: offset * 1000,
});
const message = (offset: number, text: string, user = 'ada'): Publication =>
  record(offset, { type: 'message', text }, user);

function fold(...records: Publication[]): Timeline {
  const timeline = new Timeline(0);
  for (const it of records) timeline.add(it);
  return timeline;
}
const texts = (timeline: Timeline): string[] =>
  timeline.entries.map((entry) => (entry.kind === 'message' ? entry.text : entry.kind));
const first = (timeline: Timeline): Message => timeline.entries[0] as Message;

describe('folding', () => {
  test('an edit changes the text, a deletion empties it', () => {
    const edited = fold(message(1, 'a'), record(2, { type: 'edit', offset: 1, text: 'b' }));
    expect(first(edited)).toMatchObject({ text: 'b', edited: true });
    edited.add(record(3, { type: 'delete', offset: 1 }));
    expect(first(edited)).toMatchObject({ text: '', deleted: true, edited: false });
    expect(edited.entries).toHaveLength(1);
  });

  test('what was deleted or replaced in the log itself shows as it did before', () => {
    const gone = { type: 'deleted' };
    const records = [
      message(1, 'a'),
      record(2, gone),
      record(3, gone),
      record(4, { type: 'edit', offset: 1, text: 'c' }),
      record(5, { type: 'delete', offset: 2 }),
    ];
    // The third was an edit that the fourth took the place of: there is nothing to show in its place.
    const live = fold(...records);
    const loaded = new Timeline(5);
    loaded.addOlder(records.slice(3), false);
    loaded.addOlder(records.slice(0, 3), true);
    for (const timeline of [live, loaded]) {
      expect(texts(timeline)).toEqual(['c', '']);
      expect(timeline.entries[1]).toMatchObject({ offset: 2, deleted: true });
    }
  });

  test('only its sender changes a message', () => {
    const timeline = fold(
      message(1, 'a'),
      record(2, { type: 'edit', offset: 1, text: 'forged' }, 'eve'),
      record(3, { type: 'delete', offset: 1 }, 'eve'),
    );
    expect(first(timeline)).toMatchObject({ text: 'a', edited: false, deleted: false });
  });

  test('reactions count each person once, and are taken back', () => {
    const react = (offset: number, user: string, on: boolean): Publication =>
      record(offset, { type: 'reaction', offset: 1, reaction: '+1', on }, user);
    const timeline = fold(
      message(1, 'a'),
      react(2, 'bob', true),
      react(3, 'bob', true),
      react(4, 'eve', true),
    );
    expect(first(timeline).reactions).toEqual([{ text: '+1', users: ['bob', 'eve'] }]);
    timeline.add(react(5, 'bob', false));
    timeline.add(react(6, 'eve', false));
    expect(first(timeline).reactions).toEqual([]);
  });

  test('whoever comes and goes is noticed, unless someone else says so', () => {
    const timeline = fold(
      record(1, { type: 'joined', user: 'ada', channel: 'room:x' }),
      record(2, { type: 'joined', user: 'bob', channel: 'room:x', by: 'ada' }),
      record(3, { type: 'left', user: 'bob', channel: 'room:x' }, 'eve'),
    );
    expect(timeline.entries).toMatchObject([
      {
        kind: 'notices',
        offset: 1,
        last: 2,
        all: [
          { what: 'joined', user: 'ada' },
          { what: 'joined', user: 'bob', by: 'ada' },
        ],
      },
      { kind: 'data' },
    ]);
  });

  test.each([
    [{ type: 'message' }],
    [{ type: 'edit', offset: '1', text: 'x' }],
    [{ hello: 1 }],
    [[1]],
    [null],
  ])('what is no chat record is shown as data: %j', (data) => {
    expect(texts(fold(record(1, data)))).toEqual(['data']);
  });

  test('data is written on one line where it fits', () => {
    const [short, long] = fold(
      record(1, { a: 'x\ny', b: [1, 2] }),
      record(2, { text: 'x'.repeat(80) }),
    ).entries;
    expect(short).toMatchObject({ json: '{ "a": "x\\ny", "b": [ 1, 2 ] }' });
    expect(long).toMatchObject({ json: `{\n  "text": "${'x'.repeat(80)}"\n}` });
  });

  test('an entry that did not change stays the same object', () => {
    const timeline = fold(message(1, 'a'), message(2, 'b'));
    const [a, b] = timeline.entries;
    timeline.add(record(3, { type: 'edit', offset: 1, text: 'c' }));
    expect(timeline.entries[0]).not.toBe(a);
    expect(timeline.entries[1]).toBe(b);
    expect(timeline.entries).toBe(timeline.entries);
  });
});

describe('order', () => {
  test('a record that was taken before changes nothing', () => {
    const timeline = fold(message(1, 'a'), message(2, 'b'));
    expect(timeline.add(message(2, 'b'))).toBe(false);
    expect(texts(timeline)).toEqual(['a', 'b']);
  });

  test('what comes ahead of a hole waits for it', () => {
    const timeline = fold(message(1, 'a'), message(4, 'd'), message(3, 'c'));
    expect(texts(timeline)).toEqual(['a']);
    expect(timeline.broken).toBe(true);
    timeline.add(message(2, 'b'));
    expect(texts(timeline)).toEqual(['a', 'b', 'c', 'd']);
    expect(timeline.broken).toBe(false);
    expect(timeline.to).toBe(4);
  });

  test('older pages come before, with the changes that were seen already', () => {
    const timeline = new Timeline(4);
    timeline.addOlder([record(3, { type: 'edit', offset: 1, text: 'a2' }), message(4, 'd')], false);
    expect(texts(timeline)).toEqual(['d']);
    expect(timeline.complete).toBe(false);
    timeline.addOlder([message(1, 'a'), message(2, 'b')], true);
    expect(texts(timeline)).toEqual(['a2', 'b', 'd']);
    expect(timeline.complete).toBe(true);
  });

  test('an older page may hold a message and what changes it', () => {
    const timeline = new Timeline(3);
    timeline.addOlder([message(2, 'b'), record(3, { type: 'edit', offset: 2, text: 'b2' })], false);
    expect(texts(timeline)).toEqual(['b2']);
    timeline.add(record(4, { type: 'delete', offset: 2 }));
    expect(first(timeline).deleted).toBe(true);
  });

  test('those who came one after another stay together across pages', () => {
    const joined = (offset: number, user: string): Publication =>
      record(offset, { type: 'joined', user, channel: 'room:x' }, user);
    const timeline = new Timeline(4);
    timeline.addOlder([joined(3, 'c'), joined(4, 'd')], false);
    timeline.addOlder([message(1, 'a'), joined(2, 'b')], true);
    timeline.add(joined(5, 'e'));
    expect(timeline.entries).toMatchObject([{ kind: 'message' }, { kind: 'notices', offset: 2, last: 5 }]);
    timeline.add(message(6, 'f'));
    timeline.add(record(7, { type: 'edit', offset: 6, text: 'f2' }));
    expect(texts(timeline)).toEqual(['a', 'notices', 'f2']);
  });

  test('an amendment that comes after the hole it is about is applied in the order of offsets', () => {
    const timeline = new Timeline(3);
    timeline.addOlder([record(3, { type: 'edit', offset: 1, text: 'last' })], false);
    timeline.addOlder([message(1, 'a'), record(2, { type: 'edit', offset: 1, text: 'earlier' })], true);
    expect(texts(timeline)).toEqual(['last']);
  });
});

describe('what is no longer kept', () => {
  test('stands at the start when the oldest page is reached', () => {
    const timeline = new Timeline(11);
    timeline.addOlder([message(10, 'j'), message(11, 'k')], true);
    expect(timeline.entries[0]).toMatchObject({ kind: 'lost', count: 9 });
    expect(timeline.complete).toBe(true);
  });

  test('stands in the middle after a gap, and the rest goes on', () => {
    const timeline = fold(message(1, 'a'), message(8, 'h'));
    timeline.skip(7, 1000);
    expect(texts(timeline)).toEqual(['a', 'lost', 'h']);
    expect(timeline.entries[1]).toMatchObject({ count: 6 });
  });
});

test('what is read again after trimming changes a message once', () => {
  const react = record(2, { type: 'reaction', offset: 1, reaction: '+1', on: true }, 'bob');
  const timeline = fold(message(1, 'a'), react, message(3, 'c'), message(4, 'd'));
  timeline.trim(1);
  timeline.addOlder([message(1, 'a'), react, message(3, 'c')], true);
  expect(first(timeline).reactions).toEqual([{ text: '+1', users: ['bob'] }]);
});

test('a change that came late is not forgotten with the message that it is about', () => {
  const edit = record(4, { type: 'edit', offset: 1, text: 'a2' });
  const timeline = fold(message(1, 'a'), message(2, 'b'), message(3, 'c'), edit, message(5, 'e'));
  timeline.trim(2);
  expect(timeline.from).toBe(3);
  timeline.addOlder([message(1, 'a'), message(2, 'b')], true);
  expect(texts(timeline)).toEqual(['a2', 'b', 'c', 'e']);
});

test('trimming forgets the oldest, which can be loaded again', () => {
  const timeline = fold(...Array.from({ length: 10 }, (_, i) => message(i + 1, String(i + 1))));
  timeline.trim(3);
  expect(texts(timeline)).toEqual(['8', '9', '10']);
  expect(timeline.complete).toBe(false);
  timeline.addOlder([message(6, '6'), message(7, '7')], false);
  expect(texts(timeline)).toEqual(['6', '7', '8', '9', '10']);
});

import type { ChannelState, Publication } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import {
  arrange,
  type Conversations,
  describeChannel,
  totalUnread,
  without,
  withPublication,
  withRead,
  withSomeStates,
  withStates,
} from '../../src/state/conversations.js';

const state = (channel: string, offset: number, read: number, unread: number): ChannelState => ({
  channel,
  epoch: 'e',
  offset,
  read,
  unread,
  present: [],
});
const said = (offset: number, user: string): Publication => ({
  offset,
  data: { type: 'message', text: 'x' },
  info: { user },
  time: offset,
});
const room = 'room:x';
const start = (offset: number, read: number, unread: number): Conversations =>
  withStates(new Map(), [state(room, offset, read, unread)], 'me');

test('a channel is called by the room, or by the other', () => {
  expect(describeChannel('room:x', 'me')).toEqual({ kind: 'room', name: 'x' });
  expect(describeChannel('direct:ada,me', 'me')).toEqual({ kind: 'direct', name: 'ada' });
  expect(describeChannel('direct:me,zoe', 'me')).toEqual({ kind: 'direct', name: 'zoe' });
  expect(describeChannel('direct:me,me', 'me')).toEqual({ kind: 'direct', name: 'me' });
  expect(describeChannel('user:me', 'me')).toBeUndefined();
  expect(describeChannel('room:a b', 'me')).toBeUndefined();
});

describe('counting', () => {
  test('others’ messages count once', () => {
    const once = withPublication(start(5, 5, 0), room, said(6, 'ada'), 'me');
    expect(once.get(room)).toMatchObject({ unread: 1, head: 6 });
    expect(withPublication(once, room, said(6, 'ada'), 'me')).toBe(once);
  });

  test('what the server has counted already is not counted again', () => {
    expect(withPublication(start(5, 2, 3), room, said(4, 'ada'), 'me').get(room)!.unread).toBe(3);
  });

  test('one’s own message is read, and so is what was before it', () => {
    expect(withPublication(start(5, 2, 3), room, said(6, 'me'), 'me').get(room)).toMatchObject({
      unread: 0,
      read: 6,
    });
  });

  test('edits and reactions do not count', () => {
    const edit: Publication = { ...said(6, 'ada'), data: { type: 'edit', offset: 1, text: 'y' } };
    expect(withPublication(start(5, 5, 0), room, edit, 'me').get(room)).toMatchObject({ unread: 0, head: 6 });
  });

  test('a hundred means a hundred or more', () => {
    let known = start(5, 5, 100);
    known = withPublication(known, room, said(6, 'ada'), 'me');
    expect(known.get(room)!.unread).toBe(100);
  });

  test('an answer that is older than what has arrived does not take it back', () => {
    const live = withPublication(start(5, 5, 0), room, said(6, 'ada'), 'me');
    expect(withStates(live, [state(room, 5, 5, 0)], 'me').get(room)).toMatchObject({ unread: 1, head: 6 });
  });

  test('an answer from before the last reading does not make it unread again', () => {
    const read = withRead(start(5, 2, 3), room, 5);
    expect(withStates(read, [state(room, 5, 2, 3)], 'me').get(room)!.unread).toBe(0);
  });
});

test('a part of the list changes nothing of the others, the whole list leaves out what is not in it', () => {
  const known = withStates(new Map(), [state('room:a', 1, 1, 0), state('room:b', 1, 1, 0)], 'me');
  const some = withSomeStates(known, [state('room:b', 4, 1, 3)], 'me');
  expect([...some.values()].map((it) => [it.name, it.unread])).toEqual([
    ['a', 0],
    ['b', 3],
  ]);
  expect([...withStates(some, [state('room:b', 4, 1, 3)], 'me').keys()]).toEqual(['room:b']);
});

test('reading moves forward only, and clears the count at the head', () => {
  const known = start(5, 2, 3);
  expect(withRead(known, room, 1)).toBe(known);
  expect(withRead(known, room, 4).get(room)).toMatchObject({ read: 4, unread: 3 });
  expect(withRead(known, room, 5).get(room)).toMatchObject({ read: 5, unread: 0 });
});

test('the list is in an order that does not jump', () => {
  const known = withStates(
    new Map(),
    ['room:zebra', 'direct:ada,me', 'room:apple', 'room:lobby', 'direct:bob,me', 'user:me'].map((it) =>
      state(it, 1, 1, 0),
    ),
    'me',
  );
  const talked = withPublication(known, 'direct:bob,me', said(2, 'bob'), 'me');
  const { rooms, people } = arrange(talked, new Intl.Collator('en'));
  expect(rooms.map((it) => it.name)).toEqual(['lobby', 'apple', 'zebra']);
  expect(people.map((it) => it.name)).toEqual(['bob', 'ada']);
  expect(totalUnread(talked)).toBe(1);
  expect(without(talked, 'direct:bob,me').size).toBe(talked.size - 1);
});

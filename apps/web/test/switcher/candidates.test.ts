import type { RoomSummary } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import { withStates } from '../../src/state/conversations.js';
import { type Candidate, candidatesFor } from '../../src/switcher/candidates.js';

const state = (channel: string, unread = 0) => ({
  channel,
  epoch: 'e',
  offset: 1,
  read: 0,
  unread,
  present: [],
});
const room = (name: string): [string, RoomSummary] => [
  `room:${name}`,
  { channel: `room:${name}`, name, private: false, members: 1, joined: false },
];
const conversations = withStates(
  new Map(),
  [state('room:lobby'), state('room:design', 3), state('direct:ada,me'), state('direct:me,小明')],
  'me',
);
const find = (query: string): readonly Candidate[] =>
  candidatesFor({
    query,
    me: 'me',
    conversations,
    rooms: new Map([room('gardening'), room('design')]),
    found: [room('zebras')[1], room('design')[1]],
    here: new Set(['me', 'dora']),
    people: new Map(['dora', 'edgar'].map((name) => [name, { name, seen: undefined }])),
  });
const names = (query: string): string[] => find(query).map((it) => `${it.kind} ${it.name}`);

test('without letters, what is unread comes first, and all of it once', () => {
  expect(names('')[0]).toBe('room design');
  expect(names('').filter((it) => it === 'room design')).toHaveLength(1);
});

test('the beginning of a name comes before the middle of one', () => {
  expect(names('d').slice(0, 4)).toEqual(['room design', 'person dora', 'person ada', 'room gardening']);
});

test('people are found who are away, and rooms that only the server knows', () => {
  expect(names('edg')).toEqual(['person edgar', 'write edg', 'create edg']);
  expect(names('edgar')).toEqual(['person edgar', 'create edgar']);
  expect(names('zeb')[0]).toBe('room zebras');
});

test('case and script do not matter', () => {
  expect(names('ADA')[0]).toBe('person ada');
  expect(names('小')[0]).toBe('person 小明');
});

describe('what is not there yet', () => {
  test('can be written to or made', () => {
    expect(names('zoe')).toEqual(['write zoe', 'create zoe']);
  });

  test('# asks for a room and @ for a person', () => {
    expect(names('#zoe')).toEqual(['create zoe']);
    expect(names('@zoe')).toEqual(['write zoe']);
  });

  test('is not offered when it is there, or when it is no name', () => {
    expect(names('Ada')).toEqual(['person ada', 'create Ada']);
    expect(names('two words')).toEqual([]);
  });
});

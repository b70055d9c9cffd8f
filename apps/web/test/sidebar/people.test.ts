import { expect, test } from 'vitest';
import { MOST_LISTED, withoutConversation } from '../../src/sidebar/people.js';
import { withStates } from '../../src/state/conversations.js';
import type { People } from '../../src/state/people.js';

const collator = new Intl.Collator('en', { numeric: true });
const talked = [
  ...withStates(
    new Map(),
    [{ channel: 'direct:ada,me', epoch: 'e', offset: 1, read: 1, unread: 0, present: [] }],
    'me',
  ).values(),
];

const met = (...names: string[]): People => new Map(names.map((name) => [name, { name, seen: undefined }]));

test('lists whoever one shares a room with, those who are here first, without those one talks to', () => {
  const people = withoutConversation(
    new Set(['zoe']),
    met('me', 'ada', 'bob', 'zoe'),
    talked,
    'me',
    collator,
  );
  expect(people.map((person) => person.name)).toEqual(['zoe', 'bob']);
});

test('lists who is here and not in a conversation yet, by name, without oneself', () => {
  const people = withoutConversation(
    new Set(['me', 'zoe', 'ada', 'guest-10', 'guest-9']),
    met(),
    talked,
    'me',
    collator,
  );
  expect(people.map((person) => person.name)).toEqual(['guest-9', 'guest-10', 'zoe']);
  expect(people[2]!.channel).toBe('direct:me,zoe');
});

test('a crowd is cut', () => {
  const crowd = new Set(Array.from({ length: 1000 }, (_, i) => `g${i}`));
  expect(withoutConversation(crowd, met(), [], 'me', collator)).toHaveLength(MOST_LISTED);
});

import { expect, test } from 'vitest';
import { MOST_LISTED, withoutConversation } from '../../src/sidebar/people.js';
import { withStates } from '../../src/state/conversations.js';

const collator = new Intl.Collator('en', { numeric: true });
const talked = [
  ...withStates(
    new Map(),
    [{ channel: 'direct:ada,me', epoch: 'e', offset: 1, read: 1, unread: 0, present: [] }],
    'me',
  ).values(),
];

test('lists who is here and not in a conversation yet, by name, without oneself', () => {
  const people = withoutConversation(
    new Set(['me', 'zoe', 'ada', 'guest-10', 'guest-9']),
    talked,
    'me',
    collator,
  );
  expect(people.map((person) => person.name)).toEqual(['guest-9', 'guest-10', 'zoe']);
  expect(people[2]!.channel).toBe('direct:me,zoe');
});

test('a crowd is cut', () => {
  const crowd = new Set(Array.from({ length: 1000 }, (_, i) => `g${i}`));
  expect(withoutConversation(crowd, [], 'me', collator)).toHaveLength(MOST_LISTED);
});

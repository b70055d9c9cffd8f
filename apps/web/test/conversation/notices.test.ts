import { expect, test } from 'vitest';
import { describeNotices } from '../../src/conversation/notices.js';
import { en } from '../../src/i18n/en.js';
import type { Notice } from '../../src/state/timeline.js';

const notice = (user: string, what: 'joined' | 'left' = 'joined', by?: string): Notice => ({
  kind: 'notice',
  offset: 1,
  time: 0,
  what,
  user,
  by,
});
const say = (...notices: Notice[]): string => describeNotices(notices, en, (names) => names.join(', '));

test('those who do the same in a row are told together', () => {
  expect(say(notice('a'), notice('b'))).toBe('a, b joined');
  expect(say(notice('a'), notice('b', 'left'), notice('c'))).toBe('a joined · b left · c joined');
});

test('whoever was added is told with who added them', () => {
  expect(say(notice('a', 'joined', 'z'), notice('b', 'joined', 'z'), notice('c'))).toBe(
    'z added a, b · c joined',
  );
});

test('someone who comes twice is named once', () => {
  expect(say(notice('a'), notice('a'))).toBe('a joined');
});

test('a crowd is counted', () => {
  expect(say(...['a', 'b', 'c', 'd', 'e'].map((user) => notice(user)))).toBe('5 people came or went');
});

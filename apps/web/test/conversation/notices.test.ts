import { expect, test } from 'vitest';
import { describeNotices } from '../../src/conversation/notices.js';
import { en } from '../../src/i18n/en.js';
import { zh } from '../../src/i18n/zh.js';
import type { Notice } from '../../src/state/notices.js';

const notice = (user: string, what: 'joined' | 'left' = 'joined', by?: string): Notice => ({
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
  const crowd = ['a', 'b', 'c', 'd', 'e'];
  expect(say(...crowd.map((user) => notice(user)))).toBe('5 people joined');
  expect(say(...crowd.map((user) => notice(user, 'left')))).toBe('5 people left');
  expect(say(...crowd.map((user) => notice(user)), notice('a', 'left'))).toBe('5 people came or went');
});

test('in Chinese a space stands between Chinese and Latin, and not between Chinese and Chinese', () => {
  const inChinese = (...notices: Notice[]): string =>
    describeNotices(notices, zh, (names) => names.join('和'));
  expect(inChinese(notice('小明'))).toBe('小明加入了');
  expect(inChinese(notice('ada'))).toBe('ada 加入了');
  expect(inChinese(notice('小明', 'joined', '小红'))).toBe('小红邀请小明加入了');
  expect(inChinese(notice('bob', 'joined', '小红'))).toBe('小红邀请 bob 加入了');
  expect(inChinese(notice('小明', 'left'))).toBe('小明离开了');
});

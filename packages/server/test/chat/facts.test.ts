import { expect, test } from 'vitest';
import {
  belongingKey,
  directKey,
  memberKey,
  membersPrefix,
  numberOf,
  readKey,
  roleOf,
  roomOf,
  userOf,
} from '../../src/chat/facts.js';

const fact = (value: string) => ({ key: 'k', value, id: 1 });

test('what is known of users and rooms is read back as it was written', () => {
  expect(userOf(fact('{"name":"Ada"}'))).toEqual({ name: 'Ada' });
  const room = { name: 'Tea', private: true, owner: 'ada', key: 'a "key"' };
  expect(roomOf(fact(JSON.stringify(room)))).toEqual(room);
  expect(['owner', 'member'].map((role) => roleOf(fact(role)))).toEqual(['owner', 'member']);
  expect([numberOf(fact('7')), numberOf(undefined)]).toEqual([7, 0]);
});

test('what no version of this server has written is refused', () => {
  expect(() => roomOf(fact('Tea'))).toThrow(SyntaxError);
  expect(() => userOf(fact('Ada'))).toThrow(SyntaxError);
});

test('no key is longer than the log allows, whatever the names', () => {
  const longest = '𠮷'.repeat(64);
  const direct = `direct:${longest},${longest}`;
  const keys = [
    memberKey(longest, longest),
    directKey(longest, longest),
    belongingKey(longest, direct),
    readKey(longest, direct),
  ];
  expect(Math.max(...keys.map((key) => Buffer.byteLength(key)))).toBeLessThanOrEqual(1024);
});

test('the members of a room share a prefix that no other room has', () => {
  expect(memberKey('tea', 'ada').startsWith(membersPrefix('tea'))).toBe(true);
  expect(memberKey('tea2', 'ada').startsWith(membersPrefix('tea'))).toBe(false);
});

test('a pair is the same whoever is named first', () => {
  expect(directKey('b', 'a')).toBe(directKey('a', 'b'));
});

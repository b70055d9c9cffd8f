import { expect, test } from 'vitest';
import {
  directFact,
  FACT_PREFIXES,
  memberFact,
  pairKey,
  parseFact,
  positionFact,
  roomFact,
  userFact,
} from '../../src/chat/facts.js';

test.each([
  [userFact('ada', 'Ada'), { kind: 'user', name: 'Ada' }],
  [roomFact('tea', { name: 'Tea' }), { kind: 'room', room: { name: 'Tea' } }],
  [
    roomFact('tea', { name: 'Tea', private: true, owner: 'ada', key: 'a "key"' }),
    { kind: 'room', room: { name: 'Tea', private: true, owner: 'ada', key: 'a "key"' } },
  ],
  [memberFact('tea', 'ada', 'owner'), { kind: 'member', room: 'tea', user: 'ada', role: 'owner' }],
  [memberFact('tea', 'ada', 'member'), { kind: 'member', room: 'tea', user: 'ada', role: 'member' }],
  [directFact(['bob', 'ada']), { kind: 'direct', users: ['ada', 'bob'] }],
  [
    positionFact('read', 'ada', 'direct:Ada,Bob', 7),
    { kind: 'position', of: 'read', user: 'ada', channel: 'direct:Ada,Bob', offset: 7 },
  ],
  [
    positionFact('handed', 'ada', 'room:Tea', 7),
    { kind: 'position', of: 'handed', user: 'ada', channel: 'room:Tea', offset: 7 },
  ],
])('%j is read back as it was written', (fact, parsed) => {
  expect(parseFact(fact.key, fact.value ?? '')).toEqual(parsed);
  expect(FACT_PREFIXES.some((prefix) => fact.key.startsWith(prefix))).toBe(true);
});

test('no key is longer than the log allows, whatever the names', () => {
  const longest = '𠮷'.repeat(64);
  const keys = [
    memberFact(longest, longest, 'member'),
    directFact([longest, longest]),
    positionFact('read', longest, `direct:${longest},${longest}`, 1),
  ].map(({ key }) => Buffer.byteLength(key));
  expect(Math.max(...keys)).toBeLessThanOrEqual(1024);
});

test('a membership is taken away by null', () => {
  expect(memberFact('tea', 'ada', null)).toEqual({ key: 'm/tea/ada', value: null });
});

test('a pair is the same whoever is named first', () => {
  expect(pairKey('b', 'a')).toBe(pairKey('a', 'b'));
});

test('a fact of an unknown kind is refused', () => {
  expect(() => parseFact('z/what', '')).toThrow('z/what');
});

import { expect, test } from 'vitest';
import { channelOf, hashOf } from '../../src/app/route.js';

test.each(['room:lobby', 'room:配色', 'direct:ada,bob', 'direct:ada,小明', 'room:a_b-c.d', 'feed:news'])(
  '%s is found again from its address',
  (channel) => {
    expect(channelOf(hashOf(channel))).toBe(channel);
  },
);

test('an address can be read by people', () => {
  expect(hashOf('direct:ada,bob')).toBe('#direct:ada,bob');
});

test.each([
  ['', undefined],
  ['#', undefined],
  ['#direct:bob,ada', 'direct:ada,bob'],
  ['#room%3Alobby', 'room:lobby'],
  ['#room:e\u0301', 'room:é'],
  ['#nonsense', 'nonsense'],
  ['#room:%E0%A4%A', 'room:%E0%A4%A'],
])('%j names %j', (hash, channel) => {
  expect(channelOf(hash)).toBe(channel);
});

import { describe, expect, test } from 'vitest';
import { directChannel, formatChannel, parseChannel } from '../src/channel.js';

describe('parseChannel', () => {
  test.each(['room:lobby', 'direct:alice,bob', 'direct:me,me', 'user:小明', 'feed:prices.eur'])(
    '%s survives the way there and back',
    (address) => {
      expect(formatChannel(parseChannel(address))).toBe(address);
    },
  );

  test('sorts the names of a direct conversation', () => {
    expect(parseChannel('direct:bob,alice')).toEqual({ kind: 'direct', users: ['alice', 'bob'] });
    expect(directChannel('bob', 'alice')).toBe('direct:alice,bob');
  });

  test.each(['', 'lobby', 'room', 'topic:x', 'direct:alice', ':x', '__proto__:x', 7, null])(
    'refuses %s as an unknown channel',
    (address) => {
      expect(() => parseChannel(address)).toThrow(expect.objectContaining({ code: 'unknown_channel' }));
    },
  );

  test.each(['room:', 'room:a b', 'direct:a,', 'direct:,b', 'direct:a,b,c', `user:${'x'.repeat(65)}`])(
    'refuses %s for the name in it',
    (address) => {
      expect(() => parseChannel(address)).toThrow(expect.objectContaining({ code: 'invalid_name' }));
    },
  );
});

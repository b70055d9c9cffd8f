import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cursor, decodeCursor, encodeCursor } from '../../src/delivery/cursor.js';

function cursor(positions: Record<string, [string, number]>, asked: string[] = []): Cursor {
  return {
    positions: new Map(
      Object.entries(positions).map(([channel, [epoch, offset]]) => [channel, { epoch, offset }]),
    ),
    asked: new Set(asked),
  };
}

test('what goes in comes out', () => {
  const position = fc.record({ epoch: fc.string({ maxLength: 64 }), offset: fc.nat() });
  const channels = fc.string({ minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(fc.array(fc.tuple(channels, position)), fc.uniqueArray(channels), (entries, asked) => {
      const before: Cursor = { positions: new Map(entries), asked: new Set(asked) };
      const after = decodeCursor(encodeCursor(before));
      expect(Object.fromEntries(after.positions)).toEqual(Object.fromEntries(before.positions));
      expect(after.asked).toEqual(before.asked);
    }),
  );
});

test('it is short, and safe in a URL and a header', () => {
  const text = encodeCursor(cursor({ 'user:alice': ['Zk3v9Qw1', 12], 'room:lobby': ['Zk3v9Qw1', 40_321] }));
  expect(text).toMatch(/^1[A-Za-z0-9_-]+$/);
  expect(text.length).toBeLessThan(90);
});

describe('what no server gave out is invalid_cursor', () => {
  const encode = (value: unknown): string => `1${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
  const cases: Record<string, string> = {
    empty: '',
    'another version': `2${encode([[]]).slice(1)}`,
    'not base64url': '1a+b/=',
    'not JSON': `1${Buffer.from('{').toString('base64url')}`,
    'an object': encode({}),
    'no groups': encode([]),
    'a third part': encode([[], [], []]),
    'an epoch of another type': encode([[[1, 'room:a', 1]]]),
    'a long epoch': encode([[['e'.repeat(65), 'room:a', 1]]]),
    'a channel without an offset': encode([[['e', 'room:a']]]),
    'a negative offset': encode([[['e', 'room:a', -1]]]),
    'half an offset': encode([[['e', 'room:a', 1.5]]]),
    'an offset past what is exact': encode([[['e', 'room:a', 2 ** 53]]]),
    'a channel of another type': encode([[['e', null, 1]]]),
    'a very long channel': encode([[['e', 'x'.repeat(1000), 1]]]),
    'asked for what is no channel': encode([[], [1]]),
    'far too long': `1${'A'.repeat(200_000)}`,
  };
  for (const [name, text] of Object.entries(cases)) {
    test(name, () => {
      expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
    });
  }

  test('any text at all is a cursor or that error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodeCursor(`1${text}`);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_cursor' });
        }
      }),
    );
  });

  test('a channel named like a property of objects is a channel', () => {
    const found = decodeCursor(encode([[['e', '__proto__', 3]]]));
    expect([...found.positions]).toEqual([['__proto__', { epoch: 'e', offset: 3 }]]);
  });
});

import type { ChatData } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import { readChatData } from '../../src/state/record.js';

const read = (data: unknown, user = 'ada'): ChatData | undefined =>
  readChatData({ offset: 9, data, info: { user }, time: 0 });

test.each([
  [{ type: 'message', text: 'hi' }],
  [{ type: 'edit', offset: 1, text: 'hi' }],
  [{ type: 'delete', offset: 1 }],
  [{ type: 'deleted' }],
  [{ type: 'reaction', offset: 1, reaction: '+1', on: false }],
  [{ type: 'joined', user: 'ada', channel: 'room:x' }],
  [{ type: 'joined', user: 'bob', channel: 'room:x', by: 'ada' }],
  [{ type: 'left', user: 'ada', channel: 'room:x' }],
  [{ type: 'read', channel: 'room:x', offset: 3 }],
])('what the server appends is read: %j', (data) => {
  expect(read(data)).toEqual(data);
});

test('what more there is in it is left out, and a reaction is on unless it says otherwise', () => {
  expect(read({ type: 'message', text: 'hi', html: '<b>' })).toEqual({ type: 'message', text: 'hi' });
  expect(read({ type: 'reaction', offset: 1, reaction: '+1' })).toMatchObject({ on: true });
});

describe('what is anything else', () => {
  test.each([
    [null],
    ['text'],
    [['message']],
    [{}],
    [{ type: 'message', text: 1 }],
    [{ type: 'edit', offset: 0, text: 'x' }],
    [{ type: 'edit', offset: 1.5, text: 'x' }],
    [{ type: 'delete', offset: '1' }],
    [{ type: 'reaction', offset: 1, reaction: 'x'.repeat(65) }],
    [{ type: 'read', channel: 1, offset: 1 }],
    [{ type: '__proto__' }],
  ])('is no chat record: %j', (data) => {
    expect(read(data)).toBeUndefined();
  });

  test('nobody can have it said that others came or went', () => {
    expect(read({ type: 'left', user: 'bob', channel: 'room:x' }, 'eve')).toBeUndefined();
    expect(read({ type: 'joined', user: 'bob', channel: 'room:x' }, 'eve')).toBeUndefined();
    expect(read({ type: 'joined', user: 'bob', channel: 'room:x', by: 'ada' }, 'eve')).toBeUndefined();
  });
});

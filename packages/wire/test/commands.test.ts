import { describe, expect, test } from 'vitest';
import { COMMANDS, type CommandName } from '../src/commands.js';
import { METHODS } from '../src/protocol.js';

const accepts = (name: CommandName, params: unknown): boolean => COMMANDS[name].safeParse(params).success;

describe('commands', () => {
  test.each<[CommandName, unknown]>([
    ['room.create', { name: 'tea' }],
    ['room.create', { name: 'tea', private: true }],
    ['message.send', { channel: 'room:tea', key: 'k1', text: '' }],
    ['channel.history', { channel: 'room:tea' }],
    ['channel.history', { channel: 'room:tea', before: 10, limit: 50 }],
    ['receipt.read', { channel: 'room:tea', offset: 0 }],
    ['me.state', {}],
    ['me.state', { limit: 1, after: 'what an answer gave as next' }],
    ['room.list', { query: 'te', limit: 1000, after: 'tea' }],
    ['channel.members', { channel: 'room:tea', limit: 100, after: 'ada' }],
  ])('%s takes %j', (name, params) => {
    expect(accepts(name, params)).toBe(true);
  });

  test.each<[CommandName, unknown]>([
    ['room.create', {}],
    ['room.create', null],
    ['room.create', 'tea'],
    ['room.create', { name: 7 }],
    ['message.send', { channel: 'room:tea', text: 'hello' }],
    ['message.send', { channel: 'room:tea', key: '', text: 'hello' }],
    ['message.send', { channel: 'room:tea', key: 'k'.repeat(129), text: 'hello' }],
    ['message.edit', { channel: 'room:tea', offset: 0, text: 'x' }],
    ['message.edit', { channel: 'room:tea', offset: 1.5, text: 'x' }],
    ['channel.history', { channel: 'room:tea', limit: 0 }],
    ['channel.history', { channel: 'room:tea', limit: 1001 }],
    ['channel.history', { channel: 'room:tea', after: -1 }],
    ['receipt.read', { channel: 'room:tea', offset: 2 ** 53 }],
    ['me.state', { limit: 0 }],
    ['room.list', { limit: 1001 }],
    ['room.list', { query: 'q'.repeat(65) }],
    ['channel.members', { channel: 'room:tea', after: 7 }],
    ['channel.members', { channel: 'room:tea', after: 'a'.repeat(1025) }],
  ])('%s refuses %j', (name, params) => {
    expect(accepts(name, params)).toBe(false);
  });
});

describe('the session protocol', () => {
  test('takes what a client of it sends', () => {
    expect(
      METHODS.connect.safeParse({ token: 't', data: { follow: 'mine' }, subs: { 'room:a': {} } }).success,
    ).toBe(true);
    expect(METHODS.connect.safeParse({ data: { follow: 'mine', since: '2a.e' } }).success).toBe(true);
    expect(
      METHODS.subscribe.safeParse({ channel: 'room:a', recover: true, epoch: 'e', offset: 7 }).success,
    ).toBe(true);
    expect(
      METHODS.history.safeParse({ channel: 'room:a', limit: -1, since: { offset: 0, epoch: '' } }).success,
    ).toBe(true);
  });

  test('keeps fields it does not know from failing a command', () => {
    expect(METHODS.ping.safeParse({ later: true }).success).toBe(true);
  });
});

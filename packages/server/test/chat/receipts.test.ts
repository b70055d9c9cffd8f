import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { codeOf, dataOf, factsOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat();
  for (const name of ['ada', 'bob']) await chat.chat.signIn(name);
  for (const text of ['1', '2', '3'])
    await chat.run('message.send', 'ada', { channel: LOBBY, key: text, text });
});

const read = async (offset: number, channel: string = LOBBY) =>
  (await chat.run('receipt.read', 'bob', { channel, offset })).position.offset;
const receipts = async () => (await dataOf(chat.log, 'user:bob')).filter((data) => data.type === 'read');

describe('receipt.read', () => {
  test('tells the own feed, and is kept', async () => {
    expect(await read(3, 'room:LOBBY')).toBe(3);
    expect(await receipts()).toEqual([{ type: 'read', channel: LOBBY, offset: 3 }]);
    const again = await chat.reopen();
    const { channels } = await again.execute('me.state', 'bob', {});
    expect(channels[0]?.read).toBe(3);
  });

  test('only moves forward, and not beyond the head', async () => {
    expect(await read(4)).toBe(4);
    expect(await read(2)).toBe(4);
    expect(await read(4)).toBe(4);
    expect(await read(100)).toBe(5);
    expect(await read(100)).toBe(5);
    expect((await receipts()).map((data) => 'offset' in data && data.offset)).toEqual([4, 5]);
  });

  test('by several devices at once goes forward all the same', async () => {
    const answers = await Promise.all([read(2), read(5), read(3), read(5)]);
    expect(answers).toEqual([2, 5, 5, 5]);
    expect(await receipts()).toHaveLength(2);
  });

  test('of an empty conversation is nothing', async () => {
    await chat.run('direct.open', 'bob', { user: 'ada' });
    expect(await read(7, 'direct:ada,bob')).toBe(0);
    expect(await receipts()).toEqual([]);
  });

  test('that fails changes nothing', async () => {
    chat.log.failures.push(new LogError('full', ''));
    expect(await codeOf(read(3))).toBe('storage_full');
    expect(await chat.chat.handedOver('bob', LOBBY)).toBe(0);
    expect(await read(2)).toBe(2);
  });

  test('is for what one belongs to', async () => {
    await chat.run('room.create', 'ada', { name: 'tea' });
    expect(await codeOf(read(1, 'room:tea'))).toBe('not_a_member');
    expect(await codeOf(read(1, 'user:bob'))).toBe('not_a_member');
    expect(await codeOf(read(1, 'feed:news'))).toBe('not_a_member');
    expect(await codeOf(read(1, 'user:ada'))).toBe('permission_denied');
    expect(await codeOf(read(1, 'room:none'))).toBe('unknown_channel');
    expect(await codeOf(read(-1))).toBe('bad_request');
  });
});

describe('what was handed over', () => {
  test('is the farther of what was handed over and what was read, and is kept', async () => {
    const { chat: open } = chat;
    expect(await open.handedOver('bob', LOBBY)).toBe(0);
    await open.markHandedOver('bob', 'room:Lobby', 2);
    expect(await open.handedOver('BOB', 'room:LOBBY')).toBe(2);
    await read(4);
    expect(await open.handedOver('bob', LOBBY)).toBe(4);
    await open.markHandedOver('bob', LOBBY, 3);
    expect(await open.handedOver('bob', LOBBY)).toBe(4);
    expect(await (await chat.reopen()).handedOver('bob', LOBBY)).toBe(4);
    expect(await factsOf(chat.log, 'h/')).toEqual([[`h/bob/${LOBBY}`, '3']]);
    expect(await receipts()).toHaveLength(1);
  });

  test('moves forward only', async () => {
    await chat.chat.markHandedOver('bob', LOBBY, 3);
    await chat.chat.markHandedOver('bob', LOBBY, 1);
    expect(await chat.chat.handedOver('bob', LOBBY)).toBe(3);
  });

  test('many times while it is being written takes one more commit', async () => {
    const before = chat.log.appends.length;
    const marks = [1, 2, 3, 4, 5].map((offset) => chat.chat.markHandedOver('bob', LOBBY, offset));
    await Promise.all(marks);
    expect(chat.log.appends.length - before).toBe(2);
    expect(await factsOf(chat.log, 'h/')).toEqual([[`h/bob/${LOBBY}`, '5']]);
  });

  test('that fails is as before', async () => {
    await chat.chat.markHandedOver('bob', LOBBY, 1);
    chat.log.failures.push(new LogError('full', ''));
    expect(await codeOf(chat.chat.markHandedOver('bob', LOBBY, 2))).toBe('storage_full');
    expect(await chat.chat.handedOver('bob', LOBBY)).toBe(1);
  });

  test('is for what one belongs to', async () => {
    expect(await codeOf(chat.chat.markHandedOver('bob', 'feed:news', 1))).toBe('not_a_member');
    expect(await codeOf(chat.chat.handedOver('bob', 'user:ada'))).toBe('permission_denied');
  });
});

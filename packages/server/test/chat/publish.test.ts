import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, dataOf, openChat, type TestChat, turn } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxMessageBytes: 100 });
  for (const name of ['ada', 'bob']) await chat.chat.signIn(name);
});

const publish = (data: unknown, channel = LOBBY, user = 'ada') => chat.chat.publish(user, channel, data);

describe('publish', () => {
  test.each([
    { input: 'hello' },
    {},
    { type: 'custom', deep: [1, { a: null }] },
    { type: 7 },
    { text: 'no type' },
    { type: 'message', text: 'hello', extra: true },
  ])('appends %j as it came', async (data) => {
    const published = await publish(data);
    expect(published).toMatchObject({ position: { offset: 3 }, duplicate: false });
    const { records } = await chat.log.read({ channel: LOBBY, after: 2, limit: 1 });
    expect(records).toMatchObject([{ sender: 'ada', data: JSON.stringify(data) }]);
    expect(records[0]).not.toHaveProperty('key');
  });

  test('takes a key', async () => {
    const data = { type: 'custom' };
    const first = await chat.chat.publish('ada', LOBBY, data, 'k');
    expect(await chat.chat.publish('ada', LOBBY, data, 'k')).toEqual({ ...first, duplicate: true });
    expect(await codeOf(chat.chat.publish('ada', LOBBY, { other: 1 }, 'k'))).toBe('key_conflict');
    expect(await codeOf(chat.chat.publish('ada', LOBBY, data, ''))).toBe('bad_request');
  });

  test.each([undefined, null, 'text', 7, true, [], [{}]])('refuses %j, which is no object', async (data) => {
    expect(await codeOf(publish(data))).toBe('bad_request');
  });

  test.each([
    [{ type: 'message' }, 'bad_request'],
    [{ type: 'message', text: '' }, 'message_empty'],
    [{ type: 'message', text: 7 }, 'bad_request'],
    [{ type: 'message', text: 'x'.repeat(101) }, 'message_too_large'],
    [{ type: 'custom', text: 'x'.repeat(100) }, 'message_too_large'],
    [{ type: 'joined', user: 'bob', channel: LOBBY }, 'permission_denied'],
    [{ type: 'left', user: 'bob', channel: LOBBY }, 'permission_denied'],
    [{ type: 'read', channel: LOBBY, offset: 3 }, 'permission_denied'],
    [{ type: 'edit', offset: 99, text: 'x' }, 'unknown_message'],
    [{ type: 'edit', offset: '1', text: 'x' }, 'bad_request'],
    [{ type: 'edit', offset: 1 }, 'bad_request'],
    [{ type: 'delete' }, 'bad_request'],
    [{ type: 'delete', offset: 0 }, 'bad_request'],
    [{ type: 'reaction', offset: 1, reaction: 'x', on: true }, 'unknown_message'],
    [{ type: 'reaction', offset: 3, on: true }, 'bad_request'],
    [{ type: 'reaction', offset: 3, reaction: 'x' }, 'bad_request'],
    [{ type: 'reaction', offset: 3, reaction: '', on: true }, 'bad_request'],
  ])('holds what commands append to their rules: %j', async (data, code) => {
    if (data.type === 'reaction') await publish({ type: 'message', text: 'one' });
    expect(await codeOf(publish(data))).toBe(code);
  });

  test("changes no one else's message", async () => {
    await publish({ type: 'message', text: 'mine' });
    const code = (data: object) => codeOf(publish(data, LOBBY, 'bob'));
    expect(await code({ type: 'delete', offset: 3 })).toBe('permission_denied');
    expect(await code({ type: 'edit', offset: 3, text: 'yours' })).toBe('permission_denied');
    expect(await code({ type: 'reaction', offset: 3, reaction: '👍', on: true })).toBe('nothing failed');
    expect(await codeOf(publish({ type: 'delete', offset: 3 }))).toBe('nothing failed');
  });

  test('goes where the user may write', async () => {
    expect(await codeOf(publish({}, 'feed:news'))).toBe('permission_denied');
    expect(await codeOf(publish({}, 'user:ada'))).toBe('permission_denied');
    expect(await codeOf(publish({}, 'room:none'))).toBe('unknown_channel');
    await chat.run('room.create', 'bob', { name: 'tea' });
    expect(await codeOf(publish({}, 'room:tea'))).toBe('not_a_member');
    expect(await codeOf(publish({}, 'direct:ada,bob'))).toBe('nothing failed');
    expect(await chat.channelsOf('bob')).toContain('direct:ada,bob');
  });
});

describe('publishAs', () => {
  const publishAs = (channel: string, data: unknown, sender = 'ticker') =>
    chat.chat.publishAs(sender, channel, data);

  test('writes to a feed, which anyone may read', async () => {
    expect(await publishAs('feed:News', { price: 7 })).toMatchObject({
      position: { offset: 1 },
      duplicate: false,
    });
    const { publications } = await chat.run('channel.history', 'bob', { channel: 'feed:News' });
    expect(publications).toMatchObject([{ offset: 1, data: { price: 7 }, info: { user: 'ticker' } }]);
  });

  test('tells feeds apart by their exact names, so that who follows one beforehand follows the right one', async () => {
    const followed = await chat.chat.authorizeRead('ada', 'feed:Caf\u0065\u0301');
    expect(followed).toBe('feed:Caf\u00e9');
    await publishAs('feed:Caf\u00e9', { a: 1 });
    await publishAs('feed:caf\u00e9', { a: 2 });
    expect(await dataOf(chat.log, followed)).toEqual([{ a: 1 }]);
    expect(await chat.chat.authorizeRead('ada', 'feed:caf\u00e9')).toBe('feed:caf\u00e9');
  });

  test('writes to rooms without being a member, private ones too, and as it came', async () => {
    await chat.run('room.create', 'ada', { name: 'tea', private: true });
    expect(await publishAs('room:TEA', { type: 'message', text: '' })).toMatchObject({
      position: { offset: 2 },
    });
    expect((await dataOf(chat.log, 'room:tea')).at(-1)).toEqual({ type: 'message', text: '' });
  });

  test('takes a key of its sender', async () => {
    const call = (data: object) => chat.chat.publishAs('ticker', 'feed:n', data, 'k');
    expect((await call({ a: 1 })).duplicate).toBe(false);
    expect((await call({ a: 1 })).duplicate).toBe(true);
    expect(await codeOf(call({ a: 2 }))).toBe('key_conflict');
  });

  test.each([
    ['room:none', {}, 'unknown_channel'],
    ['direct:ada,bob', {}, 'permission_denied'],
    ['user:ada', {}, 'permission_denied'],
    ['elsewhere', {}, 'unknown_channel'],
    ['feed:a b', {}, 'invalid_name'],
    ['feed:n', [], 'bad_request'],
    ['feed:n', { a: 'x'.repeat(100) }, 'message_too_large'],
    ['room:lobby', { type: 'message', text: 'x'.repeat(101) }, 'message_too_large'],
  ])('to %s of %j is refused', async (channel, data, code) => {
    expect(await codeOf(publishAs(channel, data))).toBe(code);
  });

  test('needs a sender, and a room that is there', async () => {
    expect(await codeOf(publishAs('feed:n', {}, 'a b'))).toBe('invalid_name');
    const release = chat.log.hold();
    const creating = chat.run('room.create', 'ada', { name: 'tea' });
    await turn();
    expect(await codeOf(publishAs('room:tea', {}))).toBe('unknown_channel');
    release();
    await creating;
  });
});

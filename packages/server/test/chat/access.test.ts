import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat();
  for (const name of ['ada', 'Bob', 'cyd']) await chat.chat.signIn(name);
  await chat.run('room.create', 'ada', { name: 'Open' });
  await chat.run('room.create', 'ada', { name: 'Secret', private: true });
});

describe('authorizeRead', () => {
  test.each([
    ['cyd', 'room:lobby', LOBBY],
    ['cyd', 'room:LOBBY', LOBBY],
    ['cyd', 'room:open', 'room:Open'],
    ['ada', 'room:SECRET', 'room:Secret'],
    ['ada', 'user:ADA', 'user:ada'],
    ['bob', 'user:bob', 'user:Bob'],
    ['ada', 'direct:bob,ada', 'direct:Bob,ada'],
    ['BOB', 'direct:ADA,bob', 'direct:Bob,ada'],
    ['ada', 'direct:ada,Ada', 'direct:ada,ada'],
    ['ada', 'direct:CYD,ada', 'direct:ada,cyd'],
    ['ada', 'feed:Anything', 'feed:Anything'],
    ['ada', 'feed:anything', 'feed:anything'],
  ])('gives %s the channel %s as %s', async (user, channel, known) => {
    expect(await chat.chat.authorizeRead(user, channel)).toBe(known);
  });

  test.each([
    ['cyd', 'room:Secret', 'unknown_channel'],
    ['cyd', 'room:secret', 'unknown_channel'],
    ['cyd', 'room:none', 'unknown_channel'],
    ['cyd', 'user:ada', 'permission_denied'],
    ['cyd', 'user:nobody', 'permission_denied'],
    ['cyd', 'direct:ada,bob', 'permission_denied'],
    ['cyd', 'direct:nobody,noone', 'permission_denied'],
    ['cyd', 'direct:cyd,zoe', 'unknown_user'],
    ['cyd', 'room:a b', 'invalid_name'],
    ['cyd', `room:${'x'.repeat(10_000)}`, 'invalid_name'],
    ['cyd', 'direct:cyd', 'unknown_channel'],
    ['cyd', 'direct:cyd,', 'invalid_name'],
    ['cyd', '', 'unknown_channel'],
    ['cyd', 'lobby', 'unknown_channel'],
    ['cyd', '__proto__', 'unknown_channel'],
    ['cyd', 'constructor:x', 'unknown_channel'],
    ['nobody', 'room:lobby', 'unknown_user'],
  ])('refuses %s the channel %s', async (user, channel, code) => {
    expect(await codeOf(chat.chat.authorizeRead(user, channel))).toBe(code);
  });

  test('tells of a direct conversation to its two, once it is open as before', async () => {
    await chat.run('direct.open', 'ada', { user: 'bob' });
    expect(await chat.chat.authorizeRead('ada', 'direct:bob,ADA')).toBe('direct:Bob,ada');
    expect(await codeOf(chat.chat.authorizeRead('cyd', 'direct:Bob,ada'))).toBe('permission_denied');
  });

  test('gives a channel of two the spelling that it keeps, or none', async () => {
    const code = () => codeOf(chat.chat.authorizeRead('ada', 'direct:ada,zoe'));
    expect(await code()).toBe('unknown_user');
    expect(await codeOf(chat.run('channel.history', 'ada', { channel: 'direct:ada,zoe' }))).toBe(
      'unknown_user',
    );
    expect(await codeOf(chat.run('channel.members', 'ada', { channel: 'direct:ada,zoe' }))).toBe(
      'unknown_user',
    );
    await chat.chat.signIn('Zoe');
    const followed = await chat.chat.authorizeRead('ada', 'direct:ada,zoe');
    expect(followed).toBe('direct:Zoe,ada');
    const sent = await chat.chat.sendDirect('ada', 'ZOE', 'hello');
    expect(sent.channel).toBe(followed);
  });

  test('says the same of a private room as of none', async () => {
    const messageOf = (channel: string): Promise<string> =>
      chat.chat.authorizeRead('cyd', channel).catch((error: Error) => error.message);
    expect(await messageOf('room:Secret')).toBe(await messageOf('room:none'));
  });
});

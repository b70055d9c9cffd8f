import { COMMANDS } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat();
  await chat.chat.signIn('ada');
});

describe('the table of commands', () => {
  test.each(['', 'room', 'room.destroy', 'constructor', '__proto__', 'toString', 'x'.repeat(10_000)])(
    'knows no %j',
    async (method) => {
      expect(await codeOf(chat.chat.execute(method, 'ada', {}))).toBe('method_not_found');
    },
  );

  test.each(Object.keys(COMMANDS))(
    'refuses what is not for %s, with the field that is wrong',
    async (method) => {
      for (const params of ['text', 7, [], true]) {
        expect(await codeOf(chat.chat.execute(method, 'ada', params))).toBe('bad_request');
      }
    },
  );

  test.each([
    ['message.send', { channel: 5, key: 'k', text: 'x' }, /^channel: /],
    ['message.send', { channel: 'room:lobby', text: 'x' }, /^key: /],
    ['channel.history', { channel: 'room:lobby', limit: 0 }, /^limit: /],
    ['room.create', 'text', /^room.create: /],
  ])('says of %s %j which field is wrong', async (method, params, message) => {
    await expect(chat.chat.execute(method, 'ada', params)).rejects.toThrow(message);
  });

  test.each([undefined, null, {}, { unheard: 'of' }])('takes %j where nothing is needed', async (params) => {
    expect(await chat.chat.execute('me.state', 'ada', params)).toMatchObject({ user: 'ada' });
  });
});

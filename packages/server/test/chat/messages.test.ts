import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { codeOf, dataOf, factsOf, headOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxMessageBytes: 100 });
  for (const name of ['ada', 'bob', 'cyd']) await chat.chat.signIn(name);
  await chat.run('room.create', 'ada', { name: 'tea' });
  await chat.run('room.join', 'bob', { channel: 'room:tea' });
});

const send = (user: string, text: unknown, key: unknown = 'k', channel = 'room:tea') =>
  chat.run('message.send', user, { channel, key: key as string, text: text as string });

describe('message.send', () => {
  test('appends the message, and answers where', async () => {
    const sent = await send('bob', 'hello', 'k', 'room:TEA');
    const { epoch } = await headOf(chat.log, 'room:tea');
    expect(sent).toEqual({ position: { epoch, offset: 3 }, duplicate: false });
    const { records } = await chat.log.read({ channel: 'room:tea', after: 2, limit: 1 });
    expect(records).toMatchObject([{ sender: 'bob', key: 'k', data: '{"type":"message","text":"hello"}' }]);
  });

  test('with the same key answers the first position; with another text it is a conflict', async () => {
    const first = await send('bob', 'hello');
    await send('bob', 'between', 'k2');
    expect(await send('bob', 'hello')).toEqual({ ...first, duplicate: true });
    expect(await codeOf(send('bob', 'hello!'))).toBe('key_conflict');
    expect((await send('ada', 'hello')).duplicate).toBe(false);
    expect((await send('bob', 'hello', 'k', LOBBY)).duplicate).toBe(false);
  });

  test('takes any Unicode as it is', async () => {
    const text = '\u0000 \u202e 👩‍👩‍👧 e\u0301 שלום\n';
    await send('bob', text);
    expect((await dataOf(chat.log, 'room:tea')).at(-1)).toEqual({ type: 'message', text });
  });

  test.each([
    ['', 'message_empty'],
    ['x'.repeat(101), 'message_too_large'],
    ['語'.repeat(34), 'message_too_large'],
    ['a\ud83d', 'bad_request'],
    ['\udc00a', 'bad_request'],
    [undefined, 'bad_request'],
    [7, 'bad_request'],
  ])('refuses the text %j', async (text, code) => {
    expect(await codeOf(send('bob', text))).toBe(code);
  });

  test.each(['', 'x'.repeat(129), 'a\u0000', '\ud800', null, 5, {}])('refuses the key %j', async (key) => {
    expect(await codeOf(send('bob', 'hello', key))).toBe('bad_request');
  });

  test('takes a text and a key of exactly the limit', async () => {
    await expect(send('bob', 'x'.repeat(100), 'k'.repeat(128))).resolves.toMatchObject({ duplicate: false });
    await expect(send('bob', '語'.repeat(33), '語'.repeat(128))).resolves.toMatchObject({ duplicate: false });
  });

  test.each([
    ['cyd', 'room:tea', 'not_a_member'],
    ['cyd', 'room:none', 'unknown_channel'],
    ['cyd', 'direct:ada,bob', 'permission_denied'],
    ['cyd', 'user:cyd', 'permission_denied'],
    ['cyd', 'user:ada', 'permission_denied'],
    ['cyd', 'feed:news', 'permission_denied'],
    ['cyd', 'nonsense', 'unknown_channel'],
    ['cyd', 'room:a b', 'invalid_name'],
  ])('by %s to %s is refused with %3$s', async (user, channel, code) => {
    expect(await codeOf(send(user, 'hello', 'k', channel))).toBe(code);
  });

  test.each([
    [new LogError('full', ''), 'storage_full'],
    [new LogError('unavailable', ''), 'unavailable'],
    [new LogError('closed', ''), 'shutting_down'],
    [new LogError('record_too_large', ''), 'message_too_large'],
  ])('says what the log failed with: %s', async (failure, code) => {
    chat.log.failures.push(failure);
    expect(await codeOf(send('bob', 'hello'))).toBe(code);
  });
});

describe('message.edit and message.delete', () => {
  const edit = (user: string, offset: unknown, text: unknown = 'better', channel = 'room:tea') =>
    chat.run('message.edit', user, { channel, offset: offset as number, text: text as string });
  const remove = (user: string, offset: unknown, channel = 'room:tea') =>
    chat.run('message.delete', user, { channel, offset: offset as number });

  test('are records of their own, and may bear a key', async () => {
    await send('bob', 'good');
    expect(await edit('bob', 3)).toMatchObject({ position: { offset: 4 }, duplicate: false });
    const params = { channel: 'room:tea', offset: 3, key: 'd' };
    expect(await chat.run('message.delete', 'bob', params)).toMatchObject({ position: { offset: 5 } });
    expect(await chat.run('message.delete', 'bob', params)).toMatchObject({
      position: { offset: 5 },
      duplicate: true,
    });
    expect((await dataOf(chat.log, 'room:tea')).slice(2)).toEqual([
      { type: 'deleted' },
      { type: 'deleted' },
      { type: 'delete', offset: 3 },
    ]);
  });

  test('are for messages that there are', async () => {
    await send('bob', 'good');
    for (const offset of [1, 4, 1000, Number.MAX_SAFE_INTEGER]) {
      expect(await codeOf(edit('bob', offset))).toBe('unknown_message');
      expect(await codeOf(remove('bob', offset))).toBe('unknown_message');
    }
    for (const offset of [0, -1, 1.5, '3', null]) {
      expect(await codeOf(edit('bob', offset))).toBe('bad_request');
      expect(await codeOf(remove('bob', offset))).toBe('bad_request');
    }
    await chat.log.trim('room:tea', 100);
    await send('bob', 'newer', 'k2');
    await chat.log.trim('room:tea', 100);
    expect(await codeOf(edit('bob', 3))).toBe('unknown_message');
  });

  test("are for one's own messages, and for members", async () => {
    await send('bob', 'good');
    expect(await codeOf(edit('ada', 3))).toBe('permission_denied');
    expect(await codeOf(remove('ada', 3))).toBe('permission_denied');
    await chat.run('room.leave', 'bob', { channel: 'room:tea' });
    expect(await codeOf(edit('bob', 3))).toBe('not_a_member');
    expect(await codeOf(remove('bob', 3))).toBe('not_a_member');
  });

  test('hold the text to the same limits', async () => {
    await send('bob', 'good');
    expect(await codeOf(edit('bob', 3, ''))).toBe('message_empty');
    expect(await codeOf(edit('bob', 3, 'x'.repeat(101)))).toBe('message_too_large');
  });

  test('come too late for what was deleted, and are answered again where they came in time', async () => {
    await send('bob', 'good');
    const early = { channel: 'room:tea', offset: 3, text: 'better', key: 'e' };
    const edited = await chat.run('message.edit', 'bob', early);
    const removal = { channel: 'room:TEA', offset: 3, key: 'd' };
    const removed = await chat.run('message.delete', 'bob', removal);
    for (const again of [chat, await openChat({}, chat.log)]) {
      expect(await codeOf(again.run('message.edit', 'bob', { ...early, key: 'f' }))).toBe('unknown_message');
      expect(await codeOf(again.run('message.delete', 'bob', { ...removal, key: 'g' }))).toBe(
        'unknown_message',
      );
      const reaction = { channel: 'room:tea', offset: 3, reaction: '👍' };
      expect(await codeOf(again.run('message.react', 'ada', reaction))).toBe('unknown_message');
      expect(await again.run('message.edit', 'bob', early)).toEqual({ ...edited, duplicate: true });
      expect(await again.run('message.delete', 'bob', removal)).toEqual({ ...removed, duplicate: true });
    }
    expect((await chat.log.heads(['room:tea']))[0]?.offset).toBe(5);
  });

  test('leave nothing behind once retention has taken the messages', async () => {
    for (const key of ['1', '2', '3']) await send('bob', 'good', key);
    for (const offset of [3, 4, 5]) await remove('bob', offset);
    const marks = async () => (await factsOf(chat.log, 'x/')).map(([key]) => key);
    expect(await marks()).toEqual(['x/room:tea/3', 'x/room:tea/4', 'x/room:tea/5']);
    await chat.chat.forget('user:bob', 1, 5);
    await chat.chat.forget('room:tea', 1, 4);
    expect(await marks()).toEqual(['x/room:tea/5']);
  });

  test('by publishing data of their types come too late as well', async () => {
    await send('bob', 'good');
    const publish = (data: object, user = 'bob') => chat.chat.publish(user, 'room:tea', data);
    await publish({ type: 'delete', offset: 3 });
    expect(await codeOf(publish({ type: 'delete', offset: 3 }))).toBe('unknown_message');
    expect(await codeOf(publish({ type: 'edit', offset: 3, text: 'x' }))).toBe('unknown_message');
    const reaction = { type: 'reaction', offset: 3, reaction: '👍', on: true };
    expect(await codeOf(publish(reaction, 'ada'))).toBe('unknown_message');
  });

  test('that cross with the deletion are before it, or not at all', async () => {
    await send('bob', 'good');
    await send('bob', 'another', 'k2');
    const all = [remove('bob', 3), edit('bob', 3), remove('bob', 3), edit('bob', 4), remove('bob', 4)];
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await dataOf(chat.log, 'room:tea')).slice(2)).toEqual([
      { type: 'deleted' },
      { type: 'deleted' },
      { type: 'delete', offset: 3 },
      { type: 'deleted' },
      { type: 'delete', offset: 4 },
    ]);
  });

  test('work in direct conversations', async () => {
    const { channel, position } = await chat.chat.sendDirect('ada', 'bob', 'hi');
    expect(await edit('ada', position.offset, 'hello', channel)).toMatchObject({ position: { offset: 2 } });
    await remove('ada', 1, 'direct:BOB,ada');
    expect(await codeOf(edit('ada', 1, 'hello', channel))).toBe('unknown_message');
    expect(await codeOf(remove('bob', 1, channel))).toBe('permission_denied');
    expect(await codeOf(remove('cyd', 1, channel))).toBe('permission_denied');
    expect(await codeOf(edit('ada', 1, 'x', 'direct:ada,cyd'))).toBe('unknown_message');
  });
});

describe('message.react', () => {
  const react = (user: string, reaction: unknown, more = {}) =>
    chat.run('message.react', user, {
      channel: 'room:tea',
      offset: 3,
      reaction: reaction as string,
      ...more,
    });

  test('adds a reaction to the message of anyone, and takes it back', async () => {
    await send('bob', 'good');
    await react('ada', '👍');
    await react('ada', '👍', { on: false });
    expect((await dataOf(chat.log, 'room:tea')).slice(3)).toEqual([
      { type: 'reaction', offset: 3, reaction: '👍', on: true },
      { type: 'reaction', offset: 3, reaction: '👍', on: false },
    ]);
  });

  test('is for members, messages and short reactions', async () => {
    await send('bob', 'good');
    expect(await codeOf(react('cyd', '👍'))).toBe('not_a_member');
    expect(await codeOf(react('ada', '👍', { offset: 2 }))).toBe('unknown_message');
    expect(await codeOf(react('ada', ''))).toBe('bad_request');
    expect(await codeOf(react('ada', '\ud83d'))).toBe('bad_request');
    expect(await codeOf(react('ada', '語'.repeat(30)))).toBe('message_too_large');
  });
});

describe('sendDirect', () => {
  test('holds names, texts and keys to the same rules', async () => {
    expect(await codeOf(chat.chat.sendDirect('ada', 'b b', 'x'))).toBe('invalid_name');
    expect(await codeOf(chat.chat.sendDirect('ada', 7, 'x'))).toBe('invalid_name');
    expect(await codeOf(chat.chat.sendDirect('ada', 'bob', ''))).toBe('message_empty');
    expect(await codeOf(chat.chat.sendDirect('ada', 'bob', { text: 'x' }))).toBe('bad_request');
    expect(await codeOf(chat.chat.sendDirect('ada', 'bob', 'x'.repeat(101)))).toBe('message_too_large');
    expect(await codeOf(chat.chat.sendDirect('ada', 'bob', 'x', ''))).toBe('bad_request');
    expect(await codeOf(chat.chat.sendDirect('nobody', 'bob', 'x'))).toBe('unknown_user');
  });
});

describe('what was said and taken back', () => {
  const secret = /secret/u;
  const readings = async () => {
    const { publications } = await chat.run('channel.history', 'ada', { channel: 'room:tea' });
    const state = await chat.run('me.state', 'ada', {});
    const place = { channels: [{ channel: 'room:tea', after: 0 }], limit: 100 };
    const merged = await chat.log.readAfter(place);
    return JSON.stringify([publications, state, merged.records]);
  };

  test('is read by nobody afterwards, with all that it was edited to', async () => {
    await send('bob', 'secret one');
    for (const text of ['secret two', 'secret three']) {
      await chat.run('message.edit', 'bob', { channel: 'room:tea', offset: 3, text });
    }
    expect(await readings()).toMatch(/secret three/u);
    expect(await readings()).not.toMatch(/secret two/u);
    await chat.run('message.delete', 'bob', { channel: 'room:tea', offset: 3 });
    expect(await readings()).not.toMatch(secret);
    expect((await dataOf(chat.log, 'room:tea')).slice(2)).toEqual([
      { type: 'deleted' },
      { type: 'deleted' },
      { type: 'deleted' },
      { type: 'delete', offset: 3 },
    ]);
    expect(await factsOf(chat.log, 'e/')).toEqual([]);
  });

  test('keeps its place and its key, so that sending it again is harmless', async () => {
    const first = await send('bob', 'secret');
    await chat.run('message.delete', 'bob', { channel: 'room:tea', offset: 3 });
    expect(await send('bob', 'secret')).toEqual({ ...first, duplicate: true });
    expect(await readings()).not.toMatch(secret);
  });

  test('by publishing goes as well, with whatever came along with it', async () => {
    const data = { type: 'message', text: 'x', files: ['secret'] };
    await chat.chat.publish('bob', 'room:tea', data);
    await chat.chat.publish('bob', 'room:tea', { type: 'delete', offset: 3, why: 'mine' });
    expect(await readings()).not.toMatch(secret);
    expect(await codeOf(chat.chat.publish('bob', 'room:tea', { type: 'deleted' }))).toBe('permission_denied');
  });

  test('is no message any more, and neither is an edit that another took the place of', async () => {
    await send('bob', 'one');
    for (const text of ['two', 'three']) {
      await chat.run('message.edit', 'bob', { channel: 'room:tea', offset: 3, text });
    }
    const again = { channel: 'room:tea', offset: 4, text: 'x', key: 'e' };
    expect(await codeOf(chat.run('message.edit', 'bob', again))).toBe('unknown_message');
    expect(await codeOf(chat.run('message.delete', 'bob', again))).toBe('unknown_message');
  });

  test('names in its append what it was permitted by', async () => {
    await send('bob', 'one');
    await chat.run('message.edit', 'bob', { channel: 'room:tea', offset: 3, text: 'two' });
    const { facts } = await chat.log.facts(['b/bob/room:tea']);
    const { key, id } = facts[0]!;
    expect(chat.log.appends.at(-2)?.when).toEqual([{ key, id }]);
    expect(chat.log.appends.at(-1)?.when).toEqual([
      { key, id },
      { key: 'e/room:tea/3', id: 0 },
    ]);
    await chat.chat.sendDirect('ada', 'bob', 'hi');
    await chat.chat.sendDirect('ada', 'bob', 'hi');
    const [direct] = (await chat.log.facts(['d/ada,bob'])).facts;
    expect(chat.log.appends.at(-2)?.when).toContainEqual({ key: 'd/ada,bob', id: 0 });
    expect(chat.log.appends.at(-1)?.when).toEqual([{ key: 'd/ada,bob', id: direct!.id }]);
  });
});

import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, headOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
let key = 0;
beforeEach(async () => {
  chat = await openChat({ maxPresentListed: 2 });
  for (const name of ['ada', 'bob']) await chat.chat.signIn(name);
});

const send = (user: string, text: string, channel: string = LOBBY) =>
  chat.run('message.send', user, { channel, key: `${++key}`, text });
const stateOf = async (user: string, channel: string = LOBBY) => {
  const { channels } = await chat.run('me.state', user, {});
  return channels.find((state) => state.channel === channel)!;
};

describe('me.state', () => {
  test('says who one is, and everything that one belongs to', async () => {
    await chat.run('room.create', 'ada', { name: 'tea', private: true });
    await chat.run('direct.open', 'bob', { user: 'ada' });
    const { user, channels } = await chat.run('me.state', 'ADA', {});
    expect(user).toBe('ada');
    expect(channels.map(({ channel }) => channel)).toEqual(['room:tea', LOBBY, 'direct:ada,bob']);
    const { epoch } = await headOf(chat.log, LOBBY);
    expect(channels[2]).toEqual({
      channel: 'direct:ada,bob',
      epoch,
      offset: 0,
      read: 0,
      unread: 0,
      present: [],
    });
  });

  test('says of a room how many belong to it, and whether only they see it', async () => {
    await chat.run('room.create', 'ada', { name: 'Tea', private: true });
    await chat.run('room.invite', 'ada', { channel: 'room:Tea', user: 'bob' });
    expect(await stateOf('bob', 'room:Tea')).toMatchObject({ members: 2, private: true });
    expect(await stateOf('bob')).toMatchObject({ members: 2, private: false });
  });

  test('counts the messages of others that are after what was read', async () => {
    await send('ada', '1');
    await send('bob', 'mine');
    await send('ada', '2');
    expect(await stateOf('bob')).toMatchObject({ offset: 5, read: 0, unread: 2 });
    await chat.run('receipt.read', 'bob', { channel: LOBBY, offset: 3 });
    expect(await stateOf('bob')).toMatchObject({ read: 3, unread: 1 });
    await chat.run('receipt.read', 'bob', { channel: LOBBY, offset: 5 });
    expect(await stateOf('bob')).toMatchObject({ read: 5, unread: 0 });
    expect(await stateOf('ada')).toMatchObject({ unread: 1 });
  });

  test('counts up to 100, wherever they lie', async () => {
    for (let count = 0; count < 99; count++) await send('ada', 'x');
    for (let count = 0; count < 400; count++) await chat.chat.publish('ada', LOBBY, { type: 'custom' });
    expect((await stateOf('bob')).unread).toBe(99);
    for (let count = 0; count < 2; count++) await send('ada', 'x');
    expect((await stateOf('bob')).unread).toBe(100);
  });

  test('counts from the joining on, and from the last one of several', async () => {
    const room = 'room:tea';
    await chat.run('room.create', 'ada', { name: 'tea' });
    await send('ada', 'before anyone joined', room);
    await chat.run('room.join', 'bob', { channel: room });
    expect(await stateOf('bob', room)).toMatchObject({ read: 0, unread: 0, last: { offset: 2 } });
    await send('ada', 'after', room);
    await chat.chat.signIn('cyd');
    await chat.run('room.join', 'cyd', { channel: room });
    expect((await stateOf('bob', room)).unread).toBe(1);
    await chat.run('room.leave', 'bob', { channel: room });
    await send('ada', 'while bob was away', room);
    await chat.run('room.invite', 'ada', { channel: room, user: 'bob' });
    await send('ada', 'after bob came back', room);
    expect((await stateOf('bob', room)).unread).toBe(1);
    await chat.log.trim(room, 9);
    expect((await stateOf('bob', room)).unread).toBe(1);
  });

  test('counts what others wrote before one first came, in a conversation of two', async () => {
    const { channel } = await chat.chat.sendDirect('ada', 'zoe', 'welcome');
    await chat.chat.signIn('zoe');
    expect(await stateOf('zoe', channel)).toMatchObject({ unread: 1 });
  });

  test('gives the last message, as it was last edited, and none that was deleted', async () => {
    expect((await stateOf('bob')).last).toBeUndefined();
    await send('ada', 'first');
    await send('ada', 'second');
    await chat.run('message.edit', 'ada', { channel: LOBBY, offset: 4, text: 'better' });
    await chat.run('message.edit', 'ada', { channel: LOBBY, offset: 4, text: 'best' });
    expect((await stateOf('bob')).last).toMatchObject({ offset: 4, data: { type: 'message', text: 'best' } });
    await chat.run('message.delete', 'ada', { channel: LOBBY, offset: 4 });
    const state = await stateOf('bob');
    expect(state.last).toMatchObject({ offset: 3, data: { text: 'first' }, info: { user: 'ada' } });
    expect(state.unread).toBe(1);
  });

  test('takes what clients published as it is', async () => {
    await chat.chat.publish('ada', LOBBY, { text: 'typeless', type: 'message' });
    await chat.chat.publish('ada', LOBBY, { text: 'nothing' });
    const { unread, last } = await stateOf('bob');
    expect(unread).toBe(1);
    expect(last).toMatchObject({ offset: 3 });
  });

  test('names who is here, up to the limit', async () => {
    chat.presence.come('bob', LOBBY);
    expect((await stateOf('ada')).present).toEqual(['bob']);
    chat.presence.come('ada', LOBBY);
    chat.presence.come('cyd', LOBBY);
    expect((await stateOf('ada')).present).toEqual(['bob', 'ada']);
  });

  test('comes in pages, those first where something was said last', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await chat.run('room.create', 'ada', { name });
    await chat.run('direct.open', 'ada', { user: 'bob' });
    await send('ada', 'x', 'room:b');
    const page = async (params: object) => {
      const { channels, next } = await chat.run('me.state', 'ada', params);
      return { names: channels.map(({ channel }) => channel), next };
    };
    const all = ['room:b', 'room:d', 'room:c', 'room:a', LOBBY, 'direct:ada,bob'];
    expect(await page({})).toEqual({ names: all, next: undefined });
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const { names, next } = await page(after === undefined ? { limit: 2 } : { limit: 2, after });
      found.push(...names);
      if (next === undefined) break;
      after = next;
    }
    expect(found).toEqual(all);
    expect((await page({ limit: 6 })).next).toBeUndefined();
    for (const after of ['', 'x', '1', '/room:a', '-1/room:a', `${'9'.repeat(30)}/x`]) {
      expect(await codeOf(page({ after }))).toBe('bad_request');
    }
  });

  test('asks the storage as often for many conversations as for one', async () => {
    for (let room = 0; room < 60; room++) await chat.run('room.create', 'ada', { name: `room${room}` });
    const costOf = async (params: object) => {
      const again = await chat.reopen();
      const before = chat.log.asked;
      await again.execute('me.state', 'ada', params);
      return chat.log.asked - before;
    };
    expect(await costOf({ limit: 60 })).toBe(await costOf({ limit: 1 }));
  });

  test('lets others have their turns', async () => {
    for (let room = 0; room < 60; room++) await chat.run('room.create', 'ada', { name: `room${room}` });
    const before = chat.clock.turns;
    chat.log.read = async (request) => {
      chat.clock.time += 5;
      return Object.getPrototypeOf(chat.log).read.call(chat.log, request);
    };
    await chat.run('me.state', 'ada', { limit: 60 });
    expect(chat.clock.turns - before).toBeGreaterThanOrEqual(4);
  });

  test('of a log that is closed says that the server is shutting down', async () => {
    await chat.log.close();
    expect(await codeOf(chat.run('me.state', 'ada', {}))).toBe('shutting_down');
  });
});

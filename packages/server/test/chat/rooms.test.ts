import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { codeOf, dataOf, openChat, type TestChat, turn } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxRoomsPerUser: 3 });
  await chat.chat.signIn('ada');
  await chat.chat.signIn('bob');
});

describe('room.create', () => {
  test('makes a room with its maker as owner, with records in the room and in the own feed', async () => {
    expect(await chat.run('room.create', 'ada', { name: 'Tea' })).toEqual({ channel: 'room:Tea' });
    const joined = { type: 'joined', user: 'ada', channel: 'room:Tea' };
    expect(await dataOf(chat.log, 'room:Tea')).toEqual([joined]);
    expect((await dataOf(chat.log, 'user:ada')).at(-1)).toEqual(joined);
    const { members } = await chat.run('channel.members', 'ada', { channel: 'room:Tea' });
    expect(members).toEqual([{ user: 'ada', role: 'owner', present: false }]);
  });

  test('refuses a name that is taken, in whatever case, by whomever', async () => {
    await chat.run('room.create', 'ada', { name: 'Tea' });
    expect(await codeOf(chat.run('room.create', 'bob', { name: 'tEA' }))).toBe('room_exists');
    expect(await codeOf(chat.run('room.create', 'ada', { name: 'Tea' }))).toBe('room_exists');
    expect(await codeOf(chat.run('room.create', 'ada', { name: 'LOBBY' }))).toBe('room_exists');
  });

  test('of one name by two at once: one has it, the other is told', async () => {
    const outcomes = await Promise.all([
      codeOf(chat.run('room.create', 'ada', { name: 'tea' })),
      codeOf(chat.run('room.create', 'bob', { name: 'Tea' })),
    ]);
    expect(outcomes.toSorted()).toEqual(['nothing failed', 'room_exists']);
  });

  test('is the same when it is asked for again with its key, also after a restart', async () => {
    const params = { name: 'tea', key: 'k1' };
    const both = await Promise.all([
      chat.run('room.create', 'ada', params),
      chat.run('room.create', 'ada', params),
    ]);
    expect(both).toEqual([{ channel: 'room:tea' }, { channel: 'room:tea' }]);
    expect(await dataOf(chat.log, 'room:tea')).toHaveLength(1);
    const again = await chat.reopen();
    expect(await again.execute('room.create', 'ada', params)).toEqual({ channel: 'room:tea' });
    expect(await codeOf(again.execute('room.create', 'bob', params))).toBe('room_exists');
    expect(await codeOf(again.execute('room.create', 'ada', { name: 'tea', key: 'k2' }))).toBe('room_exists');
  });

  test.each(['', 'a room', 'x'.repeat(65), 'a,b'])('refuses the name %j', async (name) => {
    expect(await codeOf(chat.run('room.create', 'ada', { name }))).toBe('invalid_name');
  });

  test('stops at the limit of one user, and not for others', async () => {
    for (const name of ['a', 'b', 'c']) await chat.run('room.create', 'ada', { name });
    expect(await codeOf(chat.run('room.create', 'ada', { name: 'd' }))).toBe('limit_exceeded');
    expect(await codeOf(chat.run('room.create', 'bob', { name: 'd' }))).toBe('nothing failed');
    const again = await chat.reopen();
    expect(await codeOf(again.execute('room.create', 'ada', { name: 'e' }))).toBe('limit_exceeded');
  });

  test('that fails leaves the name free', async () => {
    chat.log.failures.push(new LogError('unavailable', 'gone'));
    expect(await codeOf(chat.run('room.create', 'ada', { name: 'tea' }))).toBe('unavailable');
    expect(await chat.channelsOf('ada')).not.toContain('room:tea');
    expect(await chat.run('room.create', 'bob', { name: 'TEA' })).toEqual({ channel: 'room:TEA' });
  });

  test('is seen by nobody before it is durable', async () => {
    const release = chat.log.hold();
    const creating = chat.run('room.create', 'ada', { name: 'tea' });
    await turn();
    expect(await codeOf(chat.run('room.join', 'bob', { channel: 'room:tea' }))).toBe('unknown_channel');
    const seen = async () => (await chat.run('room.list', 'bob', {})).rooms.map((room) => room.name);
    expect(await seen()).toEqual(['lobby']);
    release();
    await creating;
    expect(await chat.chat.authorizeRead('ada', 'room:tea')).toBe('room:tea');
    expect(await seen()).toEqual(['lobby', 'tea']);
  });

  test('by someone who pipelines: the message right behind it goes into the room', async () => {
    const [, sent] = await Promise.all([
      chat.run('room.create', 'ada', { name: 'tea' }),
      chat.run('message.send', 'ada', { channel: 'room:tea', key: 'k', text: 'first' }),
    ]);
    expect(sent.position.offset).toBe(2);
  });
});

describe('room.list', () => {
  test('goes by name, and names no private room', async () => {
    await chat.run('room.create', 'ada', { name: 'b-open' });
    await chat.run('room.create', 'ada', { name: 'A-open' });
    await chat.run('room.create', 'ada', { name: 'secret', private: true });
    const names = async (user: string, params = {}) =>
      (await chat.run('room.list', user, params)).rooms.map((room) => room.name);
    expect(await names('ada')).toEqual(['A-open', 'b-open', 'lobby']);
    expect(await names('bob')).toEqual(['A-open', 'b-open', 'lobby']);
    expect(await names('bob', { query: 'A-OP' })).toEqual(['A-open']);
    expect(await names('bob', { query: 'open' })).toEqual([]);
    expect(await names('bob', { query: 'secret' })).toEqual([]);
    expect(await names('bob', { query: '\u0000' })).toEqual([]);
    const [open, , lobby] = (await chat.run('room.list', 'bob', {})).rooms;
    expect(lobby).toEqual({ channel: LOBBY, name: 'lobby', private: false, members: 2, joined: true });
    expect(open).toEqual({
      channel: 'room:A-open',
      name: 'A-open',
      private: false,
      members: 1,
      joined: false,
    });
  });

  test('comes in pages, each going on behind the one before', async () => {
    for (const name of ['c', 'a', 'B']) await chat.run('room.create', 'ada', { name });
    const page = async (params: object) => {
      const { rooms, next } = await chat.run('room.list', 'bob', params);
      return [rooms.map((room) => room.name), next];
    };
    expect(await page({ limit: 2 })).toEqual([['a', 'B'], 'b']);
    expect(await page({ limit: 2, after: 'b' })).toEqual([['c', 'lobby'], undefined]);
    expect(await page({ query: 'b', after: 'a' })).toEqual([['B'], undefined]);
    expect(await page({ query: 'a', after: 'b' })).toEqual([[], undefined]);
    expect(await codeOf(page({ after: '\ud800' }))).toBe('bad_request');
  });

  test('costs the storage as much for a hundred rooms as for one', async () => {
    const many = await openChat();
    await many.chat.signIn('ada');
    const costOf = async (params: object) => {
      const again = await many.reopen();
      await again.execute('me.state', 'ada', {});
      const before = many.log.asked;
      await again.execute('room.list', 'ada', params);
      return many.log.asked - before;
    };
    for (let room = 0; room < 100; room++) await many.run('room.create', 'ada', { name: `room${room}` });
    expect(await costOf({ limit: 100 })).toBe(await costOf({ limit: 1 }));
  });
});

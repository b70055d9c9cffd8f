import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { codeOf, dataOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxMembersPerRoom: 3, maxMembershipsPerUser: 4 });
  for (const name of ['ada', 'bob', 'cyd', 'dan']) await chat.chat.signIn(name);
  await chat.run('room.create', 'ada', { name: 'open' });
  await chat.run('room.create', 'ada', { name: 'secret', private: true });
});

const join = (user: string, channel: string) => chat.run('room.join', user, { channel });
const leave = (user: string, channel: string) => chat.run('room.leave', user, { channel });
const invite = (user: string, channel: string, guest: unknown) =>
  chat.run('room.invite', user, { channel, user: guest as string });

describe('room.join', () => {
  test('makes a member, with records in the room and in the own feed', async () => {
    const { position } = await join('bob', 'room:OPEN');
    expect(position.offset).toBe(2);
    const joined = { type: 'joined', user: 'bob', channel: 'room:open' };
    expect((await dataOf(chat.log, 'room:open')).at(-1)).toEqual(joined);
    expect((await dataOf(chat.log, 'user:bob')).at(-1)).toEqual(joined);
    expect(await chat.channelsOf('bob')).toContain('room:open');
    expect(await chat.channelsOf('bob', await chat.reopen())).toContain('room:open');
  });

  test('again is harmless, and answers the head', async () => {
    await join('bob', 'room:open');
    await chat.run('message.send', 'bob', { channel: 'room:open', key: 'k', text: 'x' });
    expect((await join('bob', 'room:open')).position.offset).toBe(3);
    await Promise.all([join('cyd', 'room:open'), join('cyd', 'room:open')]);
    expect(await dataOf(chat.log, 'room:open')).toHaveLength(4);
  });

  test.each([
    ['room:none', 'unknown_channel'],
    ['room:secret', 'unknown_channel'],
    ['open', 'unknown_channel'],
    ['room:', 'invalid_name'],
    ['feed:x', 'bad_request'],
    ['user:bob', 'bad_request'],
    ['user:ada', 'permission_denied'],
    ['direct:ada,cyd', 'permission_denied'],
    ['direct:ada,bob', 'bad_request'],
  ])('of %s is refused', async (channel, code) => {
    expect(await codeOf(join('bob', channel))).toBe(code);
  });

  test('stops at the limit of the room, also for many at once', async () => {
    const codes = await Promise.all(['bob', 'cyd', 'dan'].map((user) => codeOf(join(user, 'room:open'))));
    expect(codes).toEqual(['nothing failed', 'nothing failed', 'limit_exceeded']);
  });

  test('stops at the limit of the user', async () => {
    await join('bob', 'room:open');
    for (const name of ['x', 'y']) await chat.run('room.create', 'bob', { name });
    await chat.run('room.create', 'ada', { name: 'z' });
    expect(await codeOf(join('bob', 'room:z'))).toBe('limit_exceeded');
    await leave('bob', 'room:x');
    expect(await codeOf(join('bob', 'room:z'))).toBe('nothing failed');
  });

  test('that fails makes no member', async () => {
    chat.log.failures.push(new LogError('full', 'no room'));
    expect(await codeOf(join('bob', 'room:open'))).toBe('storage_full');
    expect(await chat.channelsOf('bob')).not.toContain('room:open');
  });

  test('may be followed by a message without waiting', async () => {
    const joining = join('bob', 'room:open');
    const sending = chat.run('message.send', 'bob', { channel: 'room:open', key: 'k', text: 'hello' });
    expect((await joining).position.offset).toBe(2);
    expect((await sending).position.offset).toBe(3);
  });

  test('is known already to who hears of it through the own feed', async () => {
    const readable: string[] = [];
    const asking: Promise<unknown>[] = [];
    chat.log.follow({
      told: ([record]) => {
        if (record?.channel !== 'user:bob') return;
        const asked = chat.chat.authorizeRead('bob', 'room:secret');
        asking.push(asked.then((channel) => readable.push(channel)));
      },
      skipped: () => {},
      wentBack: () => {},
    });
    await invite('ada', 'room:secret', 'bob');
    await Promise.all(asking);
    expect(readable).toEqual(['room:secret']);
  });
});

describe('room.leave', () => {
  test('ends the membership, with records in the room and in the own feed', async () => {
    await join('bob', 'room:open');
    expect((await leave('bob', 'room:open')).position.offset).toBe(3);
    const left = { type: 'left', user: 'bob', channel: 'room:open' };
    expect((await dataOf(chat.log, 'room:open')).at(-1)).toEqual(left);
    expect((await dataOf(chat.log, 'user:bob')).at(-1)).toEqual(left);
    expect(await chat.channelsOf('bob')).not.toContain('room:open');
    expect(await chat.channelsOf('bob', await chat.reopen())).not.toContain('room:open');
  });

  test('is refused where one is no member, and in the lobby', async () => {
    expect(await codeOf(leave('bob', 'room:open'))).toBe('not_a_member');
    expect(await codeOf(leave('bob', 'room:secret'))).toBe('unknown_channel');
    expect(await codeOf(leave('bob', LOBBY))).toBe('permission_denied');
  });

  test('that fails leaves the member as they were', async () => {
    chat.log.failures.push(new LogError('full', 'no room'));
    expect(await codeOf(leave('ada', 'room:open'))).toBe('storage_full');
    const { members } = await chat.run('channel.members', 'ada', { channel: 'room:open' });
    expect(members).toEqual([{ user: 'ada', role: 'owner', present: false }]);
  });

  test('of a private room hides it', async () => {
    await invite('ada', 'room:secret', 'bob');
    await leave('bob', 'room:secret');
    expect(await codeOf(chat.chat.authorizeRead('bob', 'room:secret'))).toBe('unknown_channel');
  });
});

describe('room.invite', () => {
  test('adds another, and says who did', async () => {
    expect((await invite('ada', 'room:secret', 'BOB')).position.offset).toBe(2);
    const joined = { type: 'joined', user: 'bob', channel: 'room:secret', by: 'ada' };
    expect((await dataOf(chat.log, 'room:secret')).at(-1)).toEqual(joined);
    expect((await dataOf(chat.log, 'user:bob')).at(-1)).toEqual(joined);
    expect((await invite('bob', 'room:secret', 'ada')).position.offset).toBe(2);
  });

  test('makes a name known that never signed in', async () => {
    await invite('ada', 'room:secret', 'Eve');
    expect(await chat.channelsOf('eve')).toEqual(['user:Eve', 'room:secret']);
    expect(await chat.channelsOf('EVE', await chat.reopen())).toEqual(['user:Eve', 'room:secret']);
  });

  test('that fails makes nobody known', async () => {
    chat.log.failures.push(new LogError('full', 'no room'));
    expect(await codeOf(invite('ada', 'room:secret', 'Eve'))).toBe('storage_full');
    expect(await codeOf(chat.channelsOf('eve'))).toBe('unknown_user');
    const { members } = await chat.run('channel.members', 'ada', { channel: 'room:secret' });
    expect(members).toHaveLength(1);
  });

  test('is for members, names and rooms', async () => {
    expect(await codeOf(invite('bob', 'room:open', 'cyd'))).toBe('not_a_member');
    expect(await codeOf(invite('bob', 'room:secret', 'cyd'))).toBe('unknown_channel');
    expect(await codeOf(invite('ada', 'room:open', 'a b'))).toBe('invalid_name');
    expect(await codeOf(invite('ada', 'feed:x', 'bob'))).toBe('bad_request');
    expect(await codeOf(invite('ada', 'room:open', 7))).toBe('bad_request');
  });

  test('by someone who left before its turn came is refused', async () => {
    await invite('ada', 'room:secret', 'bob');
    const release = chat.log.hold();
    const joining = join('dan', 'room:open');
    const leaving = leave('bob', 'room:secret');
    const inviting = codeOf(invite('bob', 'room:secret', 'dan'));
    release();
    expect(await inviting).toBe('unknown_channel');
    await Promise.all([joining, leaving]);
    expect(await chat.channelsOf('dan')).not.toContain('room:secret');
  });

  test('stops at the limit of the room', async () => {
    await invite('ada', 'room:open', 'bob');
    await invite('ada', 'room:open', 'cyd');
    expect(await codeOf(invite('ada', 'room:open', 'dan'))).toBe('limit_exceeded');
  });
});

describe('channel.members', () => {
  const members = async (user: string, channel: string) =>
    (await chat.run('channel.members', user, { channel })).members;

  test('goes by name, and says who is here', async () => {
    await join('cyd', 'room:open');
    await join('bob', 'room:open');
    chat.presence.come('cyd', 'room:open');
    chat.presence.come('bob', LOBBY);
    expect(await members('dan', 'room:open')).toEqual([
      { user: 'ada', role: 'owner', present: false },
      { user: 'bob', role: 'member', present: false },
      { user: 'cyd', role: 'member', present: true },
    ]);
  });

  test('says when those who are away were last here, where that is known', async () => {
    await join('bob', 'room:open');
    await join('cyd', 'room:open');
    for (const user of ['bob', 'cyd']) await chat.chat.sawLast(user, 1_763_600_000_000.5);
    await chat.chat.sawLast('bob', 1_763_500_000_000);
    chat.presence.come('cyd', 'room:open');
    expect(await members('dan', 'room:open')).toEqual([
      { user: 'ada', role: 'owner', present: false },
      { user: 'bob', role: 'member', present: false, seen: 1_763_600_000_000 },
      { user: 'cyd', role: 'member', present: true },
    ]);
  });

  test('names the two of a direct conversation, opened or not, and nobody for a feed', async () => {
    const names = async (channel: string) => (await members('ada', channel)).map((member) => member.user);
    expect(await names('direct:bob,ada')).toEqual(['ada', 'bob']);
    await chat.run('direct.open', 'ada', { user: 'bob' });
    expect(await names('direct:bob,ada')).toEqual(['ada', 'bob']);
    expect(await names('direct:ada,ada')).toEqual(['ada']);
    expect(await names('user:ada')).toEqual(['ada']);
    expect(await names('feed:news')).toEqual([]);
  });

  test('comes in pages, from the name that the last one ended with', async () => {
    await chat.chat.signIn('Zoe');
    const page = async (channel: string, params: object) => {
      const { members: listed, next } = await chat.run('channel.members', 'ada', { channel, ...params });
      return [listed.map((member) => member.user), next];
    };
    expect(await page(LOBBY, { limit: 2 })).toEqual([['ada', 'bob'], 'bob']);
    expect(await page(LOBBY, { limit: 2, after: 'bob' })).toEqual([['cyd', 'dan'], 'dan']);
    expect(await page(LOBBY, { limit: 2, after: 'dan' })).toEqual([['Zoe'], undefined]);
    expect(await page(LOBBY, { limit: 5 })).toEqual([['ada', 'bob', 'cyd', 'dan', 'Zoe'], undefined]);
    expect(await page('direct:ada,bob', { limit: 1 })).toEqual([['ada'], 'ada']);
    expect(await page('direct:ada,bob', { limit: 1, after: 'ada' })).toEqual([['bob'], undefined]);
    expect(await codeOf(page(LOBBY, { after: 'a\u0000' }))).toBe('bad_request');
    expect(await codeOf(page(LOBBY, { limit: 1001 }))).toBe('bad_request');
  });

  test('tells outsiders nothing of a private room', async () => {
    expect(await codeOf(members('bob', 'room:secret'))).toBe('unknown_channel');
  });
});

describe('what joining and leaving write', () => {
  test("begins with the user's own feed, so that it holds for all that come behind it", async () => {
    await join('bob', 'room:open');
    const { records } = await chat.log.readAfter({
      channels: ['user:bob', 'room:open'].map((channel) => ({ channel, after: 0 })),
      limit: 100,
    });
    const [feed, room] = records.slice(-2);
    expect([feed?.channel, room?.channel]).toEqual(['user:bob', 'room:open']);
    expect((await chat.chat.memberships('bob')).channels.get('room:open')).toBe(feed?.id);
  });

  test('counts members, conversations, users and rooms made', async () => {
    await join('bob', 'room:open');
    await invite('ada', 'room:secret', 'eve');
    await leave('bob', 'room:open');
    const { facts } = await chat.log.facts(['n/room:open', 'k/ada', 'k/bob', 'k/eve', 'o/ada', 'c/users']);
    expect(facts.map((fact) => fact?.value)).toEqual(['1', '3', '1', '1', '2', '5']);
  });

  test('is told to nobody but the user in a room of many, and takes place all the same', async () => {
    const large = await openChat({ maxMembersTold: 2 });
    for (const name of ['ada', 'bob', 'cyd']) await large.chat.signIn(name);
    expect(await dataOf(large.log, LOBBY)).toHaveLength(2);
    await large.run('room.create', 'ada', { name: 'open' });
    await large.run('room.join', 'bob', { channel: 'room:open' });
    await large.run('message.send', 'ada', { channel: 'room:open', key: 'k', text: 'x' });
    const joined = await large.run('room.join', 'cyd', { channel: 'room:open' });
    expect(joined.position.offset).toBe(3);
    expect(await large.channelsOf('cyd')).toContain('room:open');
    expect((await large.run('room.list', 'cyd', {})).rooms[1]).toMatchObject({ members: 3, joined: true });
    expect((await dataOf(large.log, 'user:cyd')).at(-1)).toMatchObject({ type: 'joined' });
    const left = await large.run('room.leave', 'cyd', { channel: 'room:open' });
    expect(left.position.offset).toBe(3);
    expect((await dataOf(large.log, 'user:cyd')).at(-1)).toMatchObject({ type: 'left' });
    // Of two members again, it is told who goes.
    await large.run('room.leave', 'bob', { channel: 'room:open' });
    expect(await dataOf(large.log, 'room:open')).toHaveLength(3);
  });
});

/** What two nodes on one storage come to, each of which hears of the other's commits late. */
import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { channelsOf, codeOf, dataOf, openNodes, type TestChat } from './fixtures.js';

let here: TestChat;
let there: TestChat;
beforeEach(async () => {
  [here, there] = (await openNodes(2, { maxRoomsPerUser: 3, maxMembersPerRoom: 3, maxUsers: 5 })) as [
    TestChat,
    TestChat,
  ];
  for (const name of ['ada', 'bob']) await here.chat.signIn(name);
  await here.run('room.create', 'ada', { name: 'tea', private: true });
  await here.run('room.invite', 'ada', { channel: 'room:tea', user: 'bob' });
});

async function texts(): Promise<string[]> {
  await here.log.catchUp();
  const data = await dataOf(here.log, 'room:tea');
  return data.flatMap((said) => (said.type === 'message' ? [said.text] : []));
}

describe('a node that is late', () => {
  test('refuses nobody wrongly', async () => {
    await there.log.catchUp();
    expect(await codeOf(there.run('room.join', 'bob', { channel: 'room:new' }))).toBe('unknown_channel');
    await here.run('room.create', 'ada', { name: 'new' });
    expect(await codeOf(there.run('room.join', 'bob', { channel: 'room:new' }))).toBe('nothing failed');
    await here.chat.signIn('cyd');
    expect(await there.chat.execute('me.state', 'cyd', {})).toMatchObject({ user: 'cyd' });
    expect(await codeOf(there.chat.authorizeRead('cyd', 'room:tea'))).toBe('unknown_channel');
    await here.run('room.invite', 'ada', { channel: 'room:tea', user: 'cyd' });
    expect(await there.chat.authorizeRead('cyd', 'room:tea')).toBe('room:tea');
    const sent = await here.run('message.send', 'ada', { channel: 'room:tea', key: 'k', text: 'x' });
    const reaction = { channel: 'room:tea', offset: sent.position.offset, reaction: '👍' };
    expect(await codeOf(there.run('message.react', 'bob', reaction))).toBe('nothing failed');
  });

  test('keeps what it has asked for, and learns by the tail alone', async () => {
    const memberships = await there.chat.memberships('bob');
    const heard: [string, number | undefined][] = [];
    memberships.watch((channel, from) => heard.push([channel, from]));
    await here.run('room.leave', 'bob', { channel: 'room:tea' });
    expect(memberships.channels.has('room:tea')).toBe(true);
    await there.log.catchUp();
    await here.run('room.invite', 'ada', { channel: 'room:tea', user: 'bob' });
    const from = here.log.position - 1;
    await there.log.catchUp();
    expect(heard).toEqual([
      ['room:tea', undefined],
      ['room:tea', from],
    ]);
    expect(memberships.channels.get('room:tea')).toBe(from);
  });
});

describe('a send', () => {
  const send = (node: TestChat, key: string) =>
    node.run('message.send', 'bob', { channel: 'room:tea', key, text: key });

  test('by someone who was removed elsewhere is refused, although this node has not heard of it', async () => {
    await send(there, 'member');
    await here.run('room.leave', 'bob', { channel: 'room:tea' });
    expect(there.log.position).toBeLessThan(here.log.position);
    expect(await codeOf(send(there, 'removed'))).toBe('unknown_channel');
    expect(await texts()).toEqual(['member']);
  });

  test('that crosses with the removal is before it, or not at all', async () => {
    await send(there, 'first');
    const [sent] = await Promise.all([
      codeOf(send(there, 'crossing')),
      here.run('room.leave', 'bob', { channel: 'room:tea' }),
    ]);
    await here.log.catchUp();
    const said = (await dataOf(here.log, 'room:tea')).map((data) => data.type);
    expect(said.at(-1) === 'left' || sent !== 'nothing failed').toBe(true);
    expect(said.lastIndexOf('message')).toBeLessThan(said.indexOf('left'));
  });

  test('by who left and came back goes on, by right of the new membership', async () => {
    await send(there, 'first');
    await here.run('room.leave', 'bob', { channel: 'room:tea' });
    await here.run('room.invite', 'ada', { channel: 'room:tea', user: 'bob' });
    await send(there, 'back');
    expect(await texts()).toEqual(['first', 'back']);
  });

  test('that is tried again on another node is the same', async () => {
    const first = await send(here, 'k');
    expect(await send(there, 'k')).toEqual({ ...first, duplicate: true });
  });
});

describe('a direct conversation', () => {
  test('that both open at once is one', async () => {
    const channel = 'direct:ada,bob';
    const [a, b] = await Promise.all([
      here.run('direct.open', 'ada', { user: 'bob' }),
      there.run('message.send', 'bob', { channel, key: 'k', text: 'first' }),
    ]);
    expect([a, b]).toMatchObject([{ channel }, { position: { offset: 1 } }]);
    await here.log.catchUp();
    for (const user of ['ada', 'bob']) {
      const joined = (await dataOf(here.log, `user:${user}`)).filter(
        (data) => data.type === 'joined' && data.channel === channel,
      );
      expect(joined).toHaveLength(1);
      expect(await channelsOf(there.chat, user)).toContain(channel);
    }
    const counts = (await here.log.facts(['k/ada', 'k/bob'])).facts.map((fact) => fact?.value);
    expect(counts).toEqual(['3', '3']);
  });

  test('with a name that nobody has had makes one user of it, spelled as the first one did', async () => {
    const sent = await Promise.all([
      here.chat.sendDirect('ada', 'Zoe', 'hello'),
      there.chat.sendDirect('bob', 'zoe', 'hello'),
    ]);
    const names = new Set(sent.map(({ channel }) => channel.replace(/direct:|ada|bob|,/gu, '')));
    expect(names.size).toBe(1);
    const { facts } = await here.log.facts(['c/users', 'u/zoe', 'k/zoe']);
    expect(facts.map((fact) => fact?.value)).toEqual(['3', JSON.stringify({ name: [...names][0] }), '2']);
  });
});

describe('a room', () => {
  test('that two create at once has one owner', async () => {
    const outcomes = await Promise.all([
      codeOf(here.run('room.create', 'ada', { name: 'Same' })),
      codeOf(there.run('room.create', 'bob', { name: 'same' })),
    ]);
    expect(outcomes.toSorted()).toEqual(['nothing failed', 'room_exists']);
    expect((await here.log.list('m/same/', 10)).facts).toHaveLength(1);
  });

  test('that one creates twice, by two nodes and one key, is one', async () => {
    const params = { name: 'same', key: 'k' };
    const both = await Promise.all([here, there].map((node) => node.run('room.create', 'ada', params)));
    expect(both).toEqual([{ channel: 'room:same' }, { channel: 'room:same' }]);
  });

  test('takes no more members than it may, whoever they ask', async () => {
    for (const name of ['cyd', 'dan']) await here.chat.signIn(name);
    await there.log.catchUp();
    const invite = (node: TestChat, user: string) =>
      codeOf(node.run('room.invite', 'ada', { channel: 'room:tea', user }));
    const outcomes = await Promise.all([invite(here, 'cyd'), invite(there, 'dan')]);
    expect(outcomes.toSorted()).toEqual(['limit_exceeded', 'nothing failed']);
    expect((await here.log.facts(['n/room:tea'])).facts[0]?.value).toBe('3');
  });

  test('is made by nobody more often than they may', async () => {
    await Promise.all(
      [here, there].map((node, index) => node.run('room.create', 'ada', { name: `r${index}` })),
    );
    expect(await codeOf(there.run('room.create', 'ada', { name: 'r3' }))).toBe('limit_exceeded');
  });

  test('that one joins twice at once has them once', async () => {
    await here.run('room.create', 'ada', { name: 'open' });
    await Promise.all([here, there].map((node) => node.run('room.join', 'bob', { channel: 'room:open' })));
    await here.log.catchUp();
    expect(await dataOf(here.log, 'room:open')).toHaveLength(2);
    expect((await here.log.facts(['n/room:open'])).facts[0]?.value).toBe('2');
  });
});

describe('read positions', () => {
  test('only move forward, whichever node is told', async () => {
    for (const key of ['1', '2', '3']) {
      await here.run('message.send', 'ada', { channel: LOBBY, key, text: key });
    }
    const read = async (node: TestChat, offset: number) =>
      (await node.run('receipt.read', 'bob', { channel: LOBBY, offset })).position.offset;
    expect(await read(there, 3)).toBe(3);
    expect(await read(here, 5)).toBe(5);
    const answers = await Promise.all([read(there, 4), read(here, 100)]);
    expect(answers[1]).toBe(5);
    await there.log.catchUp();
    expect(await read(there, 1)).toBe(5);
    const told = (await dataOf(here.log, 'user:bob')).flatMap((data) =>
      data.type === 'read' ? [data.offset] : [],
    );
    expect(told).toEqual([3, 5]);
    expect(await there.chat.handedOver('bob', LOBBY)).toBe(5);
  });

  test('of what was handed over are the same everywhere', async () => {
    await Promise.all([
      here.chat.markHandedOver('bob', LOBBY, 1),
      there.chat.markHandedOver('bob', LOBBY, 2),
    ]);
    await here.chat.markHandedOver('bob', LOBBY, 1);
    expect(await here.chat.handedOver('bob', LOBBY)).toBe(2);
  });
});

describe('signing in', () => {
  test('on both nodes at once makes one user, and one member of the lobby', async () => {
    const names = await Promise.all([here.chat.signIn('Cyd'), there.chat.signIn('cyd')]);
    expect(new Set(names).size).toBe(1);
    await here.log.catchUp();
    const { facts } = await here.log.facts(['c/users', `n/${LOBBY}`, 'k/cyd']);
    expect(facts.map((fact) => fact?.value)).toEqual(['3', '3', '1']);
    expect(await dataOf(here.log, `user:${names[0]}`)).toHaveLength(1);
  });

  test('stops at the limit of users, whoever is asked', async () => {
    const asked = ['cyd', 'dan', 'eve', 'fay', 'gus', 'hal'].map((name, index) =>
      codeOf((index % 2 === 0 ? here : there).chat.signIn(name)),
    );
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((code) => code === 'nothing failed')).toHaveLength(3);
    expect(outcomes.filter((code) => code === 'limit_exceeded')).toHaveLength(3);
  });
});

describe('edits', () => {
  const changes = (offset: number, node: TestChat, text: string) =>
    node.run('message.edit', 'bob', { channel: 'room:tea', offset, text });

  test('from two nodes at once leave the text of one', async () => {
    const sent = await here.run('message.send', 'bob', { channel: 'room:tea', key: 'k', text: 'good' });
    const { offset } = sent.position;
    await Promise.all([changes(offset, here, 'better'), changes(offset, there, 'best')]);
    await here.log.catchUp();
    const data = await dataOf(here.log, 'room:tea');
    expect(data.filter(({ type }) => type === 'edit')).toHaveLength(1);
    expect(data.filter(({ type }) => type === 'deleted')).toHaveLength(1);
  });

  test('that cross with the deletion leave nothing of the text', async () => {
    const sent = await here.run('message.send', 'bob', { channel: 'room:tea', key: 'k', text: 'secret' });
    const { offset } = sent.position;
    await Promise.all([
      codeOf(changes(offset, there, 'secret too')),
      here.run('message.delete', 'bob', { channel: 'room:tea', offset }),
    ]);
    for (const node of [here, there]) {
      await node.log.catchUp();
      expect(JSON.stringify(await dataOf(node.log, 'room:tea'))).not.toContain('secret');
    }
  });
});

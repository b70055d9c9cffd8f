import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer, TestSession } from '../../support/server.js';
import { settle, until } from '../../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

async function fresh(): Promise<TestSession> {
  return new TestSession(await server.socket('/connection/websocket'));
}

describe('connect', () => {
  test('answers who one is and how often the server pings', async () => {
    const session = await fresh();
    const result = await session.call('connect', { token: await server.token('alice') });
    expect(result).toMatchObject({ ping: 25, pong: true, data: { user: 'alice' }, version: '0.1.0' });
    expect(result.client).toMatch(/^[0-9a-f]{24}$/);
    expect(result).not.toHaveProperty('subs');
  });

  test('a command in the same frame waits for it', async () => {
    const session = await fresh();
    const connect = JSON.stringify({ id: 1, connect: { token: await server.token('alice') } });
    session.socket.send(`${connect}\n{"id":2,"subscribe":{"channel":"${LOBBY}"}}\n\n{"id":3,"ping":{}}\n`);
    const replies = () => session.messages.filter((message) => message.id !== undefined);
    await until(() => replies().length === 3);
    expect(replies()[0]).toMatchObject({ id: 1, connect: {} });
    expect(replies().some((reply) => reply.error)).toBe(false);
  });

  test('a token that is none ends the session for good', async () => {
    const session = await fresh();
    expect(await session.fail('connect', { token: 'x.y.z' })).toMatchObject({ code: 101 });
    expect(await session.socket.end()).toEqual({ code: 3500, reason: 'invalid token' });
  });

  test('a second one is refused, and the session kept', async () => {
    const session = await server.session('alice');
    expect(await session.fail('connect', {})).toMatchObject({ code: 107 });
    await session.call('ping');
  });
});

describe('follow: mine', () => {
  test('says the epoch, which names alone and pushes do not tell', async () => {
    const session = await fresh();
    const token = await server.token('alice');
    const { data, subs } = await session.call('connect', { token, data: { follow: 'mine' } });
    expect(data?.epoch).toBe(subs?.[LOBBY]?.epoch);
    const again = await fresh();
    const since = data?.cursor;
    const result = await again.call('connect', { token, data: { follow: 'mine', since } });
    expect(result.data).toMatchObject({
      epoch: data?.epoch,
      recovered: true,
      channels: ['user:alice', LOBBY],
    });
  });

  test('subscribes what the user belongs to, the own feed first', async () => {
    const session = await fresh();
    const { subs } = await session.call('connect', {
      token: await server.token('alice'),
      data: { follow: 'mine' },
    });
    expect(Object.keys(subs ?? {})).toEqual(['user:alice', LOBBY]);
    expect(subs?.[LOBBY]).toMatchObject({ recoverable: true, positioned: true, offset: 1 });
  });

  test('keeps it so: what is joined is told and read from the joining on, what is left is taken back', async () => {
    const bob = await server.token('bob');
    await server.command(bob, 'room.create', { name: 'tea' });
    await server.command(bob, 'message.send', { channel: 'room:tea', key: 'k0', text: 'before' });
    const session = await server.session('alice', { data: { follow: 'mine' } });
    await session.rpc('room.join', { channel: 'room:tea' });
    await server.command(bob, 'message.send', { channel: 'room:tea', key: 'k1', text: 'after' });
    await until(() => session.texts('room:tea').length > 0);
    expect(session.texts('room:tea')).toEqual(['after']);
    const pushes = session.pushes.filter((push) => push.channel === 'room:tea');
    expect(pushes[0]).toMatchObject({ subscribe: { offset: 2, recoverable: true } });
    expect(session.offsets('room:tea')).toEqual([3, 4]);
    await session.rpc('room.leave', { channel: 'room:tea' });
    await until(() => session.pushes.some((push) => push.unsubscribe));
    await server.command(bob, 'message.send', { channel: 'room:tea', key: 'k2', text: 'unseen' });
    await session.call('ping');
    expect(session.texts('room:tea')).toEqual(['after']);
  });

  test('who joins and leaves in one breath follows what they belong to in the end', async () => {
    const bob = await server.session('bob');
    const { channel } = await bob.rpc('room.create', { name: 'den', private: true });
    const session = await server.session('alice', { data: { follow: 'mine' } });
    for (let round = 0; round < 10; round++) {
      await bob.rpc('room.invite', { channel, user: 'alice' });
      await session.rpc('room.leave', { channel });
    }
    await bob.rpc('message.send', { channel, key: 'k', text: 'unseen' });
    await session.call('ping');
    await settle(20);
    expect(session.texts(channel)).toEqual([]);
    await bob.rpc('room.invite', { channel, user: 'alice' });
    await bob.rpc('message.send', { channel, key: 'l', text: 'seen' });
    await until(() => session.texts(channel).length > 0);
    expect(session.texts(channel)).toEqual(['seen']);
  });

  test('a first direct message brings its conversation', async () => {
    const session = await server.session('alice', { data: { follow: 'mine' } });
    const bob = await server.token('bob');
    const { channel } = await server.command(bob, 'direct.open', { user: 'alice' });
    await server.command(bob, 'message.send', { channel, key: 'k', text: 'psst' });
    await until(() => session.texts(channel).length > 0);
    expect(session.texts(channel)).toEqual(['psst']);
  });

  test('what was missed in many channels is bounded in one answer, and all of it comes', async () => {
    await server.close();
    server = await startServer({ limits: { answerPublications: 10 } });
    const bob = await server.session('bob');
    const rooms = ['a', 'b', 'c'];
    const first = await server.session('alice', { data: { follow: 'mine' } });
    const subs: Record<string, object> = {};
    for (const name of rooms) {
      const { channel } = await bob.rpc('room.create', { name });
      const { position } = await first.rpc('room.join', { channel });
      subs[channel] = { recover: true, ...position };
    }
    first.socket.socket.terminate();
    for (const channel of Object.keys(subs)) {
      for (const key of ['1', '2', '3', '4', '5', '6', '7']) {
        await bob.rpc('message.send', { channel, key, text: key });
      }
    }
    const again = await fresh();
    const connect = { token: await server.token('alice'), data: { follow: 'mine' }, subs };
    const results = (await again.call('connect', connect)).subs ?? {};
    const recovered = (channel: string): string[] =>
      (results[channel]?.publications ?? []).map(({ data }) => (data as { text: string }).text);
    expect(Object.keys(subs).map((channel) => recovered(channel).length)).toEqual([7, 3, 0]);
    for (const channel of Object.keys(subs)) {
      expect(results[channel]).toMatchObject({ recovered: true });
      const all = (): (string | undefined)[] => [...recovered(channel), ...again.texts(channel)];
      await until(() => all().length >= 7);
      expect(all()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    }
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer, TestSession } from '../support/server.js';
import { settle, until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { badFrames: 10, messageBytes: 1000, frameBytes: 20_000 } });
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
    expect(result.client).toMatch(/^[\w-]{16}$/);
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

  test('a first direct message brings its conversation', async () => {
    const session = await server.session('alice', { data: { follow: 'mine' } });
    const bob = await server.token('bob');
    const { channel } = await server.command(bob, 'direct.open', { user: 'alice' });
    await server.command(bob, 'message.send', { channel, key: 'k', text: 'psst' });
    await until(() => session.texts(channel).length > 0);
    expect(session.texts(channel)).toEqual(['psst']);
  });
});

describe('subscribe and recover', () => {
  async function say(session: TestSession, ...texts: string[]): Promise<void> {
    for (const text of texts) await session.rpc('message.send', { channel: LOBBY, key: text, text });
  }

  test('a publication is pushed to everyone who follows, the sender included', async () => {
    const alice = await server.session('alice');
    const bob = await server.session('bob');
    for (const session of [alice, bob]) await session.call('subscribe', { channel: LOBBY });
    await say(alice, 'hello');
    await until(() => bob.texts(LOBBY).length > 0);
    const expected = { data: { type: 'message', text: 'hello' }, info: { user: 'alice', key: 'hello' } };
    for (const session of [alice, bob]) expect(session.publications(LOBBY)[0]).toMatchObject(expected);
  });

  test('recovers what was missed, whether or not anything was received before, and every time', async () => {
    const bob = await server.session('bob');
    const first = await server.session('alice');
    const { epoch, offset } = await first.call('subscribe', { channel: LOBBY });
    let position = offset;
    first.socket.socket.terminate();
    for (let round = 1; round <= 3; round++) {
      await say(bob, `a${round}`, `b${round}`);
      const again = await server.session('alice');
      const result = await again.call('subscribe', {
        channel: LOBBY,
        recover: true,
        epoch,
        offset: position,
      });
      expect(result).toMatchObject({ was_recovering: true, recovered: true });
      expect(result.publications).toMatchObject([
        { data: { text: `a${round}` } },
        { data: { text: `b${round}` } },
      ]);
      position = result.offset;
      again.socket.socket.terminate();
    }
  });

  test('a position of another epoch, or from beyond the end, is a gap: told, and read on from now', async () => {
    const session = await server.session('alice');
    const bob = await server.session('bob');
    await say(bob, 'missed');
    const wrong = await session.call('subscribe', {
      channel: LOBBY,
      recover: true,
      epoch: 'other',
      offset: 1,
    });
    expect(wrong).toMatchObject({ was_recovering: true, recovered: false, gap: { reason: 'epoch' } });
    await session.call('unsubscribe', { channel: LOBBY });
    const { epoch } = wrong;
    const beyond = await session.call('subscribe', { channel: LOBBY, recover: true, epoch, offset: 1000 });
    expect(beyond).toMatchObject({ recovered: false, offset: wrong.offset });
    await say(bob, 'next');
    await until(() => session.texts(LOBBY).length > 0);
    expect(session.texts(LOBBY)).toEqual(['next']);
  });

  test('more than an answer holds is recovered all the same: the rest is pushed, in order', async () => {
    const bob = await server.session('bob');
    const session = await server.session('alice');
    const { epoch, offset } = await session.call('subscribe', { channel: LOBBY });
    await session.call('unsubscribe', { channel: LOBBY });
    await Promise.all(
      Array.from({ length: 1500 }, (_, at) =>
        bob.rpc('message.send', { channel: LOBBY, key: `k${at}`, text: String(at) }),
      ),
    );
    const result = await session.call('subscribe', { channel: LOBBY, recover: true, epoch, offset });
    expect(result.recovered).toBe(true);
    const recovered = (result.publications ?? []).map((publication) => publication.offset);
    await until(() => recovered.length + session.texts(LOBBY).length >= 1500);
    const all = [...recovered, ...session.offsets(LOBBY)];
    expect(all).toEqual(Array.from({ length: 1500 }, (_, at) => offset + 1 + at));
    expect(result.offset).toBe(recovered.at(-1));
  });

  test('twice is refused; after unsubscribing nothing is pushed', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: LOBBY });
    expect((await session.fail('subscribe', { channel: LOBBY })).code).toBe(105);
    await session.call('unsubscribe', { channel: LOBBY });
    const bob = await server.session('bob');
    await say(bob, 'unseen');
    await session.call('ping');
    expect(session.offsets(LOBBY)).toEqual([]);
  });

  test('a channel in another spelling is the same one, and seen as it was asked for', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: 'room:LOBBY' });
    const bob = await server.session('bob');
    await say(bob, 'hello');
    await until(() => session.texts('room:LOBBY').length > 0);
    await session.call('unsubscribe', { channel: 'room:LOBBY' });
    await say(bob, 'unseen');
    await session.call('ping');
    expect(session.texts('room:LOBBY')).toEqual(['hello']);
  });

  test('what one may not read is refused, and a private room that one left is taken back', async () => {
    const owner = await server.session('olga');
    const { channel } = await owner.rpc('room.create', { name: 'den', private: true });
    const session = await server.session('alice');
    expect((await session.fail('subscribe', { channel })).code).toBe(102);
    expect((await session.fail('subscribe', { channel: 'user:olga' })).code).toBe(103);
    await owner.rpc('room.invite', { channel, user: 'alice' });
    await session.call('subscribe', { channel });
    await session.rpc('room.leave', { channel });
    await until(() => session.pushes.some((push) => push.unsubscribe));
    expect(session.pushes.at(-1)).toMatchObject({ channel, unsubscribe: { code: 2000 } });
    expect((await session.fail('history', { channel, limit: 1 })).code).toBe(102);
  });
});

describe('the other methods', () => {
  test('publish appends an object as it came, where one may write', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: LOBBY });
    const data = { type: 'poll', options: ['a', { b: [1, null] }] };
    const { offset } = await session.call('publish', { channel: LOBBY, data });
    await until(() => session.offsets(LOBBY).includes(offset ?? 0));
    expect(session.publications(LOBBY).at(-1)?.data).toEqual(data);
    expect((await session.fail('publish', { channel: 'user:bob', data })).code).toBeGreaterThan(100);
    expect((await session.fail('publish', { channel: LOBBY, data: 'text' })).code).toBe(107);
    expect((await session.fail('publish', { channel: 'feed:news', data })).code).toBe(103);
  });

  test('history goes both ways from a position', async () => {
    const session = await server.session('alice');
    for (const key of ['a', 'b', 'c', 'd'])
      await session.rpc('message.send', { channel: LOBBY, key, text: key });
    const at = async (params: object): Promise<number[]> =>
      (await session.call('history', { channel: LOBBY, ...params })).publications.map(
        (publication) => publication.offset,
      );
    const { epoch, offset } = await session.call('history', { channel: LOBBY });
    expect(offset).toBe(5);
    expect(await at({})).toEqual([]);
    expect(await at({ limit: -1 })).toEqual([1, 2, 3, 4, 5]);
    expect(await at({ limit: 2, since: { epoch, offset: 2 } })).toEqual([3, 4]);
    expect(await at({ limit: 2, reverse: true })).toEqual([5, 4]);
    expect(await at({ limit: 2, reverse: true, since: { epoch, offset: 4 } })).toEqual([3, 2]);
    const wrong = { channel: LOBBY, limit: 1, since: { epoch: 'other', offset: 1 } };
    expect((await session.fail('history', wrong)).code).toBe(112);
  });

  test('presence says who is there by session, and joins and leaves are pushed', async () => {
    const alice = await server.session('alice');
    await alice.call('subscribe', { channel: LOBBY });
    const bob = await server.session('bob');
    await bob.call('subscribe', { channel: LOBBY });
    await until(() => alice.pushes.some((push) => push.join?.info.user === 'bob'));
    const { presence } = await alice.call('presence', { channel: LOBBY });
    expect(Object.values(presence).map((info) => info.user)).toEqual(['alice', 'bob']);
    expect(await alice.call('presence_stats', { channel: LOBBY })).toEqual({ num_clients: 2, num_users: 2 });
    bob.socket.socket.close(1000);
    await until(() => alice.pushes.some((push) => push.leave?.info.user === 'bob'));
  });

  test('a cut connection that comes back is no leave and no join', async () => {
    const alice = await server.session('alice');
    await alice.call('subscribe', { channel: LOBBY });
    const bob = await server.session('bob');
    await bob.call('subscribe', { channel: LOBBY });
    await until(() => alice.pushes.some((push) => push.join));
    const before = alice.pushes.length;
    bob.socket.socket.terminate();
    const again = await server.session('bob');
    await again.call('subscribe', { channel: LOBBY });
    await alice.call('ping');
    expect(alice.pushes).toHaveLength(before);
  });

  test('typing is pushed to those who follow, and not stored', async () => {
    const alice = await server.session('alice');
    const bob = await server.session('bob');
    await alice.call('subscribe', { channel: LOBBY });
    const { offset } = await alice.call('history', { channel: LOBBY });
    await bob.rpc('typing.set', { channel: LOBBY, typing: true });
    await until(() => alice.pushes.some((push) => JSON.stringify(push).includes('typing')));
    expect((await alice.call('history', { channel: LOBBY })).offset).toBe(offset);
  });

  test('rpc is the table of commands, and its errors are theirs', async () => {
    const session = await server.session('alice');
    const { position } = await session.rpc('message.send', { channel: LOBBY, key: 'k', text: 'hi' });
    expect(position.offset).toBe(2);
    const again = await session.rpc('message.send', { channel: LOBBY, key: 'k', text: 'hi' });
    expect(again).toEqual({ position, duplicate: true });
    const failed = async (method: string, data: unknown): Promise<number> =>
      (await session.fail('rpc', { method, data })).code;
    expect(await failed('message.fly', {})).toBe(104);
    expect(await failed('message.send', { channel: LOBBY })).toBe(107);
    expect(await failed('message.send', { channel: LOBBY, key: 'k', text: 'other' })).toBe(1007);
    expect(await failed('message.send', { channel: LOBBY, key: 'l', text: 'x'.repeat(1001) })).toBe(1004);
    expect((await session.fail('rpc', {})).code).toBe(107);
  });

  test('send needs no answer', async () => {
    const session = await server.session('alice');
    session.socket.send({ send: { data: 1 } });
    await session.call('ping');
    expect(session.messages.filter((message) => message.error)).toEqual([]);
  });

  test('what was sent one after the other without waiting is in that order', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: LOBBY });
    const texts = Array.from({ length: 200 }, (_, at) => `t${at}`);
    const lines = texts.map((text, at) =>
      JSON.stringify({
        id: 1000 + at,
        rpc: { method: 'message.send', data: { channel: LOBBY, key: text, text } },
      }),
    );
    session.socket.send(lines.slice(0, 100).join('\n'));
    for (const line of lines.slice(100)) session.socket.send(line);
    await until(() => session.texts(LOBBY).length === 200);
    expect(session.texts(LOBBY)).toEqual(texts);
  });
});

describe('bad input is answered, and the session kept', () => {
  const cases: [string, string, number | undefined, number][] = [
    ['malformed JSON', '{"id":1,', undefined, 107],
    ['no object', '[1]', undefined, 107],
    ['an empty frame', '', undefined, 107],
    ['no method', '{"id":9}', 9, 107],
    ['two methods', '{"id":9,"ping":{},"rpc":{}}', 9, 107],
    ['an unknown method', '{"id":9,"fly":{}}', 9, 104],
    ['a method named like a property of objects', '{"id":9,"constructor":{}}', 9, 104],
    ['no id', '{"ping":{}}', undefined, 107],
    ['an id that is none', '{"id":"9","ping":{}}', undefined, 107],
    ['parameters that do not fit', '{"id":9,"subscribe":{"channel":5}}', 9, 107],
    ['an unknown kind of channel', '{"id":9,"subscribe":{"channel":"nowhere"}}', 9, 102],
    ['a name with control characters', '{"id":9,"subscribe":{"channel":"room:a\\u0000b"}}', 9, 1000],
    [
      'a name of 10,000 characters',
      `{"id":9,"rpc":{"method":"room.create","data":{"name":"${'x'.repeat(10_000)}"}}}`,
      9,
      1000,
    ],
  ];
  for (const [name, frame, id, code] of cases) {
    test(name, async () => {
      const session = await server.session('alice');
      const before = session.messages.length;
      session.socket.send(frame);
      await until(() => session.messages.length > before);
      expect(session.messages.at(-1)).toMatchObject({ error: { code } });
      expect(session.messages.at(-1)?.id).toBe(id);
      await session.call('ping');
    });
  }

  test('a command before connect', async () => {
    const session = await fresh();
    expect(await session.fail('ping')).toMatchObject({ code: 101 });
    await session.call('connect', { token: await server.token('alice') });
  });

  test('only a flood of it ends the session, and nobody else notices', async () => {
    const other = await server.session('bob');
    const session = await server.session('alice');
    for (let at = 0; at < 9; at++) session.socket.send('nonsense');
    await session.call('ping');
    for (let at = 0; at < 10; at++) session.socket.send('nonsense');
    expect(await session.socket.end()).toEqual({ code: 3509, reason: 'too many errors' });
    await other.call('ping');
  });

  test('a binary frame is another protocol, and a frame over the limit is too big', async () => {
    const binary = await server.session('alice');
    binary.socket.socket.send(Buffer.from([1, 2, 3]));
    expect((await binary.socket.end()).code).toBe(3506);
    const big = await server.session('alice');
    big.socket.send('x'.repeat(20_001));
    expect((await big.socket.end()).code).toBe(1009);
  });
});

test('a listener that goes away in the middle of a burst takes nothing from the others', async () => {
  const sessions = await Promise.all(['a', 'b', 'c'].map((name) => server.session(name)));
  for (const session of sessions) await session.call('subscribe', { channel: LOBBY });
  const [first, second, third] = sessions as [TestSession, TestSession, TestSession];
  const sends = Array.from({ length: 100 }, (_, at) =>
    first.rpc('message.send', { channel: LOBBY, key: `k${at}`, text: String(at) }),
  );
  await settle(2);
  second.socket.socket.terminate();
  await Promise.all(sends);
  await until(() => third.texts(LOBBY).length === 100);
  expect(third.texts(LOBBY)).toEqual(Array.from({ length: 100 }, (_, at) => String(at)));
});

/** Several nodes on one log are one server: any of them answers any request, and what one does all of them know. */
import { expect, test } from 'vitest';
import { TestSession } from '../support/server.js';
import { LOBBY, say, sync, texts } from '../support/sync.js';
import { settle, until } from '../support/wait.js';
import { describeNodes } from './nodes.js';

describeNodes('two nodes', 2, (nodes) => {
  const at = (index: number) => nodes.all[index]!;

  test('what is said on one is heard on the other, over every transport', async () => {
    const alice = await at(0).token('alice');
    const bob = await at(1).token('bob');
    const session = await at(1).session('carol', { data: { follow: 'mine' } });
    const page = await at(1).socket('/ws');
    const { cursor } = (await sync(at(1), bob)).body;
    const held = sync(at(1), bob, { cursor, wait: '20' });
    await settle(20);
    await say(at(0), alice, 'hello');
    expect(texts((await held).body).filter((text) => text !== undefined)).toContain('hello');
    await until(() => session.texts(LOBBY).includes('hello'));
    await page.next(1);
    expect(page.received).toEqual(['hello']);
  });

  test('a cursor of one is good on the other, and nothing is lost, doubled or out of order between them', async () => {
    const alice = await at(0).token('alice');
    const bob = await at(0).token('bob');
    let { cursor } = (await sync(at(0), bob)).body;
    const heard: string[] = [];
    for (let round = 0; round < 20; round++) {
      await say(at(round % 2), alice, `a${round}`);
      await say(at((round + 1) % 2), alice, `b${round}`);
      const answer = (await sync(at(round % 3 === 0 ? 1 : 0), bob, { cursor })).body;
      heard.push(...texts(answer).filter((text) => text !== undefined));
      cursor = answer.cursor;
    }
    expect(heard).toEqual(Array.from({ length: 20 }, (_, round) => [`a${round}`, `b${round}`]).flat());
  });

  test('nobody is refused by a node that is late, and what is written on one can soon be read on the other', async () => {
    const alice = await at(0).token('alice');
    for (let round = 0; round < 5; round++) {
      const { channel } = await at(0).command(alice, 'room.create', { name: `tea-${round}` });
      await at(1).command(alice, 'message.send', { channel, key: 'k', text: `there ${round}` });
      const history = () => at(0).command(alice, 'channel.history', { channel, after: 1 });
      await until(async () => (await history()).publications.length > 0);
      expect((await history()).publications).toMatchObject([{ data: { text: `there ${round}` } }]);
    }
  });

  test('a direct conversation is one, whoever opens it where', async () => {
    const [alice, bob] = [await at(0).token('alice'), await at(1).token('bob')];
    const opened = await Promise.all([
      at(0).command(alice, 'direct.open', { user: 'bob' }),
      at(1).command(bob, 'direct.open', { user: 'alice' }),
    ]);
    expect(opened).toEqual([{ channel: 'direct:alice,bob' }, { channel: 'direct:alice,bob' }]);
    const session = await at(1).session('bob', { data: { follow: 'mine' } });
    await at(0).command(alice, 'message.send', { channel: 'direct:alice,bob', key: 'k', text: 'hi' });
    await until(() => session.texts('direct:alice,bob').includes('hi'));
  });

  test('who is removed on one hears nothing more on the other', async () => {
    const alice = await at(0).token('alice');
    const { channel } = await at(0).command(alice, 'room.create', { name: 'secrets', private: true });
    await at(1).token('bob');
    await at(0).command(alice, 'room.invite', { channel, user: 'bob' });
    const session = await at(1).session('bob', { data: { follow: 'mine' } });
    await at(0).command(alice, 'message.send', { channel, key: '1', text: 'for bob' });
    await until(() => session.texts(channel).includes('for bob'));
    await at(0).command(await at(0).token('bob'), 'room.leave', { channel });
    await at(0).command(alice, 'message.send', { channel, key: '2', text: 'without bob' });
    await at(0).command(alice, 'message.send', { channel: LOBBY, key: '3', text: 'for all' });
    await until(() => session.texts(LOBBY).includes('for all'));
    expect(session.texts(channel)).toEqual(['for bob']);
    expect(session.pushes.some((push) => push.channel === channel && push.unsubscribe !== undefined)).toBe(
      true,
    );
  });

  test('a key is good on every node: a retry elsewhere is the same message', async () => {
    const alice = await at(0).token('alice');
    const message = { channel: LOBBY, key: 'once', text: 'once' };
    const [first, second] = await Promise.all([
      at(0).command(alice, 'message.send', message),
      at(1).command(alice, 'message.send', message),
    ]);
    expect(first.position).toEqual(second.position);
    expect(Number(first.duplicate) + Number(second.duplicate)).toBe(1);
  });

  test('a newer request of a session releases the one that another node holds', async () => {
    const [alice, bob] = [await at(0).token('alice'), await at(0).token('bob')];
    const { cursor } = (await sync(at(0), bob)).body;
    const began = performance.now();
    const held = sync(at(0), bob, { cursor, wait: '30', session: 'tab' });
    await until(async () => /^fullduplex_held_requests 1$/m.test((await at(0).get('/metrics')).text));
    let newer = sync(at(1), bob, { cursor, wait: '30', session: 'tab' });
    expect((await held).body.publications).toEqual([]);
    expect(performance.now() - began).toBeLessThan(20_000);
    await say(at(0), alice, 'for the newer');
    // What the older one told may be late, and release the newer one too: it asks again, as clients do.
    for (let answer = await newer; !texts(answer.body).includes('for the newer'); answer = await newer) {
      newer = sync(at(1), bob, { cursor, wait: '30', session: 'tab' });
    }
  });

  test('typing and presence cross, and who leaves one node for another neither left nor joined', async () => {
    const alice = await at(0).session('alice', { data: { follow: 'mine' } });
    const bob = await at(1).session('bob', { data: { follow: 'mine' } });
    await until(async () => (await alice.call('presence_stats', { channel: LOBBY })).num_users === 2);
    await until(async () => (await bob.call('presence_stats', { channel: LOBBY })).num_users === 2);
    const { presence } = await alice.call('presence', { channel: LOBBY });
    expect(
      Object.values(presence)
        .map(({ user }) => user)
        .sort(),
    ).toEqual(['alice', 'bob']);
    await bob.rpc('typing.set', { channel: LOBBY, typing: true });
    await until(() => alice.pushes.some(({ message }) => JSON.stringify(message ?? '').includes('"typing"')));
    const { members } = await alice.rpc('channel.members', { channel: LOBBY });
    expect(members.map(({ user, present }) => [user, present])).toEqual([
      ['alice', true],
      ['bob', true],
    ]);
  });

  test('read positions only move forward, whichever node is told', async () => {
    const [alice, bob] = [await at(0).token('alice'), await at(0).token('bob')];
    for (let message = 0; message < 5; message++) await say(at(0), alice, `m${message}`);
    const { channels } = await at(1).command(bob, 'me.state');
    const { offset: head } = channels.find(({ channel }) => channel === LOBBY)!;
    await Promise.all([
      at(0).command(bob, 'receipt.read', { channel: LOBBY, offset: head }),
      at(1).command(bob, 'receipt.read', { channel: LOBBY, offset: head - 2 }),
    ]);
    for (const node of nodes.all) {
      const read = async () =>
        (await node.command(bob, 'me.state')).channels.find(({ channel }) => channel === LOBBY)?.read;
      await until(async () => (await read()) === head);
    }
  });

  test('the plain addresses cross as well', async () => {
    const bob = await at(1).socket('/ws/bob');
    const alice = await at(0).socket('/ws/alice');
    alice.send({ to_user: 'bob', msg: 'across' });
    await bob.next(1);
    expect(bob.received.map((text) => JSON.parse(text) as unknown)).toEqual([
      { from_user: 'alice', msg: 'across' },
    ]);
  });

  test('a session goes on on another node from its place', async () => {
    const alice = await at(0).token('alice');
    const first = await at(0).session('bob', { data: { follow: 'mine' } });
    await say(at(0), alice, 'before');
    await until(() => first.texts(LOBBY).includes('before'));
    const { cursor } = first.publications(LOBBY).at(-1) as unknown as { cursor: string };
    first.socket.socket.terminate();
    await say(at(0), alice, 'missed');
    const second = new TestSession(await at(1).socket('/connection/websocket'));
    const token = await at(1).token('bob');
    const { data } = await second.call('connect', { token, data: { follow: 'mine', since: cursor } });
    expect(data).toMatchObject({ recovered: true, channels: ['user:bob', LOBBY] });
    await say(at(0), alice, 'live');
    await until(() => second.texts(LOBBY).includes('live'));
    expect(second.texts(LOBBY)).toEqual(['missed', 'live']);
  });

  test('a node that starts later knows all that was', async () => {
    const alice = await at(0).token('alice');
    const { channel } = await at(0).command(alice, 'room.create', { name: 'tea' });
    await at(0).command(alice, 'message.send', { channel, key: 'k', text: 'before you came' });
    const third = await nodes.start();
    const { publications } = await third.command(alice, 'channel.history', { channel, after: 1 });
    expect(publications).toMatchObject([{ data: { text: 'before you came' } }]);
    const session = await third.session('alice', { data: { follow: 'mine' } });
    await at(1).command(alice, 'message.send', { channel, key: 'k2', text: 'now' });
    await until(() => session.texts(channel).includes('now'));
  });
});

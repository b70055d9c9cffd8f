import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../src/types.js';
import { connected, RealServer, record, TRANSPORTS, until } from './real-server.js';

const LOBBY = 'room:lobby';
const API_KEY = 'a-key-of-sixteen-characters-and-more';

let server: RealServer;

beforeEach(async () => {
  server = await RealServer.start({ apiKey: API_KEY });
});

afterEach(async () => {
  await server.close();
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('tells what others write, and sends', async () => {
    const alice = await server.connect('alice', { transports: [transport] });
    const bob = await server.connect('bob');
    const heard = record(alice);
    await Promise.all([connected(alice), connected(bob)]);
    expect(alice.state).toMatchObject({ status: 'connected', transport, user: 'alice' });
    for (let count = 0; count < 5; count += 1) bob.send(LOBBY, `b${count}`);
    const sent = await alice.send(LOBBY, 'from alice').done;
    expect(sent.status).toBe('sent');
    await until(() => heard.texts(LOBBY).length === 6);
    expect(heard.texts(LOBBY).toSorted()).toEqual(['b0', 'b1', 'b2', 'b3', 'b4', 'from alice']);
    expect(alice.pendingMessages).toEqual([]);
  });

  it('follows what the user joins, and no longer what they leave', async () => {
    const alice = await server.connect('alice', { transports: [transport] });
    const bob = await server.connect('bob');
    const heard = record(alice);
    await Promise.all([connected(alice), connected(bob)]);
    const changes: string[] = [];
    alice.on('joined', ({ channel }) => changes.push(`+${channel}`));
    alice.on('left', ({ channel }) => changes.push(`-${channel}`));
    const { channel } = await bob.call('room.create', { name: 'tea' });
    await bob.call('room.invite', { channel, user: 'alice' });
    await until(() => changes.length === 1);
    await bob.send(channel, 'welcome').done;
    await until(() => heard.texts(channel).length === 1);
    await alice.call('room.leave', { channel });
    await until(() => changes.length === 2);
    expect(changes).toEqual(['+room:tea', '-room:tea']);
    await bob.send(channel, 'gone?').done;
    await bob.send(LOBBY, 'still here').done;
    await until(() => heard.texts(LOBBY).length === 1);
    expect(heard.texts(channel)).toEqual(['welcome']);
  });

  it('starts a conversation with someone who is told of it', async () => {
    const alice = await server.connect('alice', { transports: [transport] });
    const bob = await server.connect('bob', { transports: [transport] });
    const heard = record(bob);
    await Promise.all([connected(alice), connected(bob)]);
    const { channel } = await alice.call('direct.open', { user: 'bob' });
    await alice.send(channel, 'psst').done;
    await until(() => heard.texts(channel).length === 1);
  });

  it('reads a room by name, which the user does not belong to, from a position', async () => {
    const bob = await server.connect('bob');
    await connected(bob);
    const { channel } = await bob.call('room.create', { name: 'open' });
    for (const text of ['1', '2', '3']) await bob.send(channel, text).done;
    const { publications, epoch } = await bob.history(channel);
    const first = publications.find(({ data }) => (data as { text?: string }).text === '1')!;
    const alice = await server.connect('alice', { transports: [transport], follow: 'none' });
    const subscription = alice.subscribe(channel, { from: { epoch, offset: first.offset } });
    const texts: unknown[] = [];
    subscription.on('publication', ({ data }) => texts.push((data as { text: string }).text));
    await until(() => texts.length === 2);
    await bob.send(channel, '4').done;
    await until(() => texts.length === 3);
    expect(texts).toEqual(['2', '3', '4']);
    subscription.close();
  });

  it('reads what a back end pushes', async () => {
    const alice = await server.connect('alice', { transports: [transport], follow: 'none' });
    const subscription = alice.subscribe('feed:prices');
    const prices: unknown[] = [];
    subscription.on('publication', ({ data }) => prices.push((data as { price: number }).price));
    await until(() => subscription.position !== undefined);
    for (const price of [1, 2, 3]) {
      await fetch(`${server.url}/api/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `ApiKey ${API_KEY}` },
        body: JSON.stringify({ channel: 'feed:prices', data: { price } }),
      });
    }
    await until(() => prices.length === 3);
    expect(prices).toEqual([1, 2, 3]);
  });

  it('says so when a channel may not be read, and goes on with the others', async () => {
    const bob = await server.connect('bob');
    await connected(bob);
    const { channel } = await bob.call('room.create', { name: 'secret', private: true });
    const alice = await server.connect('alice', { transports: [transport] });
    const heard = record(alice);
    await connected(alice);
    const closed: unknown[] = [];
    alice.subscribe(channel).on('closed', (error) => closed.push(error?.code));
    await until(() => closed.length === 1);
    expect(closed).toEqual(['unknown_channel']);
    await bob.send(LOBBY, 'hello').done;
    await until(() => heard.texts(LOBBY).length === 1);
    expect(alice.state.status).toBe('connected');
  });

  it('gets what it missed while the server was down, and sends what waited', async () => {
    await server.close();
    const { mkdtemp, rm } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const dataDir = await mkdtemp(`${tmpdir()}/fullduplex-client-`);
    server = await RealServer.start({ dataDir });
    try {
      const alice = await server.connect('alice', { transports: [transport] });
      const bob = await server.connect('bob');
      const heard = record(alice);
      await Promise.all([connected(alice), connected(bob)]);
      await bob.send(LOBBY, 'before').done;
      await until(() => heard.texts(LOBBY).length === 1);
      const restarted = server.restart();
      const sent = ['1', '2', '3'].map((text) => bob.send(LOBBY, text).done);
      const own = alice.send(LOBBY, 'own').done;
      await restarted;
      await Promise.all([...sent, own]);
      await until(() => heard.texts(LOBBY).length === 5);
      expect(heard.texts(LOBBY).filter((text) => text !== 'own')).toEqual(['before', '1', '2', '3']);
      await until(() => alice.state.behind === 0 && alice.state.pending === 0);
    } finally {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('goes on where an earlier client stood, whatever its transport was', async () => {
    const bob = await server.connect('bob');
    const heard: string[] = [];
    let standing: Pick<Client, 'cursor' | 'positions'> | undefined;
    for (const [round, before] of TRANSPORTS.entries()) {
      for (const over of [before, transport]) {
        const alice = await server.connect('alice', {
          transports: [over],
          ...(standing && { cursor: standing.cursor, positions: standing.positions }),
        });
        const texts = record(alice);
        await Promise.all([connected(alice), connected(bob)]);
        if (standing) await until(() => texts.texts(LOBBY).length === 1);
        await bob.send(LOBBY, `${round} live`).done;
        await until(() => texts.texts(LOBBY).length === (standing ? 2 : 1));
        const { cursor, positions } = alice;
        expect(new TextEncoder().encode(cursor).length).toBeLessThanOrEqual(64);
        standing = { cursor, positions };
        alice.close();
        await bob.send(LOBBY, `${round} missed`).done;
        heard.push(...texts.texts(LOBBY));
      }
    }
    const all = TRANSPORTS.flatMap((_, round) =>
      Array(2)
        .fill([`${round} live`, `${round} missed`])
        .flat(),
    );
    expect(heard).toEqual(all.slice(0, -1));
  });

  it('tells what was said in several conversations in the order in which it was said', async () => {
    const bob = await server.connect('bob');
    await connected(bob);
    const rooms: string[] = [LOBBY];
    for (const name of ['tea', 'milk', 'salt']) {
      rooms.push((await bob.call('room.create', { name })).channel);
      await bob.call('room.invite', { channel: rooms.at(-1)!, user: 'alice' });
    }
    const alice = await server.connect('alice', { transports: [transport] });
    const heard = record(alice);
    await connected(alice);
    const sent: string[] = [];
    for (let count = 0; count < 24; count += 1) {
      sent.push(`m${count}`);
      await bob.send(rooms[count % rooms.length]!, `m${count}`).done;
    }
    const texts = (): string[] =>
      heard.publications.flatMap(({ data }) => {
        const { type, text } = data as { type: string; text: string };
        return type === 'message' ? [text] : [];
      });
    await until(() => texts().length === sent.length);
    expect(texts()).toEqual(sent);
  });

  it('is signed out when the server does not take its token', async () => {
    const alice = await server.connect('alice', { transports: [transport], token: 'nonsense' });
    await until(() => alice.state.status === 'signed-out');
    await expect(alice.call('me.state', {})).rejects.toMatchObject({ code: 'signed_out' });
  });
});

describe('over the session', () => {
  it('tells who types, comes and goes', async () => {
    const alice = await server.connect('alice');
    const told: string[] = [];
    alice.on('typing', ({ user, typing }) => told.push(`${user} types: ${typing}`));
    alice.on('presence', ({ channel, user }) => {
      if (channel === LOBBY && user === 'bob') told.push('bob came');
    });
    await connected(alice);
    const bob = await server.connect('bob');
    await connected(bob);
    bob.typing(LOBBY, true);
    await until(() => told.length === 2);
    expect(told).toEqual(['bob came', 'bob types: true']);
    expect((await alice.presence(LOBBY)).toSorted()).toEqual(['alice', 'bob']);
    expect((await alice.members(LOBBY)).map(({ user }) => user).toSorted()).toEqual(['alice', 'bob']);
  });

  it('fails a message that the server refuses, and sends the next', async () => {
    const alice = await server.connect('alice');
    await connected(alice);
    const [bad, good] = [alice.send('room:nowhere', 'x'), alice.send(LOBBY, 'y')];
    expect((await bad.done).error?.code).toBe('unknown_channel');
    expect((await good.done).status).toBe('sent');
    expect(alice.pendingMessages).toMatchObject([{ key: bad.key, status: 'failed' }]);
    alice.discard(bad.key);
    expect(alice.pendingMessages).toEqual([]);
  });

  it('iterates over a channel until it is closed', async () => {
    const alice = await server.connect('alice');
    await connected(alice);
    const subscription = alice.subscribe(LOBBY);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { data } of subscription) {
        texts.push((data as { text: string }).text);
        if (texts.length === 3) break;
      }
    })();
    for (const text of ['1', '2', '3', '4']) alice.send(LOBBY, text);
    await reading;
    expect(texts).toEqual(['1', '2', '3']);
  });
});

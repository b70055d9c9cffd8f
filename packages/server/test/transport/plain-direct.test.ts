import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebSocket } from '@fullduplex/websocket';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Feed } from '../../src/delivery/feed.js';
import type { LogRecord } from '../../src/log/log.js';
import { PlainDirect, type PlainDirectServices } from '../../src/transport/plain-direct.js';
import { type Running, startServer, type TestSocket } from '../support/server.js';
import { until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { messageBytes: 1000 } });
});
afterEach(async () => {
  await server.close();
});

async function say(token: string, channel: string, text: string): Promise<void> {
  await server.command(token, 'message.send', { channel, key: `${text}-${Math.random()}`, text });
}

describe('/ws/NAME, the plain one-to-one chat', () => {
  const parsed = (socket: TestSocket): unknown[] =>
    socket.received.map((text) => JSON.parse(text) as unknown);

  test('a message goes to the other, and not back', async () => {
    const [alice, bob] = [await server.socket('/ws/alice'), await server.socket('/ws/bob')];
    alice.send({ to_user: 'bob', msg: 'hello', more: 'is passed over' });
    await bob.next(1);
    expect(parsed(bob)).toEqual([{ from_user: 'alice', msg: 'hello' }]);
    bob.send({ to_user: 'alice', msg: 'hi' });
    await alice.next(1);
    expect(parsed(alice)).toEqual([{ from_user: 'bob', msg: 'hi' }]);
  });

  test('to oneself it comes back', async () => {
    const alice = await server.socket('/ws/alice');
    alice.send({ to_user: 'alice', msg: 'note' });
    await alice.next(1);
    expect(parsed(alice)).toEqual([{ from_user: 'alice', msg: 'note' }]);
  });

  test('to someone who is away it is kept, handed over once when they come, and not again', async () => {
    const alice = await server.socket('/ws/alice');
    alice.send({ to_user: 'bob', msg: 'one' });
    alice.send({ to_user: 'bob', msg: 'two' });
    alice.send({ to_user: 'alice', msg: 'done' });
    await alice.next(1);
    const first = await server.socket('/ws/bob');
    const pinged = new Promise((resolve) => first.socket.once('ping', resolve));
    await first.next(2);
    expect(parsed(first)).toEqual([
      { from_user: 'alice', msg: 'one' },
      { from_user: 'alice', msg: 'two' },
    ]);
    // Pongs go out before the close that comes after them.
    await pinged;
    first.socket.close();
    await first.end();
    const second = await server.socket('/ws/bob');
    alice.send({ to_user: 'bob', msg: 'three' });
    await second.next(1);
    expect(parsed(second)).toEqual([{ from_user: 'alice', msg: 'three' }]);
  });

  test('what was cut off before it arrived is handed over again', async () => {
    const alice = await server.socket('/ws/alice');
    const bob = await server.socket('/ws/bob');
    bob.socket.pause();
    alice.send({ to_user: 'bob', msg: 'lost on the way' });
    alice.send({ to_user: 'alice', msg: 'done' });
    await alice.next(1);
    bob.socket.terminate();
    const again = await server.socket('/ws/bob');
    await again.next(1);
    expect(parsed(again)).toEqual([{ from_user: 'alice', msg: 'lost on the way' }]);
  });

  test('a page that is left without having read takes nothing with it', async () => {
    const alice = await server.socket('/ws/alice');
    const bob = await server.socket('/ws/bob');
    bob.socket.pause();
    alice.send({ to_user: 'bob', msg: 'not read' });
    alice.send({ to_user: 'alice', msg: 'done' });
    await alice.next(1);
    // As a browser does on reload: it says goodbye, and never looks at what came.
    bob.socket.close(1001);
    const again = await server.socket('/ws/bob');
    await again.next(1);
    expect(parsed(again)).toEqual([{ from_user: 'alice', msg: 'not read' }]);
  });

  test('what a stopping server sent last counts, once its close was answered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fullduplex-plain-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const first = await startServer({ dataDir: folder });
    const bob = await first.socket('/ws/bob');
    const alice = await first.socket('/ws/alice');
    alice.send({ to_user: 'bob', msg: 'read' });
    await bob.next(1);
    await first.server.close();
    const second = await startServer({ dataDir: folder });
    onTestFinished(() => second.close());
    const again = await second.socket('/ws/bob');
    (await second.socket('/ws/alice')).send({ to_user: 'bob', msg: 'later' });
    await again.next(1);
    expect(parsed(again)).toEqual([{ from_user: 'alice', msg: 'later' }]);
  });

  test('it is the same conversation as in the chat', async () => {
    const bob = await server.session('bob', { data: { follow: 'mine' } });
    const alice = await server.socket('/ws/alice');
    alice.send({ to_user: 'bob', msg: 'to the page' });
    await until(() => bob.texts('direct:alice,bob').length > 0);
    await bob.rpc('message.send', { channel: 'direct:alice,bob', key: 'k', text: 'from the page' });
    await alice.next(1);
    expect(parsed(alice)).toEqual([{ from_user: 'bob', msg: 'from the page' }]);
  });

  test('what was read elsewhere is not handed over', async () => {
    const carol = await server.token('carol');
    const bob = await server.token('bob');
    const { channel } = await server.command(carol, 'direct.open', { user: 'bob' });
    await say(carol, channel, 'read already');
    await server.command(bob, 'receipt.read', { channel, offset: 1 });
    await say(carol, channel, 'not yet');
    const page = await server.socket('/ws/bob');
    await page.next(1);
    expect(parsed(page)).toEqual([{ from_user: 'carol', msg: 'not yet' }]);
  });

  test('names are percent-decoded, and one in any case', async () => {
    const zh = await server.socket(`/ws/${encodeURIComponent('小明')}`);
    const alice = await server.socket('/ws/Alice');
    alice.send({ to_user: '小明', msg: '你好' });
    await zh.next(1);
    expect(parsed(zh)).toEqual([{ from_user: 'Alice', msg: '你好' }]);
    const lower = await server.socket('/ws/alice');
    zh.send({ to_user: 'ALICE', msg: 'both' });
    await Promise.all([alice.next(1), lower.next(1)]);
  });

  const refused: [string, string, string][] = [
    ['no JSON', 'hello', 'bad_request'],
    ['no object', 'null', 'bad_request'],
    ['an array', '[]', 'bad_request'],
    ['no receiver', '{"msg":"x"}', 'invalid_name'],
    ['a name that is none', '{"to_user":"a b","msg":"x"}', 'invalid_name'],
    ['a text that is none', '{"to_user":"bob","msg":5}', 'bad_request'],
    ['too much text', JSON.stringify({ to_user: 'bob', msg: 'x'.repeat(1001) }), 'message_too_large'],
  ];
  for (const [what, frame, code] of refused) {
    test(`${what} is answered in a form that old pages show`, async () => {
      const alice = await server.socket('/ws/alice');
      alice.send(frame);
      await alice.next(1);
      expect(parsed(alice)).toMatchObject([{ from_user: '', msg: expect.any(String), error: { code } }]);
      alice.send({ to_user: 'alice', msg: 'still here' });
      await alice.next(2);
    });
  }

  test('who is connected is here', async () => {
    const alice = await server.socket('/ws/alice');
    alice.send({ to_user: 'alice', msg: 'signed in' });
    await alice.next(1);
    expect((await server.post('/api/guest', { name: 'alice', exclusive: true })).status).toBe(409);
  });

  test('who is connected is here in their conversations, old and new', async () => {
    const alice = await server.token('alice');
    await server.command(alice, 'direct.open', { user: 'bob' });
    await server.socket('/ws/bob');
    const carol = await server.token('carol');
    await server.command(carol, 'direct.open', { user: 'bob' });
    for (const [token, channel] of [
      [alice, 'direct:alice,bob'],
      [carol, 'direct:bob,carol'],
    ] as const) {
      await until(async () => {
        const { members } = await server.command(token, 'channel.members', { channel });
        return members.some(({ user, present }) => user === 'bob' && present);
      });
    }
  });
});

test('what comes when the connection is closing already was not given', async () => {
  const marked: number[] = [];
  const socket = Object.assign(new EventEmitter(), {
    readyState: 1,
    bufferedAmount: 0,
    send() {},
    ping() {},
  });
  const services = {
    clock: { now: () => 0, monotonic: () => 0, after: () => () => {} },
    intake: { pending: 1, perSecond: 1 },
    randomId: () => 'a',
    renewal: 1000,
    wheel: { set() {}, delete() {} },
    presence: { renew: () => false, end() {} },
    finish() {},
    chat: {
      signIn: async () => 'bob',
      memberships: async () => ({ channels: new Map(), watch: () => () => {} }),
      markHandedOver: async (_user: string, _channel: string, offset: number) => void marked.push(offset),
    },
  };
  const plain = new PlainDirect(
    socket as unknown as WebSocket,
    'bob',
    services as unknown as PlainDirectServices,
  );
  await new Promise(setImmediate);
  const feed = { channel: 'direct:alice,bob' } as Feed;
  const record = (offset: number): LogRecord => ({
    id: offset,
    offset,
    time: 0,
    channel: feed.channel,
    sender: 'alice',
    data: JSON.stringify({ type: 'message', text: 'hello' }),
  });
  plain.write(feed, [record(1)]);
  // The server says goodbye, and the other side answers.
  socket.readyState = 2;
  plain.write(feed, [record(2)]);
  socket.emit('close', 1012, Buffer.alloc(0));
  expect(marked).toEqual([1]);
});

/** The model as a whole, on a client in memory: what the page shows after what happened. */
import { describe, expect, test } from 'vitest';
import { Chat } from '../../src/state/chat.js';
import { RECEIPT_DELAY } from '../../src/state/read-receipts.js';
import { TYPING_LAPSES } from '../../src/state/typing.js';
import { FakeClient } from '../support/fake-client.js';
import { FakeTimers } from '../support/fake-timers.js';

const ROOM = 'room:x';

interface World {
  readonly client: FakeClient;
  readonly chat: Chat;
  readonly timers: FakeTimers;
}

/** A member of one room in which `said` messages stand, `read` of them read. */
async function arrive(said: number, read: number): Promise<World> {
  const client = new FakeClient('me');
  const timers = new FakeTimers();
  for (let i = 1; i <= said; i++) client.text(ROOM, 'ada', `m${i}`, { old: true });
  client.states = [
    { channel: ROOM, epoch: 'e', offset: said, read, unread: said - read, present: ['ada', 'me'] },
  ];
  const chat = new Chat({ me: 'me', connect: () => client, timers });
  client.become({ status: 'connected', transport: 'websocket' });
  await timers.pass(0);
  return { client, chat, timers };
}

const shown = (chat: Chat): string[] =>
  chat
    .timeline(ROOM)
    .get()
    .entries.map((entry) => (entry.kind === 'message' ? entry.text : entry.kind));
const conversation = (chat: Chat) => chat.directory.conversations.get().get(ROOM)!;
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('opening a conversation', () => {
  test('loads its newest page and marks what is new', async () => {
    const { chat } = await arrive(3, 1);
    chat.visit(ROOM);
    await settle();
    expect(shown(chat)).toEqual(['m1', 'm2', 'm3']);
    expect(chat.timeline(ROOM).get()).toMatchObject({ status: 'ready', newAfter: 1, atStart: true, head: 3 });
  });

  test('before the list is known marks what is new once it is', async () => {
    const client = new FakeClient('me');
    const timers = new FakeTimers();
    for (let i = 1; i <= 3; i++) client.text(ROOM, 'ada', `m${i}`, { old: true });
    client.states = [{ channel: ROOM, epoch: 'e', offset: 3, read: 2, unread: 1, present: [] }];
    const chat = new Chat({ me: 'me', connect: () => client, timers });
    chat.visit(ROOM);
    await settle();
    expect(chat.timeline(ROOM).get().newAfter).toBeUndefined();
    client.become({ status: 'connected', transport: 'websocket' });
    await timers.pass(0);
    expect(chat.timeline(ROOM).get().newAfter).toBe(2);
  });

  test('again marks what came while one was elsewhere, before any of it counts as seen', async () => {
    const { client, chat, timers } = await arrive(2, 2);
    chat.visit(ROOM);
    await settle();
    chat.leave();
    for (let i = 1; i <= 40; i++) client.text(ROOM, 'ada', `new ${i}`);
    // What is drawn says that it is seen before the visit has begun.
    chat.seen(ROOM);
    expect(conversation(chat).unread).toBe(40);
    chat.visit(ROOM);
    expect(chat.visited.get()).toBe(ROOM);
    expect(chat.timeline(ROOM).get().newAfter).toBe(2);
    chat.seen(ROOM);
    await timers.pass(RECEIPT_DELAY);
    expect(conversation(chat).unread).toBe(0);
  });

  test('marks nothing for someone who was never here', async () => {
    const { chat } = await arrive(3, 0);
    chat.visit(ROOM);
    await settle();
    expect(chat.timeline(ROOM).get()).toMatchObject({ status: 'ready', newAfter: undefined });
  });

  test('older pages come on demand, up to the first', async () => {
    const { chat } = await arrive(150, 150);
    chat.visit(ROOM);
    await settle();
    expect(shown(chat)).toHaveLength(60);
    await chat.timeline(ROOM).loadOlder();
    expect(shown(chat)).toHaveLength(150);
    expect(chat.timeline(ROOM).get().atStart).toBe(true);
  });

  test('one that may not be read is said to be so', async () => {
    const { client, chat } = await arrive(0, 0);
    client.refusals.set('history room:secret', 'unknown_channel');
    chat.visit('room:secret');
    await settle();
    expect(chat.timeline('room:secret').get()).toMatchObject({ status: 'denied', error: 'unknown_channel' });
  });

  test('one that may not be read is read as soon as one is invited', async () => {
    const { client, chat } = await arrive(0, 0);
    client.refusals.set('history room:secret', 'unknown_channel');
    chat.visit('room:secret');
    await settle();
    client.refusals.clear();
    client.text('room:secret', 'ada', 'come in', { old: true });
    client.emit('joined', { channel: 'room:secret' });
    await settle();
    expect(chat.timeline('room:secret').get().status).toBe('ready');
  });

  test('that fails while cut off is tried again when connected', async () => {
    const { client, chat, timers } = await arrive(2, 2);
    client.become({ status: 'offline' });
    client.refusals.set(`history ${ROOM}`, 'offline');
    chat.visit(ROOM);
    await settle();
    expect(chat.timeline(ROOM).get().status).toBe('failed');
    client.refusals.clear();
    client.become({ status: 'connected', transport: 'websocket' });
    await timers.pass(0);
    expect(shown(chat)).toEqual(['m1', 'm2']);
  });
});

describe('what comes live', () => {
  test('is shown once and counted until it is seen', async () => {
    const { client, chat, timers } = await arrive(1, 1);
    chat.visit(ROOM);
    await settle();
    client.text(ROOM, 'ada', 'm2');
    client.emit('publication', { ...client.log.get(ROOM)![1]!, channel: ROOM, epoch: 'e' });
    await settle();
    expect(shown(chat)).toEqual(['m1', 'm2']);
    expect(conversation(chat).unread).toBe(1);
    chat.seen(ROOM);
    expect(conversation(chat).unread).toBe(0);
    await timers.pass(RECEIPT_DELAY);
    expect(client.calls.filter((call) => call.name === 'receipt.read')).toEqual([
      { name: 'receipt.read', params: { channel: ROOM, offset: 2 } },
    ]);
  });

  test('is not seen while the reader looks elsewhere, and is marked as new', async () => {
    const { client, chat } = await arrive(1, 1);
    chat.visit(ROOM);
    await settle();
    chat.attention.set(false);
    client.text(ROOM, 'ada', 'm2');
    client.text(ROOM, 'ada', 'm3');
    chat.seen(ROOM);
    expect(conversation(chat).unread).toBe(2);
    expect(chat.timeline(ROOM).get().newAfter).toBe(1);
  });

  test('after a cut is marked as new, but not what comes later', async () => {
    const { client, chat, timers } = await arrive(1, 1);
    chat.visit(ROOM);
    await settle();
    client.become({ status: 'offline' });
    await timers.pass(10_000);
    client.become({ status: 'connected', transport: 'websocket' });
    client.text(ROOM, 'ada', 'missed');
    expect(chat.timeline(ROOM).get().newAfter).toBe(1);
    chat.seen(ROOM);
    await timers.pass(5_000);
    client.text(ROOM, 'ada', 'live');
    expect(chat.timeline(ROOM).get().newAfter).toBe(1);
  });

  test('after a cut of seconds, while one was looking, is not marked as new', async () => {
    const { client, chat, timers } = await arrive(1, 1);
    chat.visit(ROOM);
    await settle();
    client.become({ status: 'connecting' });
    await timers.pass(3_000);
    client.become({ status: 'connected', transport: 'websocket' });
    client.text(ROOM, 'ada', 'live');
    await timers.pass(20_000);
    client.text(ROOM, 'ada', 'later');
    expect(chat.timeline(ROOM).get().newAfter).toBeUndefined();
  });

  test('after one went offline oneself is marked as new, however short that was', async () => {
    const { client, chat } = await arrive(1, 1);
    chat.visit(ROOM);
    await settle();
    chat.wentOffline();
    client.become({ status: 'offline' });
    client.become({ status: 'connected', transport: 'websocket' });
    client.text(ROOM, 'ada', 'missed');
    expect(chat.timeline(ROOM).get().newAfter).toBe(1);
  });

  test('while the first page loads is neither lost nor doubled', async () => {
    const { client, chat } = await arrive(2, 2);
    chat.visit(ROOM);
    client.text(ROOM, 'ada', 'm3');
    await settle();
    expect(shown(chat)).toEqual(['m1', 'm2', 'm3']);
  });

  test('beyond a hole is shown when the hole has been read', async () => {
    const { client, chat } = await arrive(2, 2);
    chat.visit(ROOM);
    await settle();
    client.text(ROOM, 'ada', 'm3', { old: true });
    client.text(ROOM, 'ada', 'm4');
    await settle();
    expect(shown(chat)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  test('after the log began anew replaces what was shown', async () => {
    const { client, chat } = await arrive(2, 2);
    chat.visit(ROOM);
    await settle();
    client.log.clear();
    client.text(ROOM, 'ada', 'anew', { old: true });
    client.emit('gap', { channel: ROOM, reason: 'epoch', epoch: 'f', from: 1, to: 0, oldest: 1, head: 1 });
    await settle();
    expect(shown(chat)).toEqual(['anew']);
    expect(chat.timeline(ROOM).get().beganAnew).toBe(true);
  });
});

describe('sending', () => {
  test('a message is pending at once, and in the log when it is acknowledged', async () => {
    const { client, chat } = await arrive(0, 0);
    chat.visit(ROOM);
    await settle();
    client.holdSends = true;
    chat.send(ROOM, 'hello');
    expect(chat.pending.get().map((it) => it.status)).toEqual(['pending']);
    client.acknowledge(chat.pending.get()[0]!.key);
    await settle();
    expect(chat.pending.get()).toEqual([]);
    expect(shown(chat)).toEqual(['hello']);
  });

  test('a message that is too long for the server goes back to where it was written', async () => {
    const { client, chat } = await arrive(0, 0);
    client.holdSends = true;
    chat.send(ROOM, 'too long');
    const { key } = chat.pending.get()[0]!;
    client.fail(key, 'message_too_large');
    expect(chat.returned.get()).toMatchObject({ channel: ROOM, text: 'too long' });
    chat.takeBack(key);
    expect([chat.returned.get(), chat.pending.get()]).toEqual([undefined, []]);
  });

  test('what could not be done is said, and passes', async () => {
    const { client, chat, timers } = await arrive(1, 1);
    client.refusals.set('message.react', 'offline');
    chat.react(ROOM, 1, '+1', true);
    await settle();
    expect(chat.trouble.get()).toBe('offline');
    await timers.pass(10_000);
    expect(chat.trouble.get()).toBeUndefined();
  });
});

describe('people', () => {
  test('come and go', async () => {
    const { client, chat } = await arrive(1, 1);
    expect([...chat.directory.presence.get().get(ROOM)!]).toEqual(['ada', 'me']);
    client.emit('presence', { channel: ROOM, user: 'ada', present: false });
    expect([...chat.directory.presence.get().get(ROOM)!]).toEqual(['me']);
  });

  test('who types is shown until they write or pause; one does not see oneself', async () => {
    const { client, chat, timers } = await arrive(1, 1);
    const typing = (): readonly string[] => chat.typing.get().get(ROOM) ?? [];
    client.emit('typing', { channel: ROOM, user: 'me', typing: true });
    client.emit('typing', { channel: ROOM, user: 'ada', typing: true });
    expect(typing()).toEqual(['ada']);
    client.text(ROOM, 'ada', 'written');
    expect(typing()).toEqual([]);
    client.emit('typing', { channel: ROOM, user: 'ada', typing: true });
    await timers.pass(TYPING_LAPSES);
    expect(typing()).toEqual([]);
  });
});

describe('belonging', () => {
  test('a new conversation is in the list at once, and gone when it is left', async () => {
    const { client, chat } = await arrive(0, 0);
    client.emit('joined', { channel: 'direct:ada,me' });
    expect(chat.directory.conversations.get().get('direct:ada,me')).toMatchObject({
      kind: 'direct',
      name: 'ada',
    });
    client.emit('left', { channel: ROOM });
    expect(chat.directory.conversations.get().has(ROOM)).toBe(false);
  });

  test('what was read elsewhere is read here', async () => {
    const { client, chat } = await arrive(3, 0);
    client.say('user:me', 'me', { type: 'read', channel: ROOM, offset: 3 });
    expect(conversation(chat)).toMatchObject({ read: 3, unread: 0 });
  });
});

test('a server that says it stops is stopping until it is back', async () => {
  const { client, chat } = await arrive(0, 0);
  client.become({ status: 'connecting', reason: 'shutdown' });
  client.become({ status: 'offline', reason: 'There is no way to the server.' });
  expect(chat.stopping.get()).toBe(true);
  client.become({ status: 'connected', transport: 'websocket' });
  expect(chat.stopping.get()).toBe(false);
});

test('a change of transport goes on from the same place, and the old client is closed', async () => {
  const clients: FakeClient[] = [];
  const asked: unknown[] = [];
  const chat = new Chat({
    me: 'me',
    timers: new FakeTimers(),
    connect: (options) => {
      asked.push(options);
      clients.push(new FakeClient('me'));
      return clients.at(-1)!;
    },
  });
  chat.readOver('sse');
  chat.readOver('sse');
  expect(asked).toEqual([
    { positions: {} },
    { cursor: 'c0', positions: clients[0]!.positions, transports: ['sse'] },
  ]);
  expect(clients.map((client) => client.closed)).toEqual([true, false]);
  clients[0]!.become({ status: 'closed' });
  expect(chat.connection.get().status).toBe('connecting');
});

/** The unmodified npm package `centrifuge` against the server, over the engine's own client class. */
import { WebSocket } from '@fullduplex/websocket';
import {
  Centrifuge,
  type Options,
  type PublicationContext,
  type SubscribedContext,
  type SubscriptionOptions,
  type UnsubscribedContext,
} from 'centrifuge';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, startServer } from '../support/server.js';
import { until } from '../support/wait.js';

const LOBBY = 'room:lobby';

let server: Running;
let clients: Centrifuge[];
/** The sockets that were opened, newest last, so that a test can cut them. */
let sockets: WebSocket[];
beforeEach(async () => {
  server = await startServer();
  clients = [];
  sockets = [];
});
afterEach(async () => {
  for (const client of clients) client.disconnect();
  await server.close();
});

class Socket extends WebSocket {
  constructor(url: string) {
    super(url);
    sockets.push(this);
  }
}

async function connect(name: string, options: Partial<Options> = {}): Promise<Centrifuge> {
  const client = new Centrifuge(`${server.url.replace('http', 'ws')}/connection/websocket`, {
    token: await server.token(name),
    websocket: Socket,
    minReconnectDelay: 10,
    maxReconnectDelay: 50,
    ...options,
  });
  clients.push(client);
  client.connect();
  await client.ready(5000);
  return client;
}

async function subscribe(client: Centrifuge, channel: string, options: Partial<SubscriptionOptions> = {}) {
  const subscription = client.newSubscription(channel, options);
  const publications: PublicationContext[] = [];
  const subscribed: SubscribedContext[] = [];
  const unsubscribed: UnsubscribedContext[] = [];
  const presence: string[] = [];
  subscription.on('publication', (publication) => publications.push(publication));
  subscription.on('subscribed', (context) => subscribed.push(context));
  subscription.on('unsubscribed', (context) => unsubscribed.push(context));
  subscription.on('join', ({ info }) => presence.push(`${info.user} joined`));
  subscription.on('leave', ({ info }) => presence.push(`${info.user} left`));
  subscription.subscribe();
  await subscription.ready(5000);
  return { subscription, publications, subscribed, unsubscribed, presence };
}

function texts(publications: readonly PublicationContext[]): string[] {
  return publications.map(({ data }) => (data as { text: string }).text);
}

async function send(client: Centrifuge, text: string): Promise<void> {
  await client.rpc('message.send', { channel: LOBBY, key: text, text });
}

test('it connects, subscribes, publishes, and calls rpc', async () => {
  const alice = await connect('alice');
  const { publications, subscribed } = await subscribe(alice, LOBBY);
  expect(subscribed).toMatchObject([{ recoverable: true, positioned: true, wasRecovering: false }]);
  await alice.publish(LOBBY, { type: 'message', text: 'published' });
  const { data } = await alice.rpc('message.send', { channel: LOBBY, key: 'k', text: 'called' });
  expect(data).toMatchObject({ duplicate: false, position: { offset: 3 } });
  await until(() => publications.length === 2);
  expect(publications).toMatchObject([
    { channel: LOBBY, offset: 2, data: { text: 'published' }, info: { user: 'alice' } },
    { channel: LOBBY, offset: 3, data: { text: 'called' } },
  ]);
  await alice.send({ anything: true });
});

test('errors are errors to it, with their code and message', async () => {
  const alice = await connect('alice');
  await expect(alice.rpc('message.fly', {})).rejects.toMatchObject({ code: 104 });
  await expect(alice.rpc('message.send', { channel: LOBBY, key: 'k', text: '' })).rejects.toMatchObject({
    code: 1005,
    message: expect.stringMatching(/^message_empty: /),
  });
  await expect(alice.publish('user:bob', {})).rejects.toMatchObject({ code: expect.any(Number) });
  const { unsubscribed } = await subscribe(alice, LOBBY);
  const refused = alice.newSubscription('user:bob');
  const seen: UnsubscribedContext[] = [];
  refused.on('unsubscribed', (context) => seen.push(context));
  refused.subscribe();
  await until(() => seen.length === 1);
  expect(seen).toMatchObject([{ code: 103 }]);
  expect(unsubscribed).toEqual([]);
});

test('after a cut it recovers what it missed, again and again, each once and in order', async () => {
  const bob = await connect('bob');
  const alice = await connect('alice');
  const mine = sockets.at(-1)!;
  const { publications, subscribed } = await subscribe(alice, LOBBY);
  mine.terminate();
  await until(() => alice.state !== 'connected');
  await send(bob, 'missed first');
  await until(() => publications.length === 1);
  expect(subscribed.at(-1)).toMatchObject({ wasRecovering: true, recovered: true });
  for (const text of ['a', 'b', 'c']) {
    await send(bob, `live ${text}`);
    sockets.at(-1)!.terminate();
    await send(bob, `missed ${text}`);
    await until(() => texts(publications).includes(`missed ${text}`));
  }
  expect(texts(publications)).toEqual([
    'missed first',
    ...['a', 'b', 'c'].flatMap((text) => [`live ${text}`, `missed ${text}`]),
  ]);
});

test('a long absence is recovered whole, partly in the answer and partly by pushes', async () => {
  const bob = await connect('bob');
  const alice = await connect('alice', { minReconnectDelay: 200, maxReconnectDelay: 300 });
  const { publications, subscribed } = await subscribe(alice, LOBBY);
  sockets.at(-1)!.terminate();
  await until(() => alice.state !== 'connected');
  await Promise.all(Array.from({ length: 1500 }, (_, at) => send(bob, String(at))));
  await until(() => publications.length >= 1500);
  expect(publications.map(({ offset }) => offset)).toEqual(Array.from({ length: 1500 }, (_, at) => at + 3));
  expect(subscribed.at(-1)).toMatchObject({ wasRecovering: true, recovered: true });
});

test('a position it can have no longer is told as not recovered', async () => {
  const alice = await connect('alice');
  const { subscribed } = await subscribe(alice, LOBBY, { since: { epoch: 'another', offset: 3 } });
  expect(subscribed).toMatchObject([{ wasRecovering: true, recovered: false }]);
});

test('it reads history and presence, and hears who comes and goes', async () => {
  const alice = await connect('alice');
  const { subscription, presence } = await subscribe(alice, LOBBY);
  for (const text of ['one', 'two', 'three']) await send(alice, text);
  const history = await subscription.history({ limit: 2, since: { epoch: '', offset: 1 } });
  expect(texts(history.publications)).toEqual(['one', 'two']);
  expect(history.offset).toBe(4);
  const newest = await alice.history(LOBBY, { limit: 1, reverse: true });
  expect(texts(newest.publications)).toEqual(['three']);
  const bob = await connect('bob');
  await subscribe(bob, LOBBY);
  await until(() => presence.includes('bob joined'));
  const { clients: here } = await subscription.presence();
  expect(Object.values(here).map(({ user }) => user)).toEqual(['alice', 'bob']);
  expect(await subscription.presenceStats()).toMatchObject({ numClients: 2, numUsers: 2 });
  bob.disconnect();
  await until(() => presence.includes('bob left'));
});

test('what the server subscribes it to is recovered too, and follows what the user joins', async () => {
  const bob = await connect('bob');
  await bob.rpc('room.create', { name: 'tea' });
  const alice = await connect('alice', { data: { follow: 'mine' } });
  const events: string[] = [];
  const told: PublicationContext[] = [];
  alice.on('subscribed', ({ channel, recovered }) =>
    events.push(`+${channel}${recovered ? ' recovered' : ''}`),
  );
  alice.on('unsubscribed', ({ channel }) => events.push(`-${channel}`));
  alice.on('publication', (publication) => told.push(publication));
  await alice.rpc('room.join', { channel: 'room:tea' });
  await until(() => events.includes('+room:tea'));
  await bob.rpc('message.send', { channel: 'room:tea', key: '1', text: 'live' });
  await until(() => texts(told).includes('live'));
  sockets.at(-1)!.terminate();
  await until(() => alice.state !== 'connected');
  await bob.rpc('message.send', { channel: 'room:tea', key: '2', text: 'missed' });
  await until(() => texts(told).includes('missed'));
  expect(events).toContain('+room:tea recovered');
  await alice.rpc('room.leave', { channel: 'room:tea' });
  await until(() => events.includes('-room:tea'));
  const tea = told.filter(({ channel }) => channel === 'room:tea').map(({ offset }) => offset);
  expect(tea).toEqual(tea.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  expect(new Set(tea).size).toBe(tea.length);
});

test('a subscription to a room it was put out of ends', async () => {
  const alice = await connect('alice');
  await alice.rpc('room.create', { name: 'den', private: true });
  const { unsubscribed } = await subscribe(alice, 'room:den');
  await alice.rpc('room.leave', { channel: 'room:den' });
  await until(() => unsubscribed.length === 1);
  expect(unsubscribed).toMatchObject([{ code: 2000 }]);
});

test('a token that is none disconnects it for good; one that expires is refreshed', async () => {
  const bad = new Centrifuge(`${server.url.replace('http', 'ws')}/connection/websocket`, {
    token: 'nonsense',
    websocket: Socket,
  });
  clients.push(bad);
  const ends: number[] = [];
  bad.on('disconnected', ({ code }) => ends.push(code));
  bad.connect();
  await until(() => ends.length === 1);
  expect([101, 3500]).toContain(ends[0]);

  await server.close();
  const secret = 'a secret of the application';
  server = await startServer({ tokenSecret: secret });
  const token = (life: number): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('alice')
      .setExpirationTime(Math.floor(Date.now() / 1000) + life)
      .sign(new TextEncoder().encode(secret));
  let refreshed = 0;
  const alice = new Centrifuge(`${server.url.replace('http', 'ws')}/connection/websocket`, {
    token: await token(-10),
    getToken: () => {
      refreshed += 1;
      return token(refreshed === 1 ? 1 : 3600);
    },
    websocket: Socket,
    minReconnectDelay: 10,
  });
  clients.push(alice);
  alice.connect();
  await alice.ready(5000);
  expect(refreshed).toBe(1);
  await until(() => refreshed === 2);
  await alice.rpc('me.state', {});
  expect(alice.state).toBe('connected');
});

test('when the server stops it is told to come back', async () => {
  const alice = await connect('alice');
  const codes: number[] = [];
  alice.on('connecting', ({ code }) => codes.push(code));
  await server.server.close();
  await until(() => codes.length > 0);
  // Its own code for a transport that closed, after which it connects again.
  expect(codes[0]).toBe(1);
});

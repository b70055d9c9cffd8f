import type { ConnectResult, SubscribeResult } from '@fullduplex/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../src/connect.js';
import type { Client, ClientOptions, ClientState } from '../src/types.js';
import { FakeClock, settled } from './support/fake-clock.js';
import { FakeServer } from './support/fake-server.js';
import { FakeWebSocket } from './support/fake-websocket.js';

const sub = (offset: number, more: Partial<SubscribeResult> = {}): SubscribeResult => ({
  recoverable: true,
  positioned: true,
  epoch: 'e',
  offset,
  ...more,
});

function connectResult(subs: ConnectResult['subs'] = { 'room:a': sub(0) }): ConnectResult {
  const data = { user: 'alice', cursor: 'c0', epoch: 'e' };
  return { client: 'c', version: '1', ping: 25, pong: true, data, subs };
}

/** The answer to `connect` that goes on from a place. */
function wentOn(): ConnectResult {
  const data = { user: 'alice', epoch: 'e', recovered: true, channels: ['user:alice', 'room:a'] };
  return { client: 'c', version: '1', ping: 25, pong: true, data };
}

async function setUp(options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const client = connect({
    url: 'http://server.test',
    token: 't',
    WebSocket: FakeWebSocket,
    fetch: server.fetch,
    clock,
    random: () => 0.5,
    ...options,
  });
  const told: string[] = [];
  const states: ClientState[] = [];
  client.on('publication', ({ channel, offset }) => told.push(`${channel} ${offset}`));
  client.on('send', ({ status }) => told.push(status));
  client.on('state', (state) => states.push(state));
  await settled();
  return { client, clock, server, told, states };
}

/** Lets the WebSocket open and the session begin. */
async function open(result = connectResult()): Promise<FakeWebSocket> {
  const socket = FakeWebSocket.last;
  socket.opens();
  socket.receives({ id: 1, connect: result });
  await settled();
  return socket;
}

const pub = (offset: number, key?: string) => ({
  data: { type: 'message', text: 'x' },
  offset,
  info: { user: 'alice', ...(key !== undefined && { key }) },
  time: 0,
});

const keyOf = (client: Client): string => client.pendingMessages[0]!.key;

beforeEach(() => {
  FakeWebSocket.made = [];
});

describe('connect', () => {
  it('tells its state as it changes, once a turn, and gives the same object until then', async () => {
    const { client, states } = await setUp();
    expect(client.state).toEqual({ status: 'connecting', behind: 0, pending: 0 });
    expect(client.state).toBe(client.state);
    client.send('room:a', 'x');
    client.send('room:a', 'y');
    await settled();
    await open();
    expect(states).toEqual([
      { status: 'connecting', behind: 0, pending: 2 },
      { status: 'connected', transport: 'websocket', user: 'alice', behind: 0, pending: 2 },
    ]);
    expect(states.at(-1)).toBe(client.state);
  });

  it('says how far it is behind while it catches up', async () => {
    const { client, states } = await setUp({ positions: { 'room:a': { epoch: 'e', offset: 5 } } });
    const socket = await open(connectResult({ 'room:a': sub(20) }));
    expect(client.state.behind).toBe(15);
    expect(client.cursor).toBeUndefined();
    const publications = Array.from({ length: 15 }, (_, index) => pub(6 + index));
    expect(socket.commands.at(-1)).toMatchObject({ rpc: { method: 'channel.history' } });
    socket.receives({ id: 2, rpc: { data: { publications, epoch: 'e', offset: 20 } } });
    await settled();
    expect(client.state.behind).toBe(0);
    expect(states.map(({ behind }) => behind)).toEqual([15, 0]);
    expect(client.positions).toEqual({ 'room:a': { epoch: 'e', offset: 20 } });
    expect(client.cursor).toBe('c0');
  });

  it('shows its own message once, whether the publication or the acknowledgement comes first', async () => {
    const { client, told } = await setUp();
    const socket = await open();
    client.send('room:a', 'x');
    const key = keyOf(client);
    expect(socket.commands.at(-1)).toEqual({
      id: 2,
      rpc: { method: 'message.send', data: { channel: 'room:a', key, text: 'x' } },
    });
    socket.receives({ push: { channel: 'room:a', pub: pub(1, key) } });
    expect(client.pendingMessages).toEqual([]);
    socket.receives({ id: 2, rpc: { data: { position: { epoch: 'e', offset: 1 }, duplicate: false } } });
    await settled();
    expect(told).toEqual(['pending', 'sent', 'room:a 1']);

    told.length = 0;
    client.send('room:a', 'y');
    const second = keyOf(client);
    socket.receives({ id: 3, rpc: { data: { position: { epoch: 'e', offset: 2 }, duplicate: false } } });
    await settled();
    expect(client.pendingMessages).toMatchObject([{ key: second, status: 'sent' }]);
    socket.receives({ push: { channel: 'room:a', pub: pub(2, second) } });
    expect(client.pendingMessages).toEqual([]);
    expect(told).toEqual(['pending', 'sent', 'room:a 2']);
  });

  it('sends again over the next connection what the last one took with it', async () => {
    const { client, clock } = await setUp();
    const socket = await open();
    client.send('room:a', 'x');
    const first = socket.commands.at(-1);
    socket.closes(1006);
    await settled();
    expect(client.state).toMatchObject({ status: 'connecting', pending: 1 });
    await clock.advance(500);
    const again = await open(wentOn());
    expect(again).not.toBe(socket);
    expect(again.commands.at(-1)).toEqual(first);
  });

  it('keeps its place from one transport to the next', async () => {
    const { client, clock, server, told } = await setUp({ transports: ['websocket', 'polling'] });
    const socket = await open(connectResult({ 'room:a': sub(4) }));
    socket.receives({ push: { channel: 'room:a', pub: { ...pub(5), cursor: 'c5' } } });
    socket.receives({ push: { cursor: 'c6' } });
    socket.closes(1006);
    await clock.advance(500);
    FakeWebSocket.last.closes(1006);
    await clock.advance(1_000);
    FakeWebSocket.last.closes(1006);
    await settled();
    expect(server.last.query).toBe('cursor=c6');
    await server.last.syncs('c8', {
      publications: [5, 6, 7].map((offset) => ({ channel: 'room:a', epoch: 'e', ...pub(offset) })),
    });
    expect(client.state).toMatchObject({ status: 'connected', transport: 'polling', behind: 0 });
    expect(told).toEqual(['room:a 5', 'room:a 6', 'room:a 7']);

    await clock.advance(11_250);
    const better = FakeWebSocket.last;
    better.opens();
    expect(better.commands[0]).toMatchObject({ connect: { data: { follow: 'mine', since: 'c8' } } });
    better.receives({ id: 1, connect: wentOn() });
    await settled();
    expect(client.state).toMatchObject({ status: 'connected', transport: 'websocket', behind: 0 });
    expect(told).toHaveLength(3);
    expect(server.requests.every(({ path }) => path === '/api/sync')).toBe(true);
  });

  it('goes on in another client where one stood', async () => {
    const { client, told } = await setUp({
      cursor: 'c5',
      positions: { 'room:a': { epoch: 'e', offset: 5 } },
    });
    FakeWebSocket.last.opens();
    expect(FakeWebSocket.last.commands[0]).toMatchObject({ connect: { data: { since: 'c5' } } });
    const socket = await open(wentOn());
    socket.receives({ push: { channel: 'room:a', pub: { ...pub(5), cursor: 'c5' } } });
    socket.receives({ push: { channel: 'room:a', pub: { ...pub(6), cursor: 'c6' } } });
    expect(told).toEqual(['room:a 6']);
    expect(client.cursor).toBe('c6');
  });

  it('finds what it missed in each channel, a few at a time, where its place is good no more', async () => {
    const rooms = Array.from({ length: 6 }, (_, index) => `room:${index}`);
    const positions = Object.fromEntries(rooms.map((room) => [room, { epoch: 'e', offset: 1 }]));
    const { client, told } = await setUp({ cursor: 'old', positions });
    const socket = FakeWebSocket.last;
    socket.opens();
    socket.receives({ id: 1, error: { code: 112, message: 'unrecoverable_position: No.' } });
    socket.receives({
      id: 2,
      connect: connectResult(Object.fromEntries(rooms.map((room) => [room, sub(2)]))),
    });
    await settled();
    const reads = () => socket.commands.filter(({ rpc }) => rpc !== undefined);
    expect(reads()).toHaveLength(4);
    expect(client.cursor).toBeUndefined();
    for (let id = 3; id < 9; id += 1) {
      socket.receives({ id, rpc: { data: { publications: [pub(2)], epoch: 'e', offset: 2 } } });
      await settled();
    }
    expect(reads()).toHaveLength(6);
    expect(told.toSorted()).toEqual(rooms.map((room) => `${room} 2`));
    expect(client.cursor).toBe('c0');
  });

  it('lists all members of a room, however many pages they take', async () => {
    const { client } = await setUp();
    const socket = await open();
    const members = client.members('room:a');
    await settled();
    const member = (user: string) => ({ user, role: 'member', present: false });
    expect(socket.commands.at(-1)).toMatchObject({
      id: 2,
      rpc: { method: 'channel.members', data: { channel: 'room:a', limit: 1_000 } },
    });
    socket.receives({ id: 2, rpc: { data: { members: [member('alice')], next: 'n' } } });
    await settled();
    expect(socket.commands.at(-1)).toMatchObject({ rpc: { data: { channel: 'room:a', after: 'n' } } });
    socket.receives({ id: 3, rpc: { data: { members: [member('bob')] } } });
    expect((await members).map(({ user }) => user)).toEqual(['alice', 'bob']);
  });

  it('runs commands by requests of their own where the transport carries none', async () => {
    const { client, server } = await setUp({ transports: ['polling'] });
    const waiting = client.call('room.join', { channel: 'room:b' });
    await server.last.answers({
      cursor: 'c1',
      publications: [],
      gaps: [],
      snapshot: { user: 'alice', channels: {} },
    });
    const request = server.requests.find(({ path }) => path === '/api/commands/room.join')!;
    expect(request.body).toEqual({ channel: 'room:b' });
    await request.answers({ position: { epoch: 'e', offset: 9 } });
    expect(await waiting).toEqual({ position: { epoch: 'e', offset: 9 } });
  });

  it('fails a command when there is no way to the server for too long', async () => {
    const { client, clock } = await setUp({ transports: ['websocket'] });
    const state = client.call('me.state', {}).catch((error: unknown) => error);
    FakeWebSocket.last.closes(1006);
    await clock.advance(10_000);
    expect(await state).toMatchObject({ code: 'offline', retryable: true });
  });

  it('asks for another token when a request finds that it has expired, and runs the request again', async () => {
    const tokens = ['old', 'new'];
    const { client, clock, server } = await setUp({
      transports: ['polling'],
      token: undefined as never,
      getToken: () => tokens.shift() ?? null,
    });
    const snapshot = { user: 'alice', channels: {} };
    await server.last.answers({ cursor: 'c1', publications: [], gaps: [], snapshot });
    const state = client.call('me.state', {});
    await settled();
    await server.requests
      .find(({ path }) => path === '/api/commands/me.state')!
      .refuses('token_expired', 401);
    expect(client.state.status).toBe('connecting');
    await clock.advance(500);
    expect(server.last.header('authorization')).toBe('Bearer new');
    await server.last.answers({ cursor: 'c1', publications: [], gaps: [] });
    const again = server.requests.filter(({ path }) => path === '/api/commands/me.state')[1]!;
    expect(again.header('authorization')).toBe('Bearer new');
    await again.answers({ user: 'alice', channels: [] });
    expect(await state).toEqual({ user: 'alice', channels: [] });
  });

  it('lets two subscriptions of one channel and the client itself hear of a publication once each', async () => {
    const { client, told } = await setUp();
    const socket = await open();
    const heard: number[] = [];
    for (const subscription of [client.subscribe('room:a'), client.subscribe('room:a')]) {
      subscription.on('publication', ({ offset }) => heard.push(offset));
    }
    socket.receives({ id: 2, error: { code: 105, message: 'already_subscribed: It is.' } });
    socket.receives({ push: { channel: 'room:a', pub: pub(1) } });
    expect(heard).toEqual([1, 1]);
    expect(told).toEqual(['room:a 1']);
  });

  it('leaves nothing behind when it is closed, and does nothing more', async () => {
    const { client, clock, told } = await setUp();
    const socket = await open();
    const state = client.call('me.state', {}).catch((error: unknown) => error);
    const subscription = client.subscribe('feed:n');
    const message = client.send('room:a', 'x');
    client.close();
    client.close();
    await settled();
    expect(client.state).toMatchObject({ status: 'closed', pending: 1 });
    expect(socket.closedWith).toBe(1000);
    expect(await state).toMatchObject({ code: 'closed' });
    for await (const _ of subscription) throw new Error('It told something.');
    expect(() => client.send('room:a', 'y')).toThrow('closed');
    expect(() => client.subscribe('room:a')).toThrow('closed');
    await expect(client.history('room:a')).rejects.toMatchObject({ code: 'closed' });
    socket.receives({ push: { channel: 'room:a', pub: pub(1) } });
    await clock.advance(600_000);
    expect(told).toEqual(['pending']);
    expect(FakeWebSocket.made).toHaveLength(1);
    expect(clock.timers).toBe(0);
    client.discard(message.key);
  });

  it('may be closed before it has begun', async () => {
    const clock = new FakeClock();
    const client = connect({ url: 'http://server.test', token: 't', WebSocket: FakeWebSocket, clock });
    client.close();
    await settled();
    expect(FakeWebSocket.made).toEqual([]);
    expect(client.state.status).toBe('closed');
  });
});

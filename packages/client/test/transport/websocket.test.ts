import type { ConnectResult } from '@fullduplex/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TransportContext } from '../../src/transport/transport.js';
import { WebSocketTransport } from '../../src/transport/websocket.js';
import type { ClientError } from '../../src/types.js';
import { fixture } from '../support/context.js';
import { settled } from '../support/fake-clock.js';
import { FakeWebSocket } from '../support/fake-websocket.js';

const CONNECTED: ConnectResult = { client: 'c', version: '1', ping: 25, pong: true, data: { user: 'alice' } };
const SUB = { recoverable: true, positioned: true, epoch: 'e', offset: 4 } as const;

function setUp(overrides: Partial<TransportContext> = {}) {
  const parts = fixture(overrides);
  const transport = new WebSocketTransport(parts.context, parts.sink);
  const socket = FakeWebSocket.last;
  return { ...parts, transport, socket };
}

function connected(overrides: Partial<TransportContext> = {}) {
  const parts = setUp(overrides);
  parts.socket.opens();
  parts.socket.receives({ id: 1, connect: CONNECTED });
  return parts;
}

beforeEach(() => {
  FakeWebSocket.made = [];
});

describe('WebSocketTransport', () => {
  it("connects below the server's address, with the token, and goes on from the place that it was given", () => {
    const { socket } = setUp({ cursor: 'c9' });
    socket.opens();
    expect(socket.url).toBe('ws://server.test/connection/websocket');
    expect(socket.commands).toEqual([
      { id: 1, connect: { token: 't', name: 'fullduplex', data: { follow: 'mine', since: 'c9' } } },
    ]);
  });

  it('begins with what the user belongs to, and subscribes what else was asked for', () => {
    const { socket, asked, events } = setUp();
    asked.push({ channel: 'room:a', position: undefined });
    asked.push({ channel: 'feed:n', position: { epoch: 'e', offset: 2 } });
    socket.opens();
    expect(socket.commands[0]).toMatchObject({ connect: { data: { follow: 'mine' } } });
    const data = { user: 'alice', cursor: 'c1', epoch: 'e', more: true };
    socket.receives({ id: 1, connect: { ...CONNECTED, subs: { 'room:a': SUB }, data } });
    expect(events).toEqual([
      {
        type: 'opened',
        user: 'alice',
        epoch: 'e',
        beginning: { cursor: 'c1', channels: { 'room:a': { epoch: 'e', offset: 4 } }, more: true },
      },
    ]);
    expect(socket.commands.slice(1)).toEqual([
      {
        id: 2,
        subscribe: {
          channel: 'feed:n',
          recoverable: true,
          positioned: true,
          join_leave: true,
          recover: true,
          epoch: 'e',
          offset: 2,
        },
      },
    ]);
  });

  it('goes on with the names of what the user belongs to, where they are all', () => {
    const { socket, events } = setUp({ cursor: 'c9' });
    socket.opens();
    const data = { user: 'alice', cursor: 'c9', recovered: true, channels: ['user:alice', 'room:a'] };
    socket.receives({ id: 1, connect: { ...CONNECTED, data } });
    expect(events).toEqual([{ type: 'opened', user: 'alice', belongs: ['user:alice', 'room:a'] }]);
  });

  it('goes on without the names where they are only some', () => {
    const { socket, events } = setUp({ cursor: 'c9' });
    socket.opens();
    const data = { user: 'alice', recovered: true, channels: ['room:a'], more: true };
    socket.receives({ id: 1, connect: { ...CONNECTED, data } });
    expect(events).toEqual([{ type: 'opened', user: 'alice' }]);
  });

  it('begins anew over the same connection where the place is good no more', () => {
    const { socket, events } = setUp({ cursor: 'c9' });
    socket.opens();
    socket.receives({ id: 1, error: { code: 112, message: 'unrecoverable_position: No.' } });
    expect(socket.commands[1]).toEqual({
      id: 2,
      connect: { token: 't', name: 'fullduplex', data: { follow: 'mine' } },
    });
    socket.receives({ id: 2, connect: { ...CONNECTED, data: { user: 'alice', cursor: 'c1' } } });
    expect(events).toEqual([
      { type: 'opened', user: 'alice', beginning: { cursor: 'c1', channels: {}, more: false } },
    ]);
  });

  it('begins anew where the session says where the channels stand instead', () => {
    const { socket, events } = setUp({ cursor: 'c9' });
    socket.opens();
    const data = { user: 'alice', cursor: 'c1', recovered: false };
    socket.receives({ id: 1, connect: { ...CONNECTED, subs: { 'room:a': SUB }, data } });
    expect(events).toEqual([
      {
        type: 'opened',
        user: 'alice',
        beginning: { cursor: 'c1', channels: { 'room:a': { epoch: 'e', offset: 4 } }, more: false },
      },
    ]);
  });

  it('begins anew, with all still to be asked for, where the session goes on without what was missed', () => {
    const { socket, events } = setUp({ cursor: 'c9' });
    socket.opens();
    const data = { user: 'alice', cursor: 'c1', recovered: false, channels: ['room:a'] };
    socket.receives({ id: 1, connect: { ...CONNECTED, data } });
    expect(events).toEqual([
      { type: 'opened', user: 'alice', beginning: { cursor: 'c1', channels: {}, more: true } },
    ]);
  });

  it('reports a place that is pushed alone', () => {
    const { socket, events } = connected();
    socket.receives({ push: { cursor: 'c2' } });
    expect(events.at(-1)).toEqual({ type: 'reached', cursor: 'c2' });
  });

  it("asks for nothing but by name when it follows nothing of the user's own", () => {
    const { socket, events } = setUp({ follow: 'none', cursor: 'c9' });
    socket.opens();
    expect(socket.commands[0]).toEqual({ id: 1, connect: { token: 't', name: 'fullduplex' } });
    socket.receives({ id: 1, connect: CONNECTED });
    expect(events).toEqual([{ type: 'opened', user: 'alice', beginning: { channels: {}, more: false } }]);
  });

  it('reports an answer before the pushes that came behind it in the same frame', () => {
    const pub = { data: 1, offset: 5, info: { user: 'bob' }, time: 0 };
    const { socket, events, asked } = setUp();
    asked.push({ channel: 'feed:n', position: undefined });
    socket.opens();
    socket.receives({ id: 1, connect: CONNECTED }, { push: { channel: 'user:alice', pub } });
    socket.receives({ id: 2, subscribe: SUB }, { push: { channel: 'feed:n', pub } });
    expect(events.map(({ type }) => type)).toEqual(['opened', 'publication', 'started', 'publication']);
  });

  it('runs commands over the session, several at once', async () => {
    const { transport, socket } = connected();
    const first = transport.call('me.state', {});
    const second = transport.call('room.list', {});
    socket.receives({ id: 3, rpc: { data: 'second' } });
    socket.receives({ id: 2, rpc: { data: 'first' } });
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  });

  it("fails a command with the server's error, or when there is no answer in time", async () => {
    const { transport, socket, clock } = connected();
    const refused = transport.call('room.join', {}).catch((error: ClientError) => error);
    socket.receives({ id: 2, error: { code: 1003, message: 'not_a_member: You are no member.' } });
    expect(await refused).toMatchObject({
      code: 'not_a_member',
      message: 'You are no member.',
      retryable: false,
    });
    const late = transport.call('room.join', {}).catch((error: ClientError) => error);
    await clock.advance(10_000);
    expect(await late).toMatchObject({ code: 'timeout', retryable: true });
    socket.receives({ id: 3, rpc: { data: 'too late' } });
  });

  it('fails what waits for an answer when the connection is cut', async () => {
    const { transport, socket, events, clock } = connected();
    const cut = transport.call('me.state', {}).catch((error: ClientError) => error);
    socket.closes(1006);
    expect(await cut).toMatchObject({ code: 'offline', retryable: true });
    expect(events.at(-1)).toEqual({
      type: 'closed',
      ending: { kind: 'retry', reason: 'The connection was cut.' },
    });
    expect(await transport.call('me.state', {}).catch((error: ClientError) => error.code)).toBe('offline');
    expect(clock.timers).toBe(0);
  });

  it("answers the server's pings, and ends when they stop", async () => {
    const { socket, events, clock } = connected();
    socket.receives({});
    expect(socket.frames.at(-1)).toBe('{}');
    await clock.advance(34_999);
    socket.receives({});
    await clock.advance(34_999);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
    expect(socket.closedWith).toBe(1000);
  });

  it.each<[number, string, string]>([
    [3001, 'shutdown', 'retry'],
    [3005, 'connection expired', 'token'],
    [3500, 'invalid token', 'token'],
    [3501, 'bad request', 'final'],
    [3503, 'force disconnect', 'final'],
    [4500, 'an application said so', 'final'],
    [1001, '', 'retry'],
    [1009, '', 'retry'],
  ])('takes close code %i as %s: %s', (code, reason, kind) => {
    const { socket, events } = connected();
    socket.closes(code, reason);
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind } });
  });

  it('remembers what the server said in its farewell when the close frame is lost', () => {
    const { socket, events } = connected();
    socket.receives({ push: { disconnect: { code: 3503, reason: 'force disconnect' } } });
    socket.closes(1006);
    expect(events.at(-1)).toEqual({ type: 'closed', ending: { kind: 'final', reason: 'force disconnect' } });
  });

  it.each([
    [{ code: 101, message: 'unauthorized: No.' }, 'token'],
    [{ code: 109, message: 'token_expired: No.' }, 'token'],
    [{ code: 111, message: 'too_many_requests: Later.', temporary: true }, 'retry'],
  ])('ends when it may not connect: %o', (error, kind) => {
    const { socket, events } = setUp();
    socket.opens();
    socket.receives({ id: 1, error });
    expect(events).toEqual([{ type: 'closed', ending: { kind, reason: expect.any(String) } }]);
  });

  it('reports a subscription that was refused, and one that was there already', () => {
    const { transport, socket, events, asked } = connected();
    asked.push({ channel: 'room:x', position: undefined });
    transport.follow('room:x');
    socket.receives({ id: 2, error: { code: 105, message: 'already_subscribed: It is.' } });
    expect(events.at(-1)).toEqual({ type: 'shared', channel: 'room:x' });
    transport.follow('room:x');
    socket.receives({ id: 3, error: { code: 103, message: 'permission_denied: No.' } });
    expect(events.at(-1)).toMatchObject({
      type: 'refused',
      channel: 'room:x',
      error: { code: 'permission_denied' },
    });
  });

  it('ends at a frame that is not the protocol', () => {
    const { socket, events } = connected();
    socket.receivesText('<html>');
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
  });

  it('looks whether the server is there when it is told to, and ends if not', async () => {
    const { transport, socket, events, clock } = connected();
    transport.check();
    socket.receives({ id: 2, ping: {} });
    await clock.advance(4_000);
    expect(events).toHaveLength(1);
    transport.check();
    await clock.advance(4_000);
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
  });

  it('says nothing more after it was closed', async () => {
    const { transport, socket, events, clock } = connected();
    const waiting = transport.call('me.state', {}).catch((error: ClientError) => error.code);
    transport.close();
    expect(await waiting).toBe('offline');
    socket.receives({ push: { channel: 'room:a', pub: { data: 1, offset: 1 } } });
    socket.closes(1006);
    await clock.advance(100_000);
    expect(events).toHaveLength(1);
    expect(socket.closedWith).toBe(1000);
  });

  it('ends like a failed connection where the page may not make one', async () => {
    const { events } = setUp({
      WebSocket: class extends FakeWebSocket {
        constructor(url: string) {
          super(url);
          throw new Error('blocked by policy');
        }
      },
    });
    expect(events).toEqual([]);
    await settled();
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'retry' } }]);
  });
});

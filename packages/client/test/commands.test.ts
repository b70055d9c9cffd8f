import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMING } from '../src/clock.js';
import { Commands } from '../src/commands.js';
import { Connection } from '../src/connection.js';
import { TokenSource } from '../src/token.js';
import type { Sink, Transport } from '../src/transport/transport.js';
import { FakeClock, settled } from './support/fake-clock.js';
import { FakeServer } from './support/fake-server.js';

async function setUp({ call }: Pick<Transport, 'call'> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const token = new TokenSource('t', undefined);
  let sink: Sink = () => {};
  const connection: Connection = new Connection({
    transports: ['polling'],
    open: (name, _, given) => {
      sink = given;
      return { name, follow() {}, unfollow() {}, check() {}, close() {}, ...(call && { call }) };
    },
    token,
    timing: DEFAULT_TIMING,
    clock,
    random: () => 0.5,
    onEvent: () => {},
    onState: () => commands.stateChanged(),
  });
  const http = { base: new URL('http://server.test/'), fetch: server.fetch, clock };
  const commands = new Commands({ http, token, connection, timeout: 10_000 });
  connection.start();
  await settled();
  const opens = async (): Promise<void> => {
    sink({ type: 'opened' });
    await settled();
  };
  return { clock, server, connection, commands, opens };
}

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('Commands', () => {
  it('waits for a way to the server, and then asks once', async () => {
    const { server, commands, opens } = await setUp();
    const state = commands.call('me.state', {});
    expect(server.requests).toHaveLength(0);
    await opens();
    expect(server.requests).toHaveLength(1);
    await server.last.answers({ user: 'alice', channels: [] });
    expect(await state).toEqual({ user: 'alice', channels: [] });
  });

  it('asks over the transport where that carries commands', async () => {
    const asked: unknown[] = [];
    const { server, commands, opens } = await setUp({
      call: async (method, params) => {
        asked.push([method, params]);
        return { channel: 'room:a' };
      },
    });
    await opens();
    expect(await commands.call('room.create', { name: 'a' })).toEqual({ channel: 'room:a' });
    expect(asked).toEqual([['room.create', { name: 'a' }]]);
    expect(server.requests).toHaveLength(0);
  });

  it('fails at once where it must not wait', async () => {
    const { commands } = await setUp();
    expect(await failure(commands.callNow('me.state', {}))).toMatchObject({
      code: 'offline',
      retryable: true,
    });
  });

  it('does not wait for what will not come', async () => {
    const { commands, connection, clock } = await setUp();
    const waiting = failure(commands.call('me.state', {}));
    connection.close();
    expect(await waiting).toMatchObject({ code: 'closed', retryable: false });
    expect(await failure(commands.call('me.state', {}))).toMatchObject({ code: 'closed' });
    expect(clock.timers).toBe(0);
  });

  it('does not ask twice when the answer is lost', async () => {
    const { server, commands, opens } = await setUp();
    await opens();
    const answer = failure(commands.call('room.create', { name: 'a' }));
    await settled();
    await server.last.fails();
    expect(await answer).toMatchObject({ code: 'offline', retryable: true });
    expect(server.requests).toHaveLength(1);
  });

  it('lets the connection know of a token that is refused', async () => {
    const { server, commands, connection, clock, opens } = await setUp();
    await opens();
    const answer = failure(commands.call('me.state', {}));
    await settled();
    await server.last.refuses('unauthorized', 401);
    expect(await answer).toMatchObject({ code: 'unauthorized' });
    await clock.advance(1_000);
    expect(connection.state.status).toBe('signed-out');
  });
});

import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMING } from '../src/clock.js';
import { Connection, type ConnectionState } from '../src/connection.js';
import { TokenSource } from '../src/token.js';
import type { Ending, Sink, Transport, TransportEvent } from '../src/transport/transport.js';
import type { GetToken, TransportName } from '../src/types.js';
import { FakeClock, settled } from './support/fake-clock.js';

class FakeTransport implements Transport {
  closed = false;
  checks = 0;
  readonly name: TransportName;
  readonly token: string;
  readonly #sink: Sink;

  constructor(name: TransportName, token: string, sink: Sink) {
    this.name = name;
    this.token = token;
    this.#sink = sink;
  }

  follow(): void {}
  unfollow(): void {}

  check(): void {
    this.checks += 1;
  }

  close(): void {
    this.closed = true;
  }

  async says(event: TransportEvent): Promise<void> {
    this.#sink(event);
    await settled();
  }

  opens(): Promise<void> {
    return this.says({ type: 'opened', user: 'alice' });
  }

  ends(kind: Ending['kind'] = 'retry', reason = 'cut'): Promise<void> {
    return this.says({ type: 'closed', ending: { kind, reason } });
  }
}

const ALL: readonly TransportName[] = ['websocket', 'sse', 'long-polling', 'polling'];

async function setUp({
  transports = ALL,
  token = 't',
  getToken,
}: {
  transports?: readonly TransportName[];
  token?: string;
  getToken?: GetToken;
} = {}) {
  const clock = new FakeClock();
  const made: FakeTransport[] = [];
  const states: ConnectionState[] = [];
  const events: TransportEvent[] = [];
  const connection = new Connection({
    transports,
    open: (name, current, sink) => {
      const transport = new FakeTransport(name, current, sink);
      made.push(transport);
      return transport;
    },
    token: new TokenSource(getToken ? undefined : token, getToken),
    timing: DEFAULT_TIMING,
    clock,
    random: () => 1,
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
  });
  connection.start();
  await settled();
  return {
    connection,
    clock,
    made,
    states,
    events,
    last: () => made.at(-1)!,
    names: () => made.map(({ name }) => name),
  };
}

describe('Connection', () => {
  it('starts on the best transport', async () => {
    const { connection, last, names, events } = await setUp();
    expect(connection.state.status).toBe('connecting');
    await last().opens();
    expect(connection.state).toEqual({ status: 'connected', transport: 'websocket' });
    expect(connection.transport).toBe(last());
    expect(events).toEqual([{ type: 'opened', user: 'alice' }]);
    expect(names()).toEqual(['websocket']);
  });

  it('goes down the list, past what fails and what does not answer', async () => {
    const { connection, clock, last, made } = await setUp();
    await last().ends();
    expect(last().name).toBe('sse');
    await clock.advance(3_999);
    expect(last().name).toBe('sse');
    await clock.advance(1);
    expect(made[1]!.closed).toBe(true);
    expect(last().name).toBe('long-polling');
    await last().opens();
    expect(connection.state).toEqual({ status: 'connected', transport: 'long-polling' });
    // What was given up has no say any more.
    await made[1]!.opens();
    expect(connection.state.transport).toBe('long-polling');
  });

  it('waits with growing jitter when nothing works, and says until when and why', async () => {
    const { connection, clock, last } = await setUp({ transports: ['websocket', 'polling'] });
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]) {
      await last().ends();
      await last().ends('retry', 'no way');
      expect(connection.state).toEqual({ status: 'offline', reason: 'no way', retryAt: clock.now() + wait });
      await clock.advance(wait);
      expect(last().name).toBe('websocket');
      // Trying again is no news.
      expect(connection.state).toEqual({ status: 'offline', reason: 'no way' });
    }
    connection.reconnect();
    expect(connection.state.status).toBe('connecting');
  });

  it('comes back to the same transport after a cut, after a moment', async () => {
    const { connection, clock, last, names } = await setUp();
    await last().ends();
    await last().opens();
    await clock.advance(10_000);
    await last().ends('retry', 'cut');
    expect(connection.state).toMatchObject({ status: 'connecting', reason: 'cut' });
    await clock.advance(500);
    expect(names()).toEqual(['websocket', 'sse', 'sse']);
    await last().opens();
    expect(connection.state.transport).toBe('sse');
  });

  it('tries them all, from the best, when the same one fails again', async () => {
    const { clock, last, names } = await setUp();
    await last().ends();
    await last().opens();
    await clock.advance(10_000);
    await last().ends();
    await clock.advance(500);
    await last().ends();
    await clock.advance(1_000);
    expect(names()).toEqual(['websocket', 'sse', 'sse', 'websocket']);
  });

  it('gives the next transport its turn when one opens again and again and is cut each time', async () => {
    const { connection, clock, last, names } = await setUp({ transports: ['websocket', 'sse'] });
    for (let life = 0; life < 3; life += 1) {
      await last().opens();
      await last().ends();
      await clock.advance(connection.state.retryAt! - clock.now());
    }
    expect(names()).toEqual(['websocket', 'websocket', 'websocket', 'sse']);
  });

  it('backs off from a server that accepts and cuts at once', async () => {
    const { connection, clock, last } = await setUp({ transports: ['websocket'] });
    const waits: number[] = [];
    for (let life = 0; life < 5; life += 1) {
      await last().opens();
      await last().ends();
      const wait = connection.state.retryAt! - clock.now();
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    await last().opens();
    await clock.advance(10_000);
    await last().ends();
    expect(connection.state.retryAt! - clock.now()).toBe(500);
  });

  it('hops up when a better transport works, and keeps the other until then', async () => {
    const { connection, clock, last, made, events } = await setUp();
    await last().ends();
    await last().opens();
    const sse = last();
    await clock.advance(15_000);
    expect(last().name).toBe('websocket');
    expect(connection.state.transport).toBe('sse');
    await sse.says({ type: 'left', channel: 'room:a' });
    expect(events.at(-1)).toEqual({ type: 'left', channel: 'room:a' });
    await last().opens();
    expect(connection.state.transport).toBe('websocket');
    expect(sse.closed).toBe(true);
    await sse.says({ type: 'left', channel: 'room:b' });
    expect(events.at(-1)).toEqual({ type: 'opened', user: 'alice' });
    expect(made).toHaveLength(3);
  });

  it('looks for better ones ever more rarely', async () => {
    const { clock, last, names } = await setUp({ transports: ['websocket', 'polling'] });
    await last().ends();
    await last().opens();
    for (const wait of [15_000, 30_000, 60_000, 120_000, 150_000, 150_000]) {
      const before = names().length;
      await clock.advance(wait - 1);
      expect(names()).toHaveLength(before);
      await clock.advance(1);
      expect(names()).toHaveLength(before + 1);
      await last().ends();
    }
  });

  it('gives up looking for better ones when the one in use is cut', async () => {
    const { connection, clock, last, made } = await setUp({ transports: ['websocket', 'polling'] });
    await last().ends();
    await last().opens();
    const polling = last();
    await clock.advance(15_000);
    const probe = last();
    await polling.ends();
    expect(probe.closed).toBe(true);
    await probe.opens();
    expect(connection.state.status).toBe('connecting');
    await clock.advance(500);
    expect(made).toHaveLength(4);
    expect(last().name).toBe('polling');
  });

  it('asks for another token when one is refused, and tries the same transport again', async () => {
    const tokens = ['old', 'new'];
    const { connection, last, made } = await setUp({ getToken: () => tokens.shift() ?? null });
    await last().ends('token');
    expect(made.map(({ name, token }) => [name, token])).toEqual([
      ['websocket', 'old'],
      ['websocket', 'new'],
    ]);
    await last().opens();
    expect(connection.state.status).toBe('connected');
  });

  it('is signed out when the fresh token is refused too, until it is told to try again', async () => {
    let count = 0;
    const { connection, clock, last, made } = await setUp({ getToken: () => `t${(count += 1)}` });
    await last().ends('token');
    await last().ends('token');
    expect(connection.state).toMatchObject({ status: 'signed-out' });
    await clock.advance(600_000);
    expect(made).toHaveLength(2);
    connection.reconnect();
    await settled();
    expect(last().token).toBe('t3');
  });

  it('asks for a token when the one in use has expired, or a request was refused for it', async () => {
    let count = 0;
    const { connection, clock, last } = await setUp({ getToken: () => `t${(count += 1)}` });
    await last().opens();
    await last().ends('token', 'connection expired');
    await clock.advance(500);
    expect(last().token).toBe('t2');
    await last().opens();
    connection.tokenRefused('t1');
    expect(connection.state.status).toBe('connected');
    connection.tokenRefused('t2');
    await clock.advance(1_000);
    expect(last().token).toBe('t3');
  });

  it('is signed out when there is no token', async () => {
    const { connection, made } = await setUp({ getToken: () => null });
    expect(connection.state.status).toBe('signed-out');
    expect(made).toEqual([]);
  });

  it('tries again later when the app could not say which token', async () => {
    let away = true;
    const { connection, clock, made } = await setUp({
      getToken: async () => {
        if (away) throw new Error('away');
        return 't';
      },
    });
    expect(connection.state.status).toBe('offline');
    away = false;
    await clock.advance(500);
    expect(made).toHaveLength(1);
  });

  it.each(['while connecting', 'once connected'])('does not come again when told so %s', async (when) => {
    const { connection, clock, last, made } = await setUp();
    if (when === 'once connected') await last().opens();
    await last().ends('final', 'force disconnect');
    expect(connection.state).toEqual({ status: 'closed', reason: 'force disconnect' });
    await clock.advance(600_000);
    expect(made).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it('tries at once when the network is back, but not more often than makes sense', async () => {
    const { connection, clock, last, made } = await setUp({ transports: ['websocket'] });
    for (let failure = 0; failure < 6; failure += 1) {
      await last().ends();
      if (failure < 5) await clock.advance(20_000);
    }
    await clock.advance(500);
    const before = made.length;
    connection.wake();
    connection.wake();
    await settled();
    expect(made).toHaveLength(before + 1);
    await last().ends();
    connection.wake();
    await settled();
    expect(made).toHaveLength(before + 1);
    expect(connection.state.retryAt! - clock.now()).toBe(20_000);
  });

  it('has the transport in use looked after when someone comes back to the page', async () => {
    const { connection, last } = await setUp();
    await last().opens();
    connection.wake();
    expect(last().checks).toBe(1);
  });

  it('lets go at once of what is open when the network is gone, and comes back when it may', async () => {
    const { connection, clock, last, made } = await setUp();
    await last().opens();
    const before = last();
    connection.lost();
    expect(before.closed).toBe(true);
    expect(connection.state).toMatchObject({ status: 'connecting', reason: 'There is no network.' });
    connection.lost();
    await clock.advance(500);
    expect(made).toHaveLength(2);
    await last().opens();
    expect(connection.state.status).toBe('connected');
  });

  it('leaves nothing behind when it is closed', async () => {
    const { connection, clock, last, states } = await setUp();
    await last().ends();
    connection.close();
    expect(last().closed).toBe(true);
    expect(connection.state).toEqual({ status: 'closed' });
    expect(clock.timers).toBe(0);
    const told = states.length;
    await last().opens();
    connection.reconnect();
    await settled();
    expect(states).toHaveLength(told);
  });
});

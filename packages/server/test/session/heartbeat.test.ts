/** Pings, patience and expiry, by a clock that stands still. */
import { CommandError, type Disconnect } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { Chat } from '../../src/chat/chat.js';
import { Hub } from '../../src/delivery/hub.js';
import { Presence } from '../../src/presence/presence.js';
import type { Connection } from '../../src/session/connection.js';
import type { Identity, Services } from '../../src/session/services.js';
import { Session } from '../../src/session/session.js';
import { TimerWheel } from '../../src/time/timer-wheel.js';
import { FakeClock } from '../support/clock.js';
import { memoryLog } from '../support/memory-log.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';
import { settle, until } from '../support/wait.js';

class FakeConnection extends FakeOutlet implements Connection {
  closed: Disconnect | undefined;
  paused = false;

  close(disconnect: Disconnect): void {
    this.closed = disconnect;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get pings(): number {
    return this.sent.filter((text) => text === '{}').length;
  }
}

let clock: FakeClock;
let presence: Presence;
let services: Services;
let connection: FakeConnection;
let session: Session;
let identity: Identity;

beforeEach(async () => {
  clock = new FakeClock();
  const log = memoryLog({ clock });
  const left: string[] = [];
  presence = new Presence({
    clock,
    onLeave: (channel) => left.push(channel),
  });
  const chat = await Chat.open({
    log,
    presence,
    clock,
    announce: () => {},
  });
  const hub = new Hub({
    log,
    audience: fakeAudiences(),
    changed: (record) => chat.changed(record),
    skipped: () => chat.skipped(),
  });
  identity = { user: 'alice' };
  services = {
    chat,
    hub,
    presence,
    clock,
    wheel: new TimerWheel(clock),
    limits: {
      answerBytes: 100_000,
      answerPublications: 100,
      subscriptions: 3,
      pendingCommands: 4,
      outboxBytes: 10_000,
      commandsPerSecond: 10,
      badFrames: 5,
    },
    timing: { pingInterval: 25, pongTimeout: 10, presenceGrace: 15 },
    version: 'test',
    requireContact: () => {},
    randomId: () => 'session-1',
    authenticate: (token) =>
      token === undefined ? Promise.reject(new CommandError('unauthorized', 'x')) : Promise.resolve(identity),
    failed: (error) => {
      throw error;
    },
  };
  connection = new FakeConnection();
  session = new Session(connection, services);
});

async function connect(): Promise<void> {
  session.receive('{"id":1,"connect":{"token":"t"}}');
  await until(() => connection.sent.length > 0);
}

test('whoever does not connect is gone by the first ping', () => {
  clock.advance(24_000);
  expect(connection.closed).toBeUndefined();
  clock.advance(3000);
  expect(connection.closed).toMatchObject({ code: 3502 });
});

test('pings come at their interval as long as they are answered', async () => {
  await connect();
  for (let round = 1; round <= 5; round++) {
    clock.advance(27_000);
    expect(connection.pings).toBe(round);
    session.receive('{}');
  }
  expect(connection.closed).toBeUndefined();
});

test('anything that comes counts as an answer', async () => {
  await connect();
  clock.advance(27_000);
  session.receive('{"id":2,"ping":{}}');
  clock.advance(20_000);
  expect(connection.closed).toBeUndefined();
});

test('no answer in time ends the session, and the user counts as here for a while', async () => {
  await connect();
  clock.advance(27_000);
  expect(presence.isHere('alice')).toBe(true);
  clock.advance(12_000);
  expect(connection.closed).toMatchObject({ code: 3012 });
  expect(presence.isHere('alice')).toBe(true);
  clock.advance(20_000);
  expect(presence.isHere('alice')).toBe(false);
});

test('slow is not gone: with bytes to be written it gets more time, though not for ever', async () => {
  await connect();
  connection.backlog = 50_000;
  clock.advance(27_000 + 40_000);
  expect(connection.closed).toBeUndefined();
  expect(connection.pings).toBe(1);
  session.receive('{}');
  clock.advance(27_000);
  expect(connection.pings).toBe(2);
  clock.advance(90_000);
  expect(connection.closed).toMatchObject({ code: 3012 });
});

test('a goodbye is a leave at once', async () => {
  await connect();
  session.end(true);
  expect(presence.isHere('alice')).toBe(false);
});

describe('tokens that expire', () => {
  test('end the session unless it is refreshed', async () => {
    identity = { user: 'alice', expiresAt: clock.now() + 60_000 };
    await connect();
    expect(connection.sent[0]).toContain('"expires":true,"ttl":60');
    clock.advance(27_000);
    session.receive('{}');
    identity = { user: 'alice', expiresAt: clock.now() + 600_000 };
    session.receive('{"id":2,"refresh":{"token":"t2"}}');
    await until(() => connection.sent.some((text) => text.includes('"id":2')));
    for (let round = 0; round < 4; round++) {
      clock.advance(27_000);
      session.receive('{}');
    }
    expect(connection.closed).toBeUndefined();
    clock.advance(600_000);
    session.receive('{}');
    expect(connection.closed).toBeDefined();
  });

  test('3005 tells the client to come with another', async () => {
    identity = { user: 'alice', expiresAt: clock.now() + 5000 };
    await connect();
    clock.advance(27_000);
    expect(connection.closed).toMatchObject({ code: 3005 });
  });

  test('a token of someone else refreshes nothing', async () => {
    await connect();
    identity = { user: 'bob' };
    session.receive('{"id":2,"refresh":{"token":"t2"}}');
    await until(() => connection.sent.some((text) => text.includes('"id":2')));
    expect(connection.sent.at(-1)).toContain('"code":101');
  });
});

describe('limits', () => {
  test('what is too many a second is refused once, and the rest waits unread', async () => {
    await connect();
    for (let id = 2; id < 40; id++) {
      session.receive(`{"id":${id},"ping":{}}`);
      await settle(1);
    }
    const refused = (): number[] =>
      connection.sent
        .filter((text) => text.includes('"code":111'))
        .map((text) => (JSON.parse(text) as { id: number }).id);
    // A burst of twice ten, connect not counted.
    expect(refused()).toEqual([22]);
    expect(connection.paused).toBe(true);
    clock.advance(200);
    await settle();
    // Two more in the meantime, and again one too many.
    expect(refused()).toEqual([22, 25]);
    for (let round = 0; round < 20; round++) {
      clock.advance(1000);
      await settle();
    }
    expect(connection.paused).toBe(false);
    expect(connection.sent.at(-1)).toBe('{"id":39,"ping":{}}');
    expect(connection.closed).toBeUndefined();
  });

  test('a client that takes no answers is read no further until it does', async () => {
    services = {
      ...services,
      limits: { ...services.limits, pendingCommands: 1000, commandsPerSecond: 1000 },
    };
    session = new Session(connection, services);
    await connect();
    connection.backlog = 10_001;
    for (let id = 2; id <= 101; id++) {
      session.receive(`{"id":${id},"ping":{}}`);
      await settle(1);
    }
    expect(connection.paused).toBe(true);
    expect(connection.sent.length).toBeLessThan(60);
    connection.backlog = 0;
    session.drained();
    await settle();
    expect(connection.paused).toBe(false);
    const ids = connection.sent.map((text) => (JSON.parse(text) as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: 101 }, (_, at) => at + 1));
  });

  test('of commands with large answers only some are under way at once', async () => {
    services = { ...services, limits: { ...services.limits, pendingCommands: 100, commandsPerSecond: 1000 } };
    session = new Session(connection, services);
    await connect();
    let reading = 0;
    let most = 0;
    const { log } = services.hub;
    const read = log.read.bind(log);
    log.read = async (request) => {
      reading += 1;
      most = Math.max(most, reading);
      await settle(2);
      reading -= 1;
      return read(request);
    };
    const history = { channel: 'room:lobby', limit: 10 };
    session.receive(
      Array.from({ length: 20 }, (_, at) => JSON.stringify({ id: at + 2, history })).join('\n'),
    );
    await until(() => connection.sent.length === 21);
    expect(most).toBe(4);
  });

  test('while many commands are under way nothing more is read', async () => {
    await connect();
    for (let id = 2; id < 6; id++) {
      session.receive(
        `{"id":${id},"rpc":{"method":"message.send","data":{"channel":"room:lobby","key":"${id}","text":"x"}}}`,
      );
    }
    expect(connection.paused).toBe(true);
    await until(() => !connection.paused);
    await until(() => connection.sent.length >= 5);
  });

  test('a session subscribes to so many channels', async () => {
    await connect();
    for (const [index, channel] of ['feed:a', 'feed:b', 'feed:c', 'feed:d'].entries()) {
      session.receive(`{"id":${index + 2},"subscribe":{"channel":"${channel}"}}`);
    }
    await until(() => connection.sent.length === 5);
    expect(connection.sent.filter((text) => text.includes('"code":106'))).toHaveLength(1);
  });
});

test('what comes while connect is under way is held, unread where it can be, and carried out after it', async () => {
  session.receive('{"id":1,"connect":{"token":"t"}}');
  expect(connection.paused).toBe(true);
  session.receive('{"id":2,"ping":{}}');
  session.receive('{"id":3,"ping":{}}\n{"id":4,"ping":{}}');
  expect(connection.sent).toEqual([]);
  await until(() => connection.sent.length === 4);
  expect(connection.sent.map((text) => (JSON.parse(text) as { id: number }).id)).toEqual([1, 2, 3, 4]);
  expect(connection.paused).toBe(false);
});

test('a subscription that fails to read the log leaves nothing behind', async () => {
  await connect();
  const { log } = services.hub;
  const read = log.read.bind(log);
  log.read = () => Promise.reject(new CommandError('internal', 'broken'));
  const subscribe = { channel: 'room:lobby', recover: true, offset: 0 };
  session.receive(JSON.stringify({ id: 2, subscribe }));
  await until(() => connection.sent.length === 2);
  expect(connection.sent[1]).toContain('"code":100');
  log.read = read;
  session.receive(JSON.stringify({ id: 3, subscribe }));
  await until(() => connection.sent.some((text) => text.startsWith('{"id":3,"subscribe"')));
  session.end(true);
  clock.advance(60_000);
  expect(services.hub.size).toBe(0);
});

test('a connection that ends at any moment of its connecting leaves nothing behind', async () => {
  for (let moment = 0; moment < 60; moment++) {
    const brief = new Session(connection, services);
    brief.receive('{"id":1,"connect":{"token":"t","data":{"follow":"mine"}}}');
    for (let at = 0; at < moment; at++) await Promise.resolve();
    brief.end(false);
  }
  await settle(20);
  clock.advance(60_000);
  expect(services.hub.size).toBe(0);
  expect(presence.isHere('alice')).toBe(false);
  // Some ended before they were answered, and some after.
  expect(connection.sent.length).toBeGreaterThan(0);
  expect(connection.sent.length).toBeLessThan(60);
});

import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Lease, Presence, type PresenceTransport } from '../../src/presence/presence.js';
import { systemClock } from '../../src/time/clock.js';
import { FakeClock } from '../support/clock.js';

let clock: FakeClock;
let told: string[];
let presence: Presence;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  presence = new Presence({
    clock,
    onJoin: (channel, { user }) => told.push(`+${user} ${channel}`),
    onLeave: (channel, { user }) => told.push(`-${user} ${channel}`),
  });
});

const lease = (client: string, user: string, transport: PresenceTransport = 'websocket'): Lease => ({
  client,
  user,
  transport,
});

/** What a transport does that names all channels with each renewal. */
function renew(held: Lease, channels: Iterable<string>, ttl: number, where = presence): void {
  where.renew(held, ttl);
  where.attend(held.client, channels);
}

const MANY = 1000;
const usersOf = (channel: string, where = presence): Promise<string[]> => where.usersOf(channel, MANY);
const clientsOf = (channel: string, where = presence): Promise<Lease[]> => where.clientsOf(channel, MANY);
const isIn = async (channel: string, user: string): Promise<boolean> =>
  (await presence.present(channel, [user])).has(user);

describe('a lease', () => {
  test('has its user in its channels until it runs out', async () => {
    renew(lease('1', 'ada'), ['a', 'b'], 1000);
    expect(told).toEqual(['+ada a', '+ada b']);
    expect(await usersOf('a')).toEqual(['ada']);
    expect(await clientsOf('b')).toEqual([lease('1', 'ada')]);
    expect(presence.isHere('ada')).toBe(true);
    expect(await isIn('a', 'ada')).toBe(true);
    clock.advance(999);
    expect(presence.size).toBe(1);
    clock.advance(251);
    expect(told.slice(2)).toEqual(['-ada a', '-ada b']);
    expect(await usersOf('a')).toEqual([]);
    expect(await clientsOf('b')).toEqual([]);
    expect(presence.isHere('ada')).toBe(false);
    expect(await isIn('a', 'ada')).toBe(false);
    expect(presence.size).toBe(0);
  });

  test('never runs out early, and at most a tick late', () => {
    for (const ttl of [0, 1, 249, 250, 251, 1000, 60_000]) {
      const { length } = told;
      renew(lease('1', 'ada'), ['a'], ttl);
      clock.advance(Math.max(ttl - 1, 0));
      if (ttl > 0) expect(told).toHaveLength(length + 1);
      clock.advance(251);
      expect(told).toHaveLength(length + 2);
    }
  });

  test('that is renewed in time is no leave and no join', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    for (let count = 0; count < 20; count++) {
      clock.advance(900);
      renew(lease('1', 'ada'), ['a'], 1000);
    }
    expect(told).toEqual(['+ada a']);
    clock.advance(2000);
    expect(told).toEqual(['+ada a', '-ada a']);
  });

  test('whose connection was cut is not told of when the user is back within it, as another client', async () => {
    renew(lease('1', 'ada'), ['a'], 25_000);
    clock.advance(20_000);
    renew(lease('2', 'ada', 'long-polling'), ['a'], 40_000);
    clock.advance(30_000);
    expect(await clientsOf('a')).toEqual([lease('2', 'ada', 'long-polling')]);
    expect(told).toEqual(['+ada a']);
  });

  test('that ran out is a leave, and coming back after it a join', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    clock.advance(5000);
    renew(lease('1', 'ada'), ['a'], 1000);
    expect(told).toEqual(['+ada a', '-ada a', '+ada a']);
  });

  test('may be made shorter', () => {
    renew(lease('1', 'ada', 'long-polling'), ['a'], 60_000);
    renew(lease('1', 'ada', 'polling'), ['a'], 1000);
    clock.advance(1250);
    expect(told).toEqual(['+ada a', '-ada a']);
  });

  test('keeps its client through a change of transport', async () => {
    renew(lease('1', 'ada', 'websocket'), ['a'], 1000);
    renew(lease('1', 'ada', 'sse'), ['a'], 1000);
    expect(await clientsOf('a')).toEqual([lease('1', 'ada', 'sse')]);
    expect(told).toEqual(['+ada a']);
  });

  test('that names another user than before is a goodbye of the former', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    renew(lease('1', 'bob'), ['a'], 1000);
    expect(told).toEqual(['+ada a', '-ada a', '+bob a']);
    expect(presence.isHere('ada')).toBe(false);
  });

  test('runs out for all at once when the process was stopped, but not for who was back', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    renew(lease('2', 'bob'), ['a'], 60_000);
    clock.sleep(30_000);
    expect(told).toEqual(['+ada a', '+bob a', '-ada a']);
  });
});

describe('saying goodbye', () => {
  test('is a leave at once, and once', () => {
    renew(lease('1', 'ada'), ['a', 'b'], 1000);
    presence.end('1');
    presence.end('1');
    presence.end('unknown');
    clock.advance(5000);
    expect(told.slice(2)).toEqual(['-ada a', '-ada b']);
    expect(clock.timers).toBe(0);
  });

  test('with one of two tabs is no leave', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    renew(lease('2', 'ada'), ['a', 'b'], 1000);
    presence.end('1');
    expect(told).toEqual(['+ada a', '+ada b']);
    presence.end('2');
    expect(told.slice(2)).toEqual(['-ada a', '-ada b']);
  });
});

describe('channels', () => {
  test('are replaced by each renewal', () => {
    renew(lease('1', 'ada'), ['a', 'b'], 1000);
    renew(lease('1', 'ada'), new Set(['b', 'c']), 1000);
    expect(told.slice(2)).toEqual(['-ada a', '+ada c']);
    renew(lease('1', 'ada'), ['c', 'c', 'b'], 1000);
    expect(told).toHaveLength(4);
    renew(lease('1', 'ada'), [], 1000);
    expect(told.slice(4)).toEqual(['-ada b', '-ada c']);
    expect(presence.isHere('ada')).toBe(true);
  });

  test('are entered and left between renewals', async () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    presence.enter('1', 'b');
    presence.enter('1', 'b');
    presence.exit('1', 'a');
    presence.exit('1', 'a');
    expect(told).toEqual(['+ada a', '+ada b', '-ada a']);
    presence.enter('unknown', 'b');
    presence.exit('unknown', 'b');
    expect(await usersOf('b')).toEqual(['ada']);
  });

  test('name each user once, and each client', async () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    renew(lease('2', 'bob'), ['a'], 1000);
    renew(lease('3', 'ada', 'polling'), ['a'], 1000);
    expect(await usersOf('a')).toEqual(['ada', 'bob']);
    expect((await clientsOf('a')).map(({ client }) => client)).toEqual(['1', '2', '3']);
    expect(await usersOf('unknown')).toEqual([]);
  });

  test('are told of after the change', async () => {
    const seen: Promise<string[]>[] = [];
    const asking: Presence = new Presence({
      clock,
      onJoin: (channel) => seen.push(usersOf(channel, asking)),
      onLeave: (channel) => seen.push(usersOf(channel, asking)),
    });
    renew(lease('1', 'ada'), ['a'], 1000, asking);
    asking.end('1');
    expect(await Promise.all(seen)).toEqual([['ada'], []]);
  });
});

describe('the cost', () => {
  test('of many clients is one timer', () => {
    for (let count = 0; count < 10_000; count++) renew(lease(`${count}`, `u${count}`), ['a'], 30_000);
    expect(clock.timers).toBe(1);
    expect(clock.timersSet).toBe(1);
    for (let round = 0; round < 10; round++) {
      clock.advance(10_000);
      for (let count = 0; count < 10_000; count++) renew(lease(`${count}`, `u${count}`), ['a'], 30_000);
    }
    expect(clock.timers).toBe(1);
    // One look for each time that the leases would have run out, and not one for each of the renewals.
    expect(clock.timersSet).toBeLessThan(10);
    clock.advance(31_000);
    expect(presence.size).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('closing', () => {
  test('forgets everyone, tells nobody, and leaves no timer', () => {
    renew(lease('1', 'ada'), ['a'], 1000);
    presence.close();
    clock.advance(5000);
    expect(told).toEqual(['+ada a']);
    expect(presence.size).toBe(0);
    expect(presence.isHere('ada')).toBe(false);
    expect(clock.timers).toBe(0);
  });
});

test('keeps time by a real clock as well', async () => {
  const left = vi.fn();
  const real = new Presence({ clock: systemClock, onLeave: left });
  renew(lease('1', 'ada'), ['a'], 10, real);
  await vi.waitFor(() => expect(left).toHaveBeenCalledWith('a', lease('1', 'ada')), { timeout: 60_000 });
  real.close();
});

test('whatever happens, it knows who is where as a plain list of leases would', async () => {
  const CLIENTS = ['1', '2', '3', '4'];
  const CHANNELS = ['a', 'b', 'c'];
  const userOf = (client: string) => (client < '3' ? 'ada' : 'bob');
  const step = fc.oneof(
    fc.record({
      do: fc.constant('renew' as const),
      client: fc.constantFrom(...CLIENTS),
      channels: fc.uniqueArray(fc.constantFrom(...CHANNELS)),
      ttl: fc.integer({ min: 250, max: 5000 }),
    }),
    fc.record({ do: fc.constant('end' as const), client: fc.constantFrom(...CLIENTS) }),
    fc.record({
      do: fc.constant('enter' as const),
      client: fc.constantFrom(...CLIENTS),
      channel: fc.constantFrom(...CHANNELS),
    }),
    fc.record({
      do: fc.constant('exit' as const),
      client: fc.constantFrom(...CLIENTS),
      channel: fc.constantFrom(...CHANNELS),
    }),
    fc.record({ do: fc.constant('wait' as const), ticks: fc.integer({ min: 0, max: 12 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const time = new FakeClock();
      const here = new Map<string, Set<string>>(CHANNELS.map((channel) => [channel, new Set()]));
      const tested = new Presence({
        clock: time,
        onJoin: (channel, { user }) => {
          expect(here.get(channel)!.has(user)).toBe(false);
          here.get(channel)!.add(user);
        },
        onLeave: (channel, { user }) => expect(here.get(channel)!.delete(user)).toBe(true),
      });
      const model = new Map<string, { channels: Set<string>; expiresAt: number }>();
      for (const current of steps) {
        if (current.do === 'renew') {
          // Ends on a tick, so that the model need not know of ticks.
          const expiresAt = Math.ceil((time.monotonic() + current.ttl) / 250) * 250;
          model.set(current.client, { channels: new Set(current.channels), expiresAt });
          renew(
            lease(current.client, userOf(current.client)),
            current.channels,
            expiresAt - time.monotonic(),
            tested,
          );
        } else if (current.do === 'end') {
          model.delete(current.client);
          tested.end(current.client);
        } else if (current.do === 'enter') {
          model.get(current.client)?.channels.add(current.channel);
          tested.enter(current.client, current.channel);
        } else if (current.do === 'exit') {
          model.get(current.client)?.channels.delete(current.channel);
          tested.exit(current.client, current.channel);
        } else {
          time.advance(current.ticks * 250);
          for (const [client, { expiresAt }] of model)
            if (expiresAt <= time.monotonic()) model.delete(client);
        }
        for (const channel of CHANNELS) {
          const clients = [...model]
            .filter(([, { channels }]) => channels.has(channel))
            .map(([client]) => client);
          const listed = await clientsOf(channel, tested);
          expect(new Set(listed.map(({ client }) => client))).toEqual(new Set(clients));
          const users = new Set(clients.map(userOf));
          expect(new Set(await usersOf(channel, tested))).toEqual(users);
          expect(tested.stats(channel)).toEqual({ clients: clients.length, users: users.size });
          expect(here.get(channel)).toEqual(users);
        }
        expect(tested.size).toBe(model.size);
        for (const user of ['ada', 'bob']) {
          expect(tested.isHere(user)).toBe([...model.keys()].some((client) => userOf(client) === user));
        }
      }
    }),
    { numRuns: 300 },
  );
});

import type { Gap } from '@fullduplex/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor } from '../../src/delivery/cursor.js';
import { Hub } from '../../src/delivery/hub.js';
import type { TailRecord } from '../../src/log/log.js';
import type { OrderedLog } from '../../src/log/ordered-log.js';
import { OwnStream, type OwnStreamReader } from '../../src/session/own-stream.js';
import { FakeMemberships } from '../support/memberships.js';
import { memoryLog } from '../support/memory-log.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';
import { settle, until } from '../support/wait.js';

const FEED = 'user:ada';

type Told =
  | { readonly what: 'pub'; readonly channel: string; readonly offset: number; readonly id: number }
  | { readonly what: 'began'; readonly channel: string; readonly offset: number }
  | { readonly what: 'ended'; readonly channel: string }
  | { readonly what: 'lost'; readonly channel: string; readonly to: number };

/** What the client of a session is told, in the order in which it is. */
class Client implements OwnStreamReader {
  readonly outlet = new FakeOutlet();
  readonly #told: Told[] = [];
  readonly apart = new Set<string>();
  readonly errors: unknown[] = [];
  #read = 0;

  isApart(channel: string): boolean {
    return this.apart.has(channel);
  }

  began(channel: string, offset: number): void {
    this.#take();
    this.#told.push({ what: 'began', channel, offset });
  }

  ended(channel: string): void {
    this.#take();
    this.#told.push({ what: 'ended', channel });
  }

  lost({ channel, to }: Gap): void {
    this.#take();
    this.#told.push({ what: 'lost', channel, to });
  }

  broke(error: unknown): void {
    this.errors.push(error);
  }

  get told(): readonly Told[] {
    this.#take();
    return this.#told;
  }

  get ids(): number[] {
    return this.told.flatMap((told) => (told.what === 'pub' ? [told.id] : []));
  }

  /** Puts what was sent since into its place. */
  #take(): void {
    for (const text of this.outlet.sent.slice(this.#read)) {
      for (const line of text.split('\n')) {
        const { push } = JSON.parse(line) as {
          push: { channel: string; pub: { offset: number; cursor: string } };
        };
        const { offset, cursor } = push.pub;
        this.#told.push({ what: 'pub', channel: push.channel, offset, id: decodeCursor(cursor).id });
      }
    }
    this.#read = this.outlet.sent.length;
  }
}

function setup(recentBytes = 1_000_000, limit = 100) {
  const log: OrderedLog = memoryLog({ recentBytes });
  const memberships = new FakeMemberships([[FEED, 0]]);
  const stays = new Map<string, Stay[]>();
  const changed = ({ id, changes = [] }: TailRecord): void => {
    for (const { key, value } of changes) {
      const channel = key.slice(2);
      memberships.set(channel, value === null ? undefined : id);
      const all = stays.get(channel) ?? [];
      stays.set(channel, all);
      if (value === null) all.at(-1)!.until = id;
      else all.push({ from: id, until: Number.POSITIVE_INFINITY });
    }
  };
  const hub = new Hub({ log, audience: fakeAudiences(limit), pageBytes: 120, changed });
  const record = (channel: string) => ({ channel, sender: 'a', data: '{}' });
  const client = new Client();
  return {
    log,
    hub,
    memberships,
    stays,
    client,
    append: (...channels: string[]) => log.append({ records: channels.map(record) }),
    join: (channel: string) =>
      log.append({ records: [FEED, channel].map(record), facts: [{ key: `b/${channel}`, value: '' }] }),
    leave: (channel: string) =>
      log.append({ records: [FEED, channel].map(record), facts: [{ key: `b/${channel}`, value: null }] }),
    stream: (place = hub.position): OwnStream => {
      const stream = new OwnStream(hub, memberships, client, place);
      client.outlet.onFellBehind = () => stream.fellBehind();
      stream.start();
      return stream;
    },
  };
}

test('live, what comes in all channels comes in one order, framed for all who share a channel', async () => {
  const { hub, join, append, stream, client } = setup();
  await join('room:a');
  await join('room:b');
  const one = stream();
  await until(() => one.live);
  expect(client.told).toMatchObject([
    { what: 'began', channel: FEED, offset: 2 },
    { what: 'began', channel: 'room:a', offset: 1 },
    { what: 'began', channel: 'room:b', offset: 1 },
  ]);
  await append('room:a', 'room:b', 'room:other', 'room:a');
  expect(client.ids).toEqual([5, 6, 8]);
  expect(one.place).toBe(hub.position);
});

test('joining takes effect at its record, and after leaving nothing comes', async () => {
  const { join, leave, append, stream, client } = setup();
  await append('room:a');
  const one = stream();
  await until(() => one.live);
  await join('room:a');
  await until(() => one.live);
  await append('room:a');
  await leave('room:a');
  await append('room:a');
  await settle();
  expect(client.told).toEqual([
    { what: 'began', channel: FEED, offset: 0 },
    { what: 'pub', channel: FEED, offset: 1, id: 2 },
    { what: 'began', channel: 'room:a', offset: 1 },
    { what: 'pub', channel: 'room:a', offset: 2, id: 3 },
    { what: 'pub', channel: 'room:a', offset: 3, id: 4 },
    { what: 'ended', channel: 'room:a' },
    { what: 'pub', channel: FEED, offset: 2, id: 5 },
  ]);
});

test('a room that somebody here reads is joined without leaving the live', async () => {
  const { hub, join, append, stream, client } = setup();
  await hub.open('room:a');
  const one = stream();
  await until(() => one.live);
  const joining = join('room:a');
  await joining;
  expect(one.live).toBe(true);
  await append('room:a');
  expect(client.ids).toEqual([1, 2, 3]);
});

test('one that overflows leaves all audiences, reads on when there is room, and is live again everywhere', async () => {
  const { hub, join, append, stream, client } = setup();
  await join('room:a');
  await join('room:b');
  const one = stream();
  await until(() => one.live);
  client.outlet.backlog = 101;
  await append('room:a');
  expect(one.live).toBe(false);
  expect(one.place).toBe(5);
  for (let at = 0; at < 10; at++) await append('room:b', 'room:a');
  expect(client.ids).toEqual([5]);
  client.outlet.backlog = 0;
  one.start();
  await until(() => one.live);
  await append('room:b');
  expect(client.ids).toEqual(Array.from({ length: 22 }, (_, index) => 5 + index));
  expect(hub.size).toBe(3);
});

test('from a place everything missed comes, in order, without any channel being told of', async () => {
  const { join, append, hub, memberships, client } = setup();
  await join('room:a');
  await append('room:a');
  await append('room:a');
  const stream = new OwnStream(hub, memberships, client, 3);
  for (const channel of memberships.channels.keys()) stream.adopt(hub.hold(channel));
  await join('room:b');
  stream.start();
  await until(() => stream.live);
  expect(client.told).toEqual([
    { what: 'pub', channel: 'room:a', offset: 3, id: 4 },
    { what: 'pub', channel: FEED, offset: 2, id: 5 },
    { what: 'began', channel: 'room:b', offset: 0 },
    { what: 'pub', channel: 'room:b', offset: 1, id: 6 },
  ]);
});

test('what retention took is told in its place', async () => {
  const { log, join, append, hub, memberships, client } = setup(1);
  await join('room:a');
  await append('room:a', 'room:a', 'room:a', FEED);
  await log.trim('room:a', 4);
  const stream = new OwnStream(hub, memberships, client, 2);
  for (const channel of memberships.channels.keys()) stream.adopt(hub.hold(channel));
  stream.start();
  await until(() => stream.live);
  expect(client.told).toEqual([
    { what: 'lost', channel: 'room:a', to: 3 },
    { what: 'pub', channel: 'room:a', offset: 4, id: 5 },
    { what: 'pub', channel: FEED, offset: 2, id: 6 },
  ]);
});

test('while it is in doubt what the user belongs to, nothing is read by right of it', async () => {
  const { join, append, stream, client, memberships } = setup();
  await join('room:a');
  const one = stream();
  await until(() => one.live);
  let sure = (): void => {};
  memberships.doubted = new Promise((resolve) => {
    sure = resolve;
  });
  one.pause();
  one.start();
  await append('room:a');
  await settle();
  expect(client.ids).toEqual([]);
  // In the meantime the user was removed.
  memberships.set('room:a', undefined);
  memberships.doubted = undefined;
  sure();
  await until(() => one.live);
  await append(FEED);
  expect(client.ids).toEqual([4]);
});

test('silence has a cursor of its own, once', async () => {
  const { append, stream } = setup();
  const one = stream();
  await until(() => one.live);
  expect(one.silentCursor()).toBeUndefined();
  await append('room:other');
  expect(decodeCursor(one.silentCursor() ?? '').id).toBe(1);
  expect(one.silentCursor()).toBeUndefined();
});

test('a channel that the session reads by itself is left out, and one that it does not want is dropped', async () => {
  const { join, append, stream, client, hub } = setup();
  await join('room:a');
  await join('room:b');
  client.apart.add('room:a');
  const one = stream();
  await until(() => one.live);
  client.apart.add('room:b');
  one.drop('room:b');
  await append('room:a', 'room:b', FEED);
  expect(client.ids).toEqual([7]);
  expect(hub.peek('room:b')).toBeUndefined();
});

test('a log that cannot be read is told, and the stream stands still', async () => {
  const { log, append, hub, memberships, client } = setup(1);
  await append(FEED, FEED);
  const stream = new OwnStream(hub, memberships, client, 0);
  await log.close();
  stream.start();
  await settle();
  expect(client.errors).toMatchObject([{ code: 'closed' }]);
  expect(stream.live).toBe(false);
});

const ROOMS = ['room:a', 'room:b', 'room:c'];

/** From joining to leaving, in ids; both ends are the appends' first records. */
interface Stay {
  readonly from: number;
  until: number;
}

test('however it is mixed: one order, nothing lost, doubled, from before joining or after leaving', async () => {
  const room = fc.constantFrom(...ROOMS);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), room }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('both' as const), room }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), room }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), room }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clog' as const), room }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const), room }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), room }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), room }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(1, 1500, 1_000_000),
      async (steps, recentBytes) => {
        const { log, hub, append, join, leave, stream, client, stays } = setup(recentBytes);
        const one = stream();
        const members = new Set<string>();
        const work: Promise<unknown>[] = [];
        for (const each of steps) {
          if (each.do === 'append') work.push(append(each.room));
          if (each.do === 'both') work.push(append(each.room, FEED, 'room:other', each.room));
          if (each.do === 'join' && !members.has(each.room)) {
            members.add(each.room);
            work.push(join(each.room));
          }
          if (each.do === 'leave' && members.delete(each.room)) work.push(leave(each.room));
          if (each.do === 'clog') client.outlet.backlog = 1_000_000;
          if (each.do === 'drain') {
            client.outlet.backlog = 0;
            one.start();
          }
          if (each.do === 'skip') {
            await Promise.all(work);
            // The node lost the thread, and took it up at the end.
            one.pause();
            one.start();
          }
          if (each.do === 'wait') await settle(2);
        }
        await Promise.all(work);
        client.outlet.backlog = 0;
        one.start();
        await until(() => {
          one.start();
          return one.live;
        });
        expect(client.errors).toEqual([]);
        expect(hub.position).toBe(log.position);

        const tail = await Promise.all(
          [...ROOMS, FEED].map((channel) => log.read({ channel, limit: 10_000 })),
        );
        const records = tail.flatMap((answer) => answer.records).sort((a, b) => a.id - b.id);
        const allowed = (channel: string, id: number): boolean =>
          channel === FEED || (stays.get(channel) ?? []).some((stay) => stay.from <= id && id < stay.until);
        const ids = client.ids;
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        expect(new Set(ids).size).toBe(ids.length);
        const given = new Set(ids);
        for (const { channel, id } of records) {
          if (given.has(id)) expect(allowed(channel, id), `${channel}@${id}`).toBe(true);
          const open =
            channel === FEED || (stays.get(channel)?.at(-1)?.until ?? 0) === Number.POSITIVE_INFINITY;
          // Of a stay that is over a reader who was behind may miss the end, and of one that goes on nothing.
          if (open && (channel === FEED || id >= stays.get(channel)!.at(-1)!.from)) {
            expect(given.has(id), `${channel}@${id}`).toBe(true);
          }
        }
        expectChannelsToBeTold(client.told);
      },
    ),
    { numRuns: 300 },
  );
});

/** A channel is told to begin before its first record, right before it, and to end after its last. */
function expectChannelsToBeTold(told: readonly Told[]): void {
  const at = new Map<string, number>();
  for (const each of told) {
    if (each.what === 'began') {
      expect(at.has(each.channel)).toBe(false);
      at.set(each.channel, each.offset);
    } else if (each.what === 'ended') {
      expect(at.delete(each.channel)).toBe(true);
    } else if (each.what === 'pub') {
      expect(at.get(each.channel)).toBe(each.offset - 1);
      at.set(each.channel, each.offset);
    }
  }
}

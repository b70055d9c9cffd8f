/**
 * Whatever the network does between the client and the server: each record is told once, in the log's one order across
 * channels, and in the end all of them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect } from '../src/connect.js';
import type { Client, TransportName } from '../src/types.js';
import { FakeClock } from './support/fake-clock.js';
import { FEED, SimulatedServer, webSocketTo } from './support/simulated-server.js';

type Step =
  | { readonly do: 'say' | 'join' | 'leave'; readonly room: number }
  /** So much of what is on the wires arrives, from any of them in turn. */
  | { readonly do: 'deliver'; readonly which: number; readonly count: number }
  /** A connection or request is lost, with everything on it. */
  | { readonly do: 'cut'; readonly which: number }
  /** WebSockets can be had no longer, or again. */
  | { readonly do: 'block'; readonly blocked: boolean }
  | { readonly do: 'wait'; readonly milliseconds: number }
  /** The page goes on in another client. */
  | { readonly do: 'replace'; readonly transports: readonly TransportName[] }
  /** The server does not know the places of before any more. */
  | { readonly do: 'forget' };

const ROOMS = ['room:a', 'room:b', 'room:c', 'room:d', 'room:e'];
const ALL: readonly TransportName[] = ['websocket', 'sse', 'long-polling', 'polling'];
const room = fc.integer({ min: 0, max: ROOMS.length - 1 });
const which = fc.nat({ max: 7 });
const transports = fc.constantFrom<readonly TransportName[]>(
  ALL,
  ['websocket'],
  ['sse'],
  ['long-polling'],
  ['polling'],
  ['websocket', 'polling'],
  ['sse', 'long-polling'],
);

const deliver = fc.record({
  do: fc.constant('deliver' as const),
  which,
  count: fc.integer({ min: 1, max: 12 }),
});
const ordinary: fc.WeightedArbitrary<Step>[] = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), room }) },
  { weight: 8, arbitrary: deliver },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), blocked: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      milliseconds: fc.constantFrom(10, 500, 3_000, 15_000, 40_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), transports }) },
];
const forgetful: fc.WeightedArbitrary<Step>[] = [
  ...ordinary,
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'forget' }) },
];

const LONG = { minLength: 10, maxLength: 100, size: 'max' } as const;

class World {
  readonly clock = new FakeClock();
  readonly server = new SimulatedServer(this.clock);
  /** What was told, of everything and of the channel that was asked for by name. */
  readonly told: { readonly channel: string; readonly offset: number }[] = [];
  readonly asked: number[] = [];
  client: Client;

  constructor(allowed: readonly TransportName[]) {
    this.server.join('room:a');
    this.server.join('room:b');
    this.client = this.#connect(allowed, {});
  }

  #connect(
    allowed: readonly TransportName[],
    standing: Pick<Client, 'cursor' | 'positions'> | object,
  ): Client {
    const { server, clock } = this;
    const client = connect({
      url: 'http://server.test',
      token: 't',
      fetch: server.fetch,
      WebSocket: webSocketTo(server),
      clock,
      random: () => 0.5,
      transports: allowed,
      ...standing,
    });
    client.on('publication', ({ channel, offset }) => {
      if (channel !== 'feed:n') this.told.push({ channel, offset });
    });
    const { 'feed:n': from } = client.positions;
    client
      .subscribe('feed:n', from ? { from } : {})
      .on('publication', ({ offset }) => this.asked.push(offset));
    return client;
  }

  async run(step: Step): Promise<void> {
    const { server, clock } = this;
    switch (step.do) {
      case 'say':
        server.say(ROOMS[step.room]!);
        server.say('feed:n');
        break;
      case 'join':
      case 'leave':
        server[step.do](ROOMS[step.room]!);
        break;
      case 'deliver':
        for (let count = 0; count < step.count; count += 1) {
          const { busy } = server;
          busy[(step.which + count) % busy.length]?.deliver();
          await clock.advance(0);
        }
        break;
      case 'cut': {
        const open = server.wires.filter((wire) => wire.open);
        open[step.which % open.length]?.cut();
        break;
      }
      case 'block':
        server.blocked = step.blocked;
        break;
      case 'wait':
        await clock.advance(step.milliseconds);
        break;
      case 'replace': {
        const { cursor, positions } = this.client;
        this.client.close();
        this.client = this.#connect(step.transports, { cursor, positions });
        break;
      }
      case 'forget':
        server.generation += 1;
        break;
    }
    await clock.advance(0);
  }

  /** Everything arrives now. */
  async settle(): Promise<void> {
    this.server.blocked = false;
    for (let round = 0; round < 60; round += 1) {
      for (let left = 500; left > 0 && this.server.busy.length > 0; left -= 1) {
        this.server.busy[0]!.deliver();
        await this.clock.advance(0);
      }
      await this.clock.advance(1_000);
    }
  }

  /** The ids of what was told, in the order of the telling. */
  get ids(): number[] {
    return this.told.map(({ channel, offset }) => {
      const record = this.server.records.find((one) => one.channel === channel && one.offset === offset);
      return record!.id;
    });
  }
}

/** Connects, and gives the id from which everything must be told. */
async function begun(allowed: readonly TransportName[]): Promise<{ world: World; from: number }> {
  const world = new World(allowed);
  for (let tries = 0; tries < 50 && world.client.cursor === undefined; tries += 1) {
    await world.run({ do: 'deliver', which: 0, count: 1 });
  }
  expect(world.client.state.status).toBe('connected');
  return { world, from: world.server.last + 1 };
}

function check(world: World, from: number): void {
  const { server, ids } = world;
  expect(new Set(ids).size).toBe(ids.length);
  const told = new Set(ids);
  // What one belongs to now, since one joined it: of what one was removed from meanwhile nothing needs to come.
  const missing = server.records.filter(
    ({ id, channel }) => id >= Math.max(from, server.members.get(channel) ?? Number.NaN) && !told.has(id),
  );
  expect(missing).toEqual([]);
  const feed = server.records.filter(({ channel }) => channel === 'feed:n').map(({ offset }) => offset);
  const first = world.asked[0];
  expect(world.asked).toEqual(first === undefined ? [] : feed.slice(first - 1));
}

describe('the client over any network', () => {
  it('tells each record once, in the order of everything', async () => {
    await fc.assert(
      fc.asyncProperty(transports, fc.array(fc.oneof(...ordinary), LONG), async (allowed, steps) => {
        const { world, from } = await begun(allowed);
        for (const step of steps) await world.run(step);
        await world.settle();
        check(world, from);
        expect(world.ids).toEqual(world.ids.toSorted((a, b) => a - b));
        expect(world.client.state.behind).toBe(0);
        world.client.close();
      }),
      { numRuns: 60 },
    );
  });

  it('tells each record once, and in order within its channel, though the server forgets the places', async () => {
    await fc.assert(
      fc.asyncProperty(transports, fc.array(fc.oneof(...forgetful), LONG), async (allowed, steps) => {
        const { world, from } = await begun(allowed);
        for (const step of steps) await world.run(step);
        await world.settle();
        const { told, server } = world;
        expect(new Set(world.ids).size).toBe(told.length);
        for (const channel of [...ROOMS, FEED]) {
          const offsets = told.filter((one) => one.channel === channel).map(({ offset }) => offset);
          expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        }
        const left = new Set(steps.flatMap((step) => (step.do === 'leave' ? [ROOMS[step.room]] : [])));
        const ids = new Set(world.ids);
        for (const channel of ['room:a', 'room:b', FEED]) {
          if (left.has(channel)) continue;
          const missing = server.records.filter(
            (one) => one.id >= from && one.channel === channel && !ids.has(one.id),
          );
          expect(missing).toEqual([]);
        }
        world.client.close();
      }),
      { numRuns: 40 },
    );
  });
});

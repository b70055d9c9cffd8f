import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../support/random.js';
import { lease, Nodes, Truth, TTL } from './nodes.js';
import { CHANNELS, carryOut, step, USERS } from './steps.js';

describe('nodes', () => {
  test('find each other, and add up what they have', () => {
    const nodes = new Nodes();
    const a = nodes.start('a');
    a.presence.renew(lease('1', 'ada'), TTL);
    a.presence.enter('1', 'room');
    const b = nodes.start('b');
    b.presence.renew(lease('2', 'bob'), TTL);
    b.presence.enter('2', 'room');
    nodes.clock.advance(1000);
    for (const { presence } of [a, b]) {
      expect(presence.stats('room')).toEqual({ clients: 2, users: 2 });
      expect(presence.total).toEqual({ clients: 2, users: 2 });
      expect(presence.isHere('ada')).toBe(true);
      expect(presence.isHere('bob')).toBe(true);
      expect(presence.size).toBe(1);
    }
    b.presence.exit('2', 'room');
    nodes.clock.advance(1000);
    expect(a.presence.stats('room')).toEqual({ clients: 1, users: 1 });
    expect(a.presence.total).toEqual({ clients: 2, users: 2 });
  });

  test('that say goodbye are gone at once with all they had, and those that are silent after a while', async () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    [a, b, c].forEach((node, index) => {
      node!.presence.renew(lease(`${index}`, `u${index}`), TTL);
      node!.presence.enter(`${index}`, 'room');
    });
    nodes.clock.advance(1000);
    await nodes.stop(b!);
    nodes.clock.advance(10);
    expect(a!.presence.stats('room')).toEqual({ clients: 2, users: 2 });
    await nodes.kill(c!);
    nodes.clock.advance(10_000);
    expect(a!.presence.stats('room')).toEqual({ clients: 2, users: 2 });
    nodes.clock.advance(10_000);
    expect(a!.presence.stats('room')).toEqual({ clients: 1, users: 1 });
    expect(a!.presence.isHere('u2')).toBe(false);
  });

  test('that were cut off agree again, whether the others had given them up or not', () => {
    for (const [cut, forgotten] of [
      [3000, false],
      [60_000, true],
    ] as const) {
      const nodes = new Nodes();
      const [a, b] = nodes.startAll('a', 'b');
      a!.presence.renew(lease('1', 'ada'), TTL);
      a!.presence.attend('1', ['x', 'y']);
      b!.presence.renew(lease('2', 'ada'), TTL);
      b!.presence.attend('2', ['x', 'y']);
      nodes.clock.advance(1000);
      nodes.bus.cut('b');
      a!.presence.exit('1', 'x');
      a!.presence.enter('1', 'z');
      b!.presence.exit('2', 'y');
      nodes.clock.advance(cut);
      expect(a!.presence.total.clients).toBe(forgotten ? 1 : 2);
      nodes.bus.join('b');
      nodes.clock.advance(10_000);
      for (const { presence } of nodes.running) {
        for (const channel of ['x', 'y', 'z']) {
          expect(presence.stats(channel)).toEqual({ clients: 1, users: 1 });
        }
        expect(presence.total).toEqual({ clients: 2, users: 1 });
      }
    }
  });

  test('take over each table bit by bit, also one of many thousands', () => {
    const nodes = new Nodes();
    const a = nodes.start('a');
    for (let index = 0; index < 2000; index++) {
      a.presence.renew(lease(`c${index}`, `user-${index}`), TTL);
      a.presence.enter(`c${index}`, `room:${index % 400}`);
    }
    const b = nodes.start('b');
    nodes.clock.advance(2000);
    expect(b.presence.total).toEqual({ clients: 2000, users: 2000 });
    for (let index = 0; index < 400; index++) {
      expect(b.presence.stats(`room:${index}`)).toEqual({ clients: 5, users: 5 });
    }
    // Nearly all of them go again: what is gone is not kept for ever, and still known to be gone.
    for (let index = 10; index < 2000; index++) a.presence.end(`c${index}`);
    nodes.clock.advance(2000);
    expect(b.presence.total).toEqual({ clients: 10, users: 10 });
  });

  test('learn what went while they could not hear, although it is no longer known by name', () => {
    const nodes = new Nodes();
    const [a, b] = nodes.startAll('a', 'b');
    const come = (index: number): void => {
      a!.presence.renew(lease(`c${index}`, `user-${index}`), TTL);
      a!.presence.enter(`c${index}`, `room:${index}`);
    };
    for (let index = 0; index < 3000; index++) come(index);
    nodes.clock.advance(2000);
    nodes.bus.cut('b');
    for (let index = 0; index < 2990; index++) a!.presence.end(`c${index}`);
    // For less than a lease, so that neither gives the other up.
    for (let round = 0; round < 40; round++) {
      nodes.clock.advance(100);
      for (let index = 10_000; index < 10_100; index++) come(round * 100 + index);
      nodes.clock.advance(50);
      for (let index = 10_000; index < 10_100; index++) a!.presence.end(`c${round * 100 + index}`);
    }
    expect(b!.presence.total).toEqual({ clients: 3000, users: 3000 });
    nodes.bus.join('b');
    nodes.clock.advance(10_000);
    expect(b!.presence.total).toEqual({ clients: 10, users: 10 });
    expect(b!.presence.stats('room:5')).toEqual({ clients: 0, users: 0 });
    expect(b!.presence.stats('room:2995')).toEqual({ clients: 1, users: 1 });
  });

  test('that find each other late hold their tongues about who was here before', () => {
    const nodes = new Nodes();
    const a = nodes.start('a');
    a.presence.renew(lease('1', 'ada'), TTL);
    a.presence.enter('1', 'room');
    const b = nodes.start('b');
    nodes.clock.advance(10_000);
    expect(b.told).toEqual([]);
    expect(a.told).toEqual(['+ada room']);
  });
});

test('whatever happens and whatever is lost on the way, all nodes agree on the truth in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer(), async (steps, seed) => {
      const faults = { random: seeded(seed), lose: 0.2, double: 0.2, delay: 300 };
      const nodes = new Nodes({}, faults);
      const truth = new Truth();
      await carryOut(steps, nodes, truth);
      // The network stays as bad as it is for a while, and is then only slow.
      nodes.clock.advance(20_000);
      nodes.bus.setFaults({ random: seeded(seed), delay: 20 });
      nodes.clock.advance(60_000);
      for (const { name, presence } of nodes.running) {
        for (const channel of ['', ...CHANNELS]) {
          expect([name, channel, presence.stats(channel)]).toEqual([name, channel, truth.stats(channel)]);
          if (channel === '') continue;
          const users = await nodes.wait(presence.usersOf(channel, 100));
          expect(new Set(users)).toEqual(truth.users(channel));
        }
        for (const user of USERS) {
          const here = CHANNELS.some((channel) => truth.users(channel).has(user));
          if (here) expect(presence.isHere(user)).toBe(true);
        }
      }
    }),
    { numRuns: 100 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../support/random.js';
import { lease, Nodes, Truth, TTL } from './nodes.js';
import { CHANNELS, CLIENTS, carryOut, step, USERS } from './steps.js';

describe('what is told', () => {
  test('is told on every node, once', () => {
    const nodes = new Nodes();
    const [a, b] = nodes.startAll('a', 'b');
    a!.presence.renew(lease('1', 'ada'), TTL);
    a!.presence.enter('1', 'room');
    nodes.clock.advance(1000);
    expect(a!.told).toEqual(['+ada room']);
    expect(b!.told).toEqual(['+ada room']);
    a!.presence.end('1');
    nodes.clock.advance(1000);
    expect(a!.told).toEqual(['+ada room', '-ada room', 'gone ada']);
    expect(b!.told).toEqual(['+ada room', '-ada room']);
  });

  test('is coming when no node had the user, and leaving when none has', () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    const come = (index: number): void => {
      const node = nodes.running[index]!;
      node.presence.renew(lease(`${index}`, 'ada'), TTL);
      node.presence.enter(`${index}`, 'room');
      nodes.clock.advance(1000);
    };
    come(1);
    come(0);
    come(2);
    expect(c!.told).toEqual(['+ada room']);
    b!.presence.end('1');
    nodes.clock.advance(1000);
    a!.presence.exit('0', 'room');
    nodes.clock.advance(1000);
    expect(c!.told).toEqual(['+ada room']);
    c!.presence.end('2');
    nodes.clock.advance(1000);
    for (const { told } of nodes.running) {
      expect(told.filter((line) => !line.startsWith('gone'))).toEqual(['+ada room', '-ada room']);
    }
    expect(nodes.running.flatMap(({ told }) => told.filter((line) => line.startsWith('gone')))).toEqual([]);
    a!.presence.end('0');
    nodes.clock.advance(1000);
    expect(nodes.running.flatMap(({ told }) => told.filter((line) => line.startsWith('gone')))).toEqual([
      'gone ada',
    ]);
  });

  test('is nothing when a user goes from one node to another, whichever is heard of first', () => {
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      for (const overlap of [-100, -30, 0, 30, 200]) {
        const nodes = new Nodes();
        const both = nodes.startAll('a', 'b');
        const [old, next] = [both[from]!, both[to]!];
        old.presence.renew(lease('1', 'ada'), TTL);
        old.presence.enter('1', 'room');
        nodes.clock.advance(1000);
        if (overlap <= 0) old.presence.end('1');
        nodes.clock.advance(Math.abs(overlap));
        next.presence.renew(lease('2', 'ada'), TTL);
        next.presence.enter('2', 'room');
        if (overlap > 0) {
          nodes.clock.advance(overlap);
          old.presence.end('1');
        }
        nodes.clock.advance(5000);
        const case_ = `${old.name} to ${next.name}, ${overlap}`;
        expect([case_, ...both.flatMap(({ told }) => told)]).toEqual([case_, '+ada room', '+ada room']);
        next.presence.end('2');
        nodes.clock.advance(5000);
        expect(old.told).toContain('-ada room');
        expect(both.flatMap(({ told }) => told).filter((line) => line === 'gone ada')).toHaveLength(1);
      }
    }
  });

  test('is one coming when a user comes to several nodes at the same time, and one leaving', () => {
    const nodes = new Nodes();
    const all = nodes.startAll('a', 'b', 'c');
    all.forEach(({ presence }, index) => {
      presence.renew(lease(`${index}`, 'ada'), TTL);
      presence.enter(`${index}`, 'room');
    });
    nodes.clock.advance(2000);
    all.forEach(({ presence }, index) => {
      presence.end(`${index}`);
    });
    nodes.clock.advance(2000);
    for (const { told } of all) {
      expect(told.filter((line) => !line.startsWith('gone'))).toEqual(['+ada room', '-ada room']);
    }
    expect(all.flatMap(({ told }) => told).filter((line) => line === 'gone ada')).toHaveLength(1);
  });

  test('is one leaving when the last clients leave several nodes shortly after each other, in any order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      for (let gap = 0; gap <= 400; gap += 20) {
        const nodes = new Nodes();
        const all = nodes.startAll('a', 'b', 'c');
        for (const index of [1, 0, 2]) {
          all[index]!.presence.renew(lease(`${index}`, 'ada'), TTL);
          all[index]!.presence.enter(`${index}`, 'room');
          nodes.clock.advance(500);
        }
        for (const index of order) {
          all[index]!.presence.end(`${index}`);
          nodes.clock.advance(gap);
        }
        nodes.clock.advance(5000);
        const told = all.flatMap((node) => node.told).sort();
        const once = [
          '+ada room',
          '+ada room',
          '+ada room',
          '-ada room',
          '-ada room',
          '-ada room',
          'gone ada',
        ];
        expect([order, gap, ...told]).toEqual([order, gap, ...once]);
      }
    }
  });

  test('of somebody who came and left in one moment is nothing', () => {
    const nodes = new Nodes();
    const [a, b] = nodes.startAll('a', 'b');
    a!.presence.renew(lease('1', 'ada'), TTL);
    a!.presence.enter('1', 'room');
    nodes.clock.advance(100);
    a!.presence.exit('1', 'room');
    nodes.clock.advance(2000);
    expect([...a!.told, ...b!.told]).toEqual([]);
  });

  test('of the users of a node that was killed: that they are gone, unless they came elsewhere', async () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    for (let index = 0; index < 500; index++) c!.presence.renew(lease(`${index}`, `u${index}`), TTL);
    nodes.clock.advance(1000);
    await nodes.kill(c!);
    nodes.clock.advance(20_000);
    b!.presence.renew(lease('5', 'u5'), TTL);
    nodes.clock.advance(20_000);
    expect(a!.told).toHaveLength(499);
    expect(a!.told).not.toContain('gone u5');
    expect(new Set(a!.told).size).toBe(499);
    expect(b!.told).toEqual([]);
  });

  test('is nothing in a crowd, whose counts are told all the same', () => {
    const nodes = new Nodes({ tellUpTo: 50 });
    const [a, b] = nodes.startAll('a', 'b');
    for (let index = 0; index < 2000; index++) {
      const { presence } = index % 2 === 0 ? a! : b!;
      presence.renew(lease(`${index}`, `u${index}`), TTL);
      presence.enter(`${index}`, 'room');
    }
    const before = nodes.published;
    nodes.clock.advance(2000);
    // Counts and names in a few large parts, and not a message for each.
    expect(nodes.published - before).toBeLessThan(30);
    for (const { presence, told } of [a!, b!]) {
      expect(presence.stats('room')).toEqual({ clients: 2000, users: 2000 });
      expect(told).toEqual([]);
    }
    for (let index = 0; index < 1960; index++) {
      (index % 2 === 0 ? a! : b!).presence.end(`${index}`);
    }
    nodes.clock.advance(2000);
    expect(a!.presence.stats('room')).toEqual({ clients: 40, users: 40 });
    a!.presence.renew(lease('new', 'eve'), TTL);
    a!.presence.enter('new', 'room');
    nodes.clock.advance(2000);
    expect(b!.told.filter((line) => line.startsWith('+'))).toEqual(['+eve room']);
  });
});

test('where nothing is lost, every node is told of each coming and leaving in turn', async () => {
  const calm = step.filter((now) => !['cut', 'join', 'kill', 'stop'].includes(now.do));
  await fc.assert(
    fc.asyncProperty(fc.array(calm, { maxLength: 60 }), fc.integer(), async (steps, seed) => {
      const nodes = new Nodes({}, { random: seeded(seed), delay: 20 });
      const truth = new Truth();
      // They know each other before anybody comes.
      await carryOut([{ do: 'wait', ms: 2000 }, ...steps], nodes, truth);
      nodes.clock.advance(10_000);
      for (const { name, told } of nodes.running) {
        for (const user of USERS) {
          for (const channel of CHANNELS) {
            const lines = told.filter((line) => line.endsWith(`${user} ${channel}`)).map((line) => line[0]);
            const here = truth.users(channel).has(user);
            const wanted = lines.map((_, index) => (index % 2 === 0 ? '+' : '-'));
            expect([name, user, channel, ...lines]).toEqual([name, user, channel, ...wanted]);
            expect([name, user, channel, lines.length % 2 === 1]).toEqual([name, user, channel, here]);
          }
        }
      }
      // Then all of them go: each user is gone once.
      const here = USERS.filter((user) => nodes.running[0]!.presence.isHere(user));
      for (const node of nodes.running) {
        node.told.length = 0;
        for (const client of CLIENTS) node.presence.end(client);
      }
      nodes.clock.advance(10_000);
      const gone = nodes.running.flatMap(({ told }) => told.filter((line) => line.startsWith('gone')));
      expect(gone.sort()).toEqual(here.map((user) => `gone ${user}`));
    }),
    { numRuns: 100 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../support/random.js';
import { settle } from '../support/wait.js';
import { lease, Nodes, Truth } from './nodes.js';

const TTL = 1_000_000;

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

  test('count a user, and a client, once who is on several', () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    for (const { presence } of [c!, b!]) {
      presence.renew(lease('1', 'ada', 'polling'), TTL);
      presence.enter('1', 'room');
    }
    a!.presence.renew(lease('2', 'ada'), TTL);
    a!.presence.enter('2', 'room');
    nodes.clock.advance(1000);
    for (const { presence } of nodes.running) {
      expect(presence.stats('room')).toEqual({ clients: 2, users: 1 });
    }
    b!.presence.end('1');
    nodes.clock.advance(1000);
    for (const { presence } of nodes.running) {
      expect(presence.stats('room')).toEqual({ clients: 2, users: 1 });
    }
    c!.presence.end('1');
    nodes.clock.advance(1000);
    for (const { presence } of nodes.running) {
      expect(presence.stats('room')).toEqual({ clients: 1, users: 1 });
    }
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

  test('agree again when one had given the other up, and the other has not noticed', () => {
    const nodes = new Nodes({ timing: { lease: 12_000 } });
    const [b, a] = nodes.startAll('b', 'a', 'c');
    a!.presence.renew(lease('1', 'ada'), TTL);
    a!.presence.attend('1', ['x', 'y']);
    b!.presence.renew(lease('2', 'ada'), TTL);
    b!.presence.attend('2', ['x', 'y']);
    nodes.clock.advance(1000);
    // What b says is lost, and what a says arrives.
    const publish = b!.broker.publish.bind(b!.broker);
    b!.broker.publish = () => {};
    nodes.clock.advance(20_000);
    expect(a!.presence.total).toEqual({ clients: 1, users: 1 });
    a!.presence.exit('1', 'x');
    nodes.clock.advance(2000);
    b!.broker.publish = publish;
    nodes.clock.advance(20_000);
    b!.presence.exit('2', 'y');
    nodes.clock.advance(1000);
    for (const { presence } of nodes.running) {
      expect(presence.stats('x')).toEqual({ clients: 1, users: 1 });
      expect(presence.stats('y')).toEqual({ clients: 1, users: 1 });
    }
  });

  test('take over each table bit by bit, also one of many thousands', () => {
    const nodes = new Nodes();
    const a = nodes.start('a');
    for (let index = 0; index < 5000; index++) {
      a.presence.renew(lease(`c${index}`, `user-${index}`), TTL);
      a.presence.enter(`c${index}`, `room:${index % 1000}`);
    }
    const b = nodes.start('b');
    nodes.clock.advance(2000);
    expect(b.presence.total).toEqual({ clients: 5000, users: 5000 });
    for (let index = 0; index < 1000; index++) {
      expect(b.presence.stats(`room:${index}`)).toEqual({ clients: 5, users: 5 });
    }
    // Nearly all of them go again: what is gone is not kept for ever, and still known to be gone.
    for (let index = 10; index < 5000; index++) a.presence.end(`c${index}`);
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

describe('questions', () => {
  test('are answered for all nodes, each client and user once', async () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    const come = (node: typeof a, client: string, user: string): void => {
      node!.presence.renew(lease(client, user), TTL);
      node!.presence.enter(client, 'room');
    };
    come(a, '1', 'ada');
    come(b, '2', 'bob');
    come(b, '1', 'ada');
    come(c, '3', 'ada');
    nodes.clock.advance(1000);
    const clients = await nodes.wait(a!.presence.clientsOf('room', 100));
    expect(clients).toEqual([lease('1', 'ada'), lease('2', 'bob'), lease('3', 'ada')]);
    expect(await nodes.wait(a!.presence.usersOf('room', 100))).toEqual(['ada', 'bob']);
    expect(await nodes.wait(c!.presence.usersOf('room', 100))).toEqual(['ada', 'bob']);
    expect(await nodes.wait(c!.presence.usersOf('room', 1))).toEqual(['ada']);
    expect(await nodes.wait(b!.presence.clientsOf('room', 3))).toHaveLength(3);
    expect(await nodes.wait(c!.presence.present('room', ['bob', 'ada', 'eve']))).toEqual(
      new Set(['ada', 'bob']),
    );
    expect(await nodes.wait(a!.presence.present('other', ['bob', 'ada']))).toEqual(new Set());
    expect(await a!.presence.usersOf('nobody', 100)).toEqual([]);
  });

  test('wait for nobody who does not answer', async () => {
    const nodes = new Nodes();
    const [a, b, c] = nodes.startAll('a', 'b', 'c');
    [a, b, c].forEach((node, index) => {
      node!.presence.renew(lease(`${index}`, `u${index}`), TTL);
      node!.presence.enter(`${index}`, 'room');
    });
    nodes.clock.advance(1000);
    nodes.bus.cut('b');
    let answered = false;
    const users = a!.presence.usersOf('room', 100).finally(() => {
      answered = true;
    });
    nodes.clock.advance(400);
    await settle();
    expect(answered).toBe(false);
    expect(await nodes.wait(a!.presence.present('room', ['u0', 'u1', 'u2']), 500)).toEqual(
      new Set(['u0', 'u2']),
    );
    expect(await users).toEqual(['u0', 'u2']);
  });

  test('are bounded, whoever asks and answers', async () => {
    const nodes = new Nodes();
    const [a, b] = nodes.startAll('a', 'b');
    for (let index = 0; index < 5000; index++) {
      b!.presence.renew(lease(`c${index}`, `user-${index}`), TTL);
      b!.presence.enter(`c${index}`, 'room');
    }
    nodes.clock.advance(2000);
    expect(await nodes.wait(a!.presence.usersOf('room', 1_000_000))).toHaveLength(2000);
    expect(await nodes.wait(a!.presence.usersOf('room', 1500))).toHaveLength(1500);
    const names = Array.from({ length: 3000 }, (_, index) => `user-${index}`);
    expect((await nodes.wait(a!.presence.present('room', names))).size).toBe(1000);
    // Who asks the same at the same time is given the same answer.
    nodes.published = 0;
    const answers = Promise.all(Array.from({ length: 50 }, () => a!.presence.usersOf('room', 10)));
    expect(await nodes.wait(answers)).toEqual(Array(50).fill(names.slice(0, 10)));
    expect(nodes.published).toBe(2);
  });

  test('end with what is there when the server closes', async () => {
    const nodes = new Nodes();
    const [a, b] = nodes.startAll('a', 'b');
    b!.presence.renew(lease('1', 'ada'), TTL);
    b!.presence.enter('1', 'room');
    nodes.clock.advance(1000);
    const asked = a!.presence.usersOf('room', 100);
    await nodes.stop(a!);
    expect(await asked).toEqual([]);
    await nodes.stop(b!);
    nodes.clock.advance(10);
    expect(nodes.clock.timers).toBe(0);
  });
});

const NAMES = ['a', 'b', 'c'];
const CHANNELS = ['x', 'y', 'z'];
const CLIENTS = ['1', '2', '3', '4', '5'];
const USERS = ['ada', 'bob'];
/** Clients 1 and 2 are always ada's; the rest change hands. */
const userOf = (client: string, turn: number): string => (client < '3' ? 'ada' : USERS[turn % 2]!);

const on = { node: fc.constantFrom(...NAMES), client: fc.constantFrom(...CLIENTS) };
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('renew' as const), ...on, turn: fc.nat(3) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('enter' as const), ...on, channel: fc.constantFrom(...CHANNELS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('exit' as const), ...on, channel: fc.constantFrom(...CHANNELS) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), ...on }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 30, 100, 300, 2000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), node: on.node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), node: on.node }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(10_000, 40_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'stop' as const), node: on.node }),
  },
);

/** Carries the steps out, and gives what is true afterwards. */
async function carryOut(steps: readonly fc.infer<typeof step>[], nodes: Nodes, truth: Truth): Promise<void> {
  let starts = 0;
  const byName = new Map(NAMES.map((name) => [name, nodes.start(name)]));
  for (const now of steps) {
    if (now.do === 'wait' || now.do === 'sleep') {
      nodes.clock.advance(now.ms);
      continue;
    }
    const node = byName.get(now.node)!;
    const { presence } = node;
    if (now.do === 'renew') {
      presence.renew(lease(now.client, userOf(now.client, now.turn)), TTL);
      truth.renew(node, now.client, userOf(now.client, now.turn));
    } else if (now.do === 'enter') {
      presence.enter(now.client, now.channel);
      truth.enter(node, now.client, now.channel);
    } else if (now.do === 'exit') {
      presence.exit(now.client, now.channel);
      truth.exit(node, now.client, now.channel);
    } else if (now.do === 'end') {
      presence.end(now.client);
      truth.end(node, now.client);
    } else if (now.do === 'cut') {
      nodes.bus.cut(node.name);
    } else if (now.do === 'join') {
      nodes.bus.join(node.name);
    } else {
      await nodes[now.do](node);
      nodes.bus.join(node.name);
      truth.stop(node);
      starts += 1;
      byName.set(now.node, nodes.start(`${now.node}${starts}`));
    }
  }
  for (const node of nodes.running) nodes.bus.join(node.name);
}

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
    { numRuns: 300 },
  );
}, 60_000);

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
    { numRuns: 300 },
  );
}, 60_000);

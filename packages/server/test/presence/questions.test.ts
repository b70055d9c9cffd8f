import { describe, expect, test } from 'vitest';
import { settle } from '../support/wait.js';
import { lease, Nodes, TTL } from './nodes.js';

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

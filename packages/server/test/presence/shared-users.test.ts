import { describe, expect, test } from 'vitest';
import { lease, Nodes, TTL } from './nodes.js';

describe('nodes that have the same user', () => {
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
});

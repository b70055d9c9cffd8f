/** What may happen to several nodes, drawn at random and carried out. */
import fc from 'fast-check';
import { lease, type Nodes, type Truth, TTL } from './nodes.js';

const NAMES = ['a', 'b', 'c'];
export const CHANNELS = ['x', 'y', 'z'];
export const CLIENTS = ['1', '2', '3', '4', '5'];
export const USERS = ['ada', 'bob'];
/** Clients 1 and 2 are always ada's; the rest change hands. */
const userOf = (client: string, turn: number): string => (client < '3' ? 'ada' : USERS[turn % 2]!);

const on = { node: fc.constantFrom(...NAMES), client: fc.constantFrom(...CLIENTS) };
export const step = fc.oneof(
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

export type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Carries the steps out, and gives what is true afterwards. */
export async function carryOut(steps: readonly Step[], nodes: Nodes, truth: Truth): Promise<void> {
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

/** Several nodes on one bus and one clock, and what is true of them. */
import type { Broker } from '../../src/broker/broker.js';
import { type BusFaults, LocalBus } from '../../src/broker/local-broker.js';
import {
  type Lease,
  Presence,
  type PresenceOptions,
  type PresenceTransport,
  type Stats,
} from '../../src/presence/presence.js';
import { FakeClock } from '../support/clock.js';

export interface Node {
  readonly name: string;
  readonly presence: Presence;
  readonly broker: Broker;
  /** What it was told, as `+user channel`, `-user channel`, and `gone user`. */
  readonly told: string[];
}

export const lease = (client: string, user: string, transport: PresenceTransport = 'websocket'): Lease => ({
  client,
  user,
  transport,
});

/** Of leases that are not to run out, in milliseconds. */
export const TTL = 1_000_000;

export class Nodes {
  readonly clock = new FakeClock();
  readonly bus: LocalBus;
  /** Messages that were published. */
  published = 0;
  readonly #options: Partial<PresenceOptions>;
  readonly #open = new Map<string, Node>();

  constructor(options: Partial<PresenceOptions> = {}, faults?: BusFaults) {
    this.#options = options;
    this.bus = new LocalBus({ clock: this.clock, ...(faults === undefined ? {} : { faults }) });
  }

  start(name: string): Node {
    const broker = this.bus.connect(name);
    const publish = broker.publish.bind(broker);
    broker.publish = (...given) => {
      this.published += 1;
      publish(...given);
    };
    const told: string[] = [];
    const presence = new Presence({
      clock: this.clock,
      broker,
      onJoin: (channel, { user }) => told.push(`+${user} ${channel}`),
      onLeave: (channel, { user }) => told.push(`-${user} ${channel}`),
      onGone: (user) => told.push(`gone ${user}`),
      ...this.#options,
    });
    const node = { name, presence, broker, told };
    this.#open.set(name, node);
    return node;
  }

  /** Starts so many, and lets them find each other. */
  startAll(...names: string[]): Node[] {
    const nodes = names.map((name) => this.start(name));
    this.clock.advance(1000);
    return nodes;
  }

  /** In good order. */
  async stop(node: Node): Promise<void> {
    node.presence.close();
    await node.broker.close();
    this.#open.delete(node.name);
  }

  /** As when the process is killed: nobody is told. */
  async kill(node: Node): Promise<void> {
    await node.broker.close();
    node.presence.close();
    this.#open.delete(node.name);
  }

  get running(): Node[] {
    return [...this.#open.values()];
  }

  /** Waits for an answer that takes others some milliseconds. */
  async wait<Answer>(answer: Promise<Answer>, ms = 100): Promise<Answer> {
    this.clock.advance(ms);
    return answer;
  }
}

/** Who is where, as plain lists: by node, each client's user and channels. */
export class Truth {
  readonly #clients = new Map<Node, Map<string, { readonly user: string; readonly channels: Set<string> }>>();

  renew(node: Node, client: string, user: string): void {
    let clients = this.#clients.get(node);
    if (clients === undefined) this.#clients.set(node, (clients = new Map()));
    if (clients.get(client)?.user !== user) clients.set(client, { user, channels: new Set() });
  }

  enter(node: Node, client: string, channel: string): void {
    this.#clients.get(node)?.get(client)?.channels.add(channel);
  }

  exit(node: Node, client: string, channel: string): void {
    this.#clients.get(node)?.get(client)?.channels.delete(channel);
  }

  end(node: Node, client: string): void {
    this.#clients.get(node)?.delete(client);
  }

  stop(node: Node): void {
    this.#clients.delete(node);
  }

  /** Each user, and each client of a user, once, on however many nodes they are. */
  stats(channel: string): Stats {
    const clients = new Set<string>();
    const users = new Set<string>();
    for (const [client, { user, channels }] of this.#all()) {
      if (channel !== '' && !channels.has(channel)) continue;
      clients.add(`${user} ${client}`);
      users.add(user);
    }
    return { clients: clients.size, users: users.size };
  }

  users(channel: string): Set<string> {
    const here = this.#all().filter(([, { channels }]) => channels.has(channel));
    return new Set(here.map(([, { user }]) => user));
  }

  #all(): [string, { readonly user: string; readonly channels: Set<string> }][] {
    return [...this.#clients.values()].flatMap((clients) => [...clients]);
  }
}

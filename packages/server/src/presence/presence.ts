/**
 * Who was last proven to be here, over all nodes: leases that transports renew, and that run out when they do not. A node
 * owns its own clients' leases, and knows of other nodes' what they tell. It owns no connection and stores nothing;
 * coming back before a lease runs out is no leave and no join.
 */
import { type Broker, type ClientEntry, MAX_MESSAGE_BYTES, type PresenceMessage } from '../broker/broker.js';
import type { Clock } from '../time/clock.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { ANYWHERE, Attendance, type Lease, type OwnClient, type OwnUser, type Stats } from './attendance.js';
import { Cluster, type ClusterTiming, type Peer } from './cluster.js';
import { Questions } from './questions.js';
import { readEntry, SharedUsers } from './shared-users.js';
import { Table } from './table.js';
import { Teller } from './teller.js';

export type { PresenceTransport } from '../broker/broker.js';
export type { Lease, Stats } from './attendance.js';

/** In milliseconds. */
export interface PresenceTiming extends ClusterTiming {
  /** How long it waits, beside other nodes, before it is told that somebody came or left. */
  readonly settle: number;
  /** How long answers of other nodes are waited for. */
  readonly answer: number;
}

export interface PresenceOptions {
  readonly clock: Clock;
  /** Other nodes; absent: there are none. */
  readonly broker?: Broker;
  readonly timing?: Partial<PresenceTiming>;
  /** In a channel of more users than this nobody is told of who comes and leaves: counts have to do. 200 when absent. */
  readonly tellUpTo?: number;
  /** The user came into the channel, and was in it on no node. Called after the change, on every node. Must not throw. */
  readonly onJoin?: (channel: string, lease: Lease) => void;
  /** The user is in the channel on no node any more. Called after the change, on every node. Must not throw. */
  readonly onLeave?: (channel: string, lease: Lease) => void;
  /** The user's last client anywhere left. Called on one node. Must not throw. */
  readonly onGone?: (user: string) => void;
}

const DEFAULT_TIMING: PresenceTiming = {
  heartbeat: 5000,
  lease: 17_000,
  coalesce: 40,
  patience: 1000,
  settle: 250,
  answer: 500,
};

/** How late a lease may be found out, in milliseconds. */
const RESOLUTION = 250;

/** Users of a lost node that `onGone` is called for in one turn, and the milliseconds between two turns. */
const GONE_AT_ONCE = 200;
const GONE_PAUSE = 50;

const NOBODY: Stats = { clients: 0, users: 0 };

export class Presence {
  readonly #options: PresenceOptions;
  readonly #clock: Clock;
  readonly #timing: PresenceTiming;
  readonly #tellUpTo: number;
  readonly #wheel: TimerWheel;
  readonly #attendance: Attendance;
  readonly #teller: Teller;
  readonly #shared: SharedUsers;
  readonly #cluster: Cluster | undefined;
  readonly #questions: Questions | undefined;
  /** By channel, what all nodes have, added up. */
  readonly #totals = new Map<string, { clients: number; users: number }>();
  #unsubscribe: () => void = () => {};
  #closed = false;

  constructor(options: PresenceOptions) {
    const { broker, clock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#tellUpTo = options.tellUpTo ?? 200;
    this.#wheel = new TimerWheel(clock, RESOLUTION);
    const node = broker?.node ?? '';
    const alone = (): boolean => this.#cluster?.alone ?? true;
    const touch = (key: string): void => this.#cluster?.touch(key);
    this.#attendance = new Attendance(node, {
      counted: (channel, clients, users) => this.#count(channel, clients, users),
      moved: (user) => this.#shared.moved(user),
      seated: (user, channel) => this.#shared.seated(user, channel),
      turned: (user, channel, seat) => this.#teller.turned(user, channel, seat),
    });
    const attendance = this.#attendance;
    this.#teller = new Teller({
      node,
      clock,
      settle: this.#timing.settle,
      alone,
      attendance,
      seated: (user, channel) => this.#shared.seated(user, channel),
      tell: (what, user, channel, lease) => this.#tell(what, user, channel, lease),
    });
    this.#shared = new SharedUsers(attendance, this.#teller, alone, touch);
    if (broker === undefined) return;
    const table = new Table((key) => readEntry(attendance, key), MAX_MESSAGE_BYTES);
    this.#cluster = new Cluster(broker, clock, this.#wheel, this.#timing, table, {
      accompanied: () => table.fill(this.#shared.keys()),
      counted: (channel, clients, users) => this.#count(channel, clients, users),
      updated: (peer, update) => this.#shared.updated(peer, update),
      forgot: (peer) => this.#shared.forgot(peer),
      lost: (peer) => this.#lost(peer),
    });
    const cluster = this.#cluster;
    const peers = (): Iterable<Peer> => cluster.peers();
    this.#questions = new Questions({ broker, clock, patience: this.#timing.answer, attendance, peers });
    this.#unsubscribe = broker.subscribe('presence', (message, from) => this.#receive(message, from));
  }

  /**
   * Proves that the client is here, over this transport, for `ttl` milliseconds from now; in which channels is said by
   * `enter`, `exit` and `attend`. A client whose lease names another user than before has first left as the former.
   *
   * @returns whether the client was not here before, and is in no channel yet
   */
  renew(lease: Lease, ttl: number): boolean {
    let client = this.#attendance.client(lease.client);
    if (client !== undefined && client.lease.user !== lease.user) {
      this.#remove(client);
      client = undefined;
    }
    const isNew = client === undefined;
    if (client === undefined) client = this.#attendance.add(lease, (expired) => this.#remove(expired));
    else client.lease = lease;
    this.#wheel.set(client, ttl);
    return isNew;
  }

  /** The client is in this channel too, for as long as its lease lasts. Nothing happens without a lease. */
  enter(client: string, channel: string): void {
    const found = this.#attendance.client(client);
    if (found !== undefined) this.#attendance.enter(found, channel);
  }

  /** The client left this channel on purpose. */
  exit(client: string, channel: string): void {
    const found = this.#attendance.client(client);
    if (found !== undefined && channel !== ANYWHERE) this.#attendance.exit(found, channel);
  }

  /** The client is in these channels and in no others, for as long as its lease lasts. Nothing happens without one. */
  attend(client: string, channels: Iterable<string>): void {
    const found = this.#attendance.client(client);
    if (found === undefined) return;
    const wanted = new Set(channels).add(ANYWHERE);
    for (const channel of found.channels.keys()) {
      if (!wanted.has(channel)) this.#attendance.exit(found, channel);
    }
    for (const channel of wanted) this.#attendance.enter(found, channel);
  }

  /**
   * The client said goodbye: it is gone at once. For a connection that was merely cut nothing is to be called; the
   * lease runs out by itself, unless the client is back first.
   */
  end(client: string): void {
    const found = this.#attendance.client(client);
    if (found !== undefined) this.#remove(found);
  }

  /** How many are in the channel now, on all nodes; what others have may be a moment old. Costs nothing. */
  stats(channel: string): Stats {
    const { clients, users } = this.#totals.get(channel) ?? NOBODY;
    return { clients, users };
  }

  /** How many are here at all, on all nodes. */
  get total(): Stats {
    return this.stats(ANYWHERE);
  }

  /**
   * The clients in the channel now, this node's first, in the order they came. A node that does not answer in time is
   * left out; each lists 2,000 at most.
   */
  async clientsOf(channel: string, limit: number): Promise<Lease[]> {
    return this.#list(channel, limit, 'client');
  }

  /** The users in the channel now, each once; as `clientsOf`. */
  async usersOf(channel: string, limit: number): Promise<string[]> {
    return (await this.#list(channel, limit, 'user')).map(({ user }) => user);
  }

  /** Those of the users who are in the channel now. At most 1,000 are looked for on other nodes. */
  async present(channel: string, users: Iterable<string>): Promise<ReadonlySet<string>> {
    if (this.#questions !== undefined) return this.#questions.find(channel, users);
    return new Set([...users].filter((user) => this.#attendance.isIn(channel, user)));
  }

  /** Whether the user has a client anywhere; what others have may be a moment old. */
  isHere(user: string): boolean {
    return this.#attendance.isIn(ANYWHERE, user) || this.#isElsewhere(user);
  }

  /** Clients that are here, on this node. */
  get size(): number {
    return this.#attendance.size;
  }

  /** Forgets everyone, telling nobody but the other nodes, and stops the timers. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#cluster?.close();
    this.#questions?.close();
    this.#teller.close();
    this.#wheel.stop();
    this.#attendance.clear();
    this.#totals.clear();
  }

  #remove(client: OwnClient): void {
    this.#wheel.delete(client);
    this.#attendance.remove(client);
  }

  async #list(channel: string, limit: number, each: 'client' | 'user'): Promise<Lease[]> {
    if (this.#questions !== undefined) return this.#questions.list(channel, limit, each);
    return [...this.#attendance.first(channel, limit, each).values()];
  }

  #count(channel: string, clients: number, users: number): void {
    const total = this.#totals.get(channel);
    if (total === undefined) {
      this.#totals.set(channel, { clients, users });
      return;
    }
    total.clients += clients;
    total.users += users;
    if (total.clients === 0 && total.users === 0) this.#totals.delete(channel);
  }

  #receive(message: PresenceMessage, from: string): void {
    this.#cluster?.receive(message, from);
    if (message.kind === 'joined' || message.kind === 'left') {
      const { kind, channel } = message;
      const [client, name, transport] = message.client;
      const user = this.#attendance.user(name);
      if (user !== undefined) this.#teller.heard(kind, user, channel);
      if (channel !== ANYWHERE) this.#call(kind, channel, { client, user: name, transport });
    } else {
      this.#questions?.receive(message, from);
    }
  }

  #tell(what: 'joined' | 'left', user: OwnUser, channel: string, lease: Lease): void {
    if (channel === ANYWHERE) {
      if (what === 'left') this.#options.onGone?.(lease.user);
      // Of others only those want to know who have the user too.
      if (user.views.size === 0) return;
    } else {
      // Everyone telling everyone is a square: in a crowd nobody is told, and clients ask instead.
      if (this.stats(channel).users > this.#tellUpTo) return;
      this.#call(what, channel, lease);
    }
    if (this.#cluster?.alone !== false) return;
    const client: ClientEntry = [lease.client, lease.user, lease.transport];
    this.#options.broker?.publish('presence', { kind: what, channel, client });
  }

  #call(what: 'joined' | 'left', channel: string, lease: Lease): void {
    if (what === 'joined') this.#options.onJoin?.(channel, lease);
    else this.#options.onLeave?.(channel, lease);
  }

  #isElsewhere(user: string): boolean {
    for (const peer of this.#cluster?.peers() ?? []) if (peer.users.has(user)) return true;
    return false;
  }

  /** Of its users somebody has to say that they are gone, once they had time to come to another node. */
  #lost(peer: Peer): void {
    if (this.#cluster?.isFirst !== true || peer.users.size === 0) return;
    const users = [...peer.users];
    const turn = (): void => {
      if (this.#closed) return;
      for (const user of users.splice(0, GONE_AT_ONCE)) if (!this.isHere(user)) this.#options.onGone?.(user);
      if (users.length > 0) this.#clock.after(GONE_PAUSE, turn);
    };
    this.#clock.after(this.#timing.lease, turn);
  }
}

/**
 * Who was last proven to be here: leases that transports renew, and that run out when they do not. It owns no
 * connection and stores nothing; coming back before a lease runs out is no leave and no join.
 */
import { ExpiryWheel } from './expiry-wheel.js';

export type PresenceTransport = 'websocket' | 'sse' | 'long-polling' | 'polling' | 'plain';

export interface Lease {
  /** The session's id: two tabs of one user are two clients. */
  readonly client: string;
  /** The user, in their known spelling. */
  readonly user: string;
  readonly transport: PresenceTransport;
}

export interface PresenceOptions {
  /** Milliseconds; a clock that never goes back is best. */
  readonly now?: () => number;
  readonly setTimer?: (run: () => void, milliseconds: number) => unknown;
  readonly clearTimer?: (timer: unknown) => void;
  /** The user's first client came into the channel. Called after the change, so that it may ask. Must not throw. */
  readonly onJoin?: (channel: string, lease: Lease) => void;
  /** The user's last client left the channel, or its lease ran out. Called after the change. Must not throw. */
  readonly onLeave?: (channel: string, lease: Lease) => void;
}

interface Client {
  lease: Lease;
  channels: ReadonlySet<string>;
  expiresAt: number;
  bucket: number | undefined;
}

/** The clients of one channel, and how many of them each user has. */
interface Attendance {
  readonly clients: Set<Client>;
  readonly users: Map<string, number>;
}

const NO_CHANNELS: ReadonlySet<string> = new Set();

export class Presence {
  readonly #now: () => number;
  readonly #onJoin: (channel: string, lease: Lease) => void;
  readonly #onLeave: (channel: string, lease: Lease) => void;
  readonly #clients = new Map<string, Client>();
  readonly #channels = new Map<string, Attendance>();
  /** Clients of each user that is here, in whatever channels. */
  readonly #users = new Map<string, number>();
  readonly #wheel: ExpiryWheel<Client>;

  constructor(options: PresenceOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#onJoin = options.onJoin ?? (() => {});
    this.#onLeave = options.onLeave ?? (() => {});
    this.#wheel = new ExpiryWheel({
      now: this.#now,
      setTimer: options.setTimer ?? ((run, milliseconds) => setTimeout(run, milliseconds).unref()),
      clearTimer: options.clearTimer ?? ((timer) => clearTimeout(timer as NodeJS.Timeout)),
      onExpired: (client) => this.#remove(client),
    });
  }

  /**
   * Proves that the client is here, over this transport, for `ttl` milliseconds from now, in these channels and in
   * no others. A client whose lease names another user than before has first left as the former.
   */
  renew(lease: Lease, channels: Iterable<string>, ttl: number): void {
    const wanted = new Set(channels);
    let client = this.#clients.get(lease.client);
    if (client !== undefined && client.lease.user !== lease.user) {
      this.#remove(client);
      client = undefined;
    }
    const expiresAt = this.#now() + ttl;
    if (client === undefined) {
      client = { lease, channels: NO_CHANNELS, expiresAt, bucket: undefined };
      this.#clients.set(lease.client, client);
      this.#users.set(lease.user, (this.#users.get(lease.user) ?? 0) + 1);
      this.#wheel.add(client);
    } else {
      client.lease = lease;
      client.expiresAt = expiresAt;
      this.#wheel.moved(client);
    }
    this.#move(client, wanted);
  }

  /** The client is in this channel too, for as long as its lease lasts. Nothing happens without a lease. */
  enter(client: string, channel: string): void {
    const found = this.#clients.get(client);
    if (found !== undefined && !found.channels.has(channel)) {
      this.#move(found, new Set([...found.channels, channel]));
    }
  }

  /** The client left this channel on purpose. */
  exit(client: string, channel: string): void {
    const found = this.#clients.get(client);
    if (found === undefined || !found.channels.has(channel)) return;
    this.#move(found, new Set([...found.channels].filter((other) => other !== channel)));
  }

  /**
   * The client said goodbye: it is gone at once. For a connection that was merely cut nothing is to be called; the
   * lease runs out by itself, unless the client is back first.
   */
  end(client: string): void {
    const found = this.#clients.get(client);
    if (found !== undefined) this.#remove(found);
  }

  /** The clients in the channel now, in the order they came. */
  clientsOf(channel: string): Lease[] {
    return [...(this.#channels.get(channel)?.clients ?? [])].map((client) => client.lease);
  }

  /** The users in the channel now, each once, in the order they came. */
  usersOf(channel: string): string[] {
    return [...(this.#channels.get(channel)?.users.keys() ?? [])];
  }

  isIn(channel: string, user: string): boolean {
    return this.#channels.get(channel)?.users.has(user) ?? false;
  }

  /** Whether the user has a client anywhere. */
  isHere(user: string): boolean {
    return this.#users.has(user);
  }

  /** Clients that are here. */
  get size(): number {
    return this.#clients.size;
  }

  /** Forgets everyone, telling nobody, and stops the timer. */
  close(): void {
    this.#wheel.close();
    this.#clients.clear();
    this.#channels.clear();
    this.#users.clear();
  }

  #remove(client: Client): void {
    this.#wheel.delete(client);
    this.#clients.delete(client.lease.client);
    decrease(this.#users, client.lease.user);
    this.#move(client, NO_CHANNELS);
  }

  #move(client: Client, wanted: ReadonlySet<string>): void {
    const { lease, channels } = client;
    if (channels.size === wanted.size && [...wanted].every((channel) => channels.has(channel))) return;
    client.channels = wanted;
    for (const channel of channels) if (!wanted.has(channel)) this.#exit(client, lease, channel);
    for (const channel of wanted) if (!channels.has(channel)) this.#enter(client, lease, channel);
  }

  #enter(client: Client, lease: Lease, channel: string): void {
    let attendance = this.#channels.get(channel);
    if (attendance === undefined) {
      attendance = { clients: new Set(), users: new Map() };
      this.#channels.set(channel, attendance);
    }
    attendance.clients.add(client);
    const before = attendance.users.get(lease.user) ?? 0;
    attendance.users.set(lease.user, before + 1);
    if (before === 0) this.#onJoin(channel, lease);
  }

  #exit(client: Client, lease: Lease, channel: string): void {
    const attendance = this.#channels.get(channel);
    if (attendance === undefined) return;
    attendance.clients.delete(client);
    const last = decrease(attendance.users, lease.user);
    if (attendance.clients.size === 0) this.#channels.delete(channel);
    if (last) this.#onLeave(channel, lease);
  }
}

/** Takes one away; at none the entry goes, and the answer is true. */
function decrease(counts: Map<string, number>, name: string): boolean {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) {
    counts.set(name, left);
    return false;
  }
  counts.delete(name);
  return true;
}

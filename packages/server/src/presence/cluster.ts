/**
 * The other nodes: which there are, how far this node has taken each one's table, and what stands in it. A node that has
 * been silent for too long is gone with all its clients. It knows them by the broker alone, and decides nothing about
 * this node's own clients.
 */
import type { Broker, ChannelEntry, PresenceMessage, TableUpdate } from '../broker/broker.js';
import type { Clock } from '../time/clock.js';
import type { TimerWheel, WheelMember } from '../time/timer-wheel.js';
import type { Stats } from './attendance.js';
import type { Table } from './table.js';

export interface Peer extends WheelMember {
  readonly node: string;
  /** Its table is taken up to this version. */
  place: number;
  /** The last version that is known to be there. */
  head: number;
  /** What it said last of what it has forgotten. */
  forgotten: number;
  /** Until when no other part is asked for, by the monotonic clock. */
  askedUntil: number;
  /** Of each channel in which it has anybody: those that count there and on no other node. */
  readonly counts: Map<string, Stats>;
  /** Everybody who is there. */
  readonly users: Set<string>;
  /** Those of them whom this node has too. */
  readonly shared: Set<string>;
}

export interface ClusterTiming {
  /** Between two signs of life, in milliseconds. */
  readonly heartbeat: number;
  /** How long a node may be silent. */
  readonly lease: number;
  /** How long changes are put together before they are told. */
  readonly coalesce: number;
  /** How long an answer is waited for before it is asked for again. */
  readonly patience: number;
}

export interface ClusterEvents {
  /** The first other node appeared: the table is to be filled. */
  accompanied(): void;
  /** The counts of all others changed by so many. */
  counted(channel: string, clients: number, users: number): void;
  /** Users and seats of the update are to be taken. */
  updated(peer: Peer, update: TableUpdate): void;
  /** Nothing that the node has said of seats holds any more. */
  forgot(peer: Peer): void;
  /** The node is gone: silent for too long, or, `goodbye`, in good order. */
  lost(peer: Peer, goodbye: boolean): void;
}

/** Parts of a table that are told at once; who lacks more asks for it, bit by bit. */
const PARTS_AT_ONCE = 8;
const PARTS_PER_FLUSH = 64;

/** Nodes that said goodbye and are remembered, so that what comes late does not raise them. */
const ENDED_KEPT = 100;

export class Cluster {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #timing: ClusterTiming;
  readonly #table: Table;
  readonly #events: ClusterEvents;
  readonly #peers = new Map<string, Peer>();
  readonly #ended = new Set<string>();
  #beat: () => void = () => {};
  #flushing: (() => void) | undefined;

  constructor(
    broker: Broker,
    clock: Clock,
    wheel: TimerWheel,
    timing: ClusterTiming,
    table: Table,
    events: ClusterEvents,
  ) {
    this.#broker = broker;
    this.#clock = clock;
    this.#wheel = wheel;
    this.#timing = timing;
    this.#table = table;
    this.#events = events;
    this.#heartbeat();
  }

  get alone(): boolean {
    return this.#peers.size === 0;
  }

  peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** Whether this node stands before all others. */
  get isFirst(): boolean {
    return [...this.#peers.keys()].every((node) => this.#broker.node < node);
  }

  /** Says goodbye. */
  close(): void {
    this.#beat();
    this.#flushing?.();
    this.#broker.publish('presence', { kind: 'bye' });
    this.#peers.clear();
  }

  /** An entry of this node's table changed. */
  touch(key: string): void {
    if (this.alone) return;
    this.#table.touch(key);
    this.#flushing ??= this.#clock.after(this.#timing.coalesce, () => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  receive(message: PresenceMessage, from: string): void {
    if (this.#ended.has(from)) return;
    if (message.kind === 'bye') {
      this.#end(from);
      return;
    }
    const peer = this.#heard(from);
    if (message.kind === 'hello') this.#greeted(peer, message.version, message.forgotten);
    else if (message.kind === 'table') this.#take(peer, message);
    else if (message.kind === 'pull') this.#give(peer, message.after);
  }

  #heartbeat(): void {
    this.#hello();
    this.#beat = this.#clock.after(this.#timing.heartbeat, () => this.#heartbeat());
  }

  #hello(to?: string): void {
    const { version, forgotten } = this.#table;
    this.#broker.publish('presence', { kind: 'hello', version, forgotten }, to);
  }

  #flush(): void {
    if (this.alone) return;
    const updates = this.#table.flush(PARTS_PER_FLUSH);
    for (const update of updates) this.#broker.publish('presence', update);
    // What did not fit is asked for by those who hear how far the table goes.
    if ((updates.at(-1)?.to ?? this.#table.version) < this.#table.version) this.#hello();
  }

  #heard(node: string): Peer {
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      const made: Peer = {
        node,
        place: 0,
        head: 0,
        forgotten: 0,
        askedUntil: Number.NEGATIVE_INFINITY,
        counts: new Map(),
        users: new Set(),
        shared: new Set(),
        slot: undefined,
        due: undefined,
        expire: () => this.#lose(made, false),
      };
      peer = made;
      const first = this.alone;
      this.#peers.set(node, peer);
      if (first) this.#events.accompanied();
      this.#hello(node);
    }
    this.#wheel.set(peer, this.#timing.lease);
    return peer;
  }

  #greeted(peer: Peer, version: number, forgotten: number): void {
    if (forgotten > peer.forgotten) {
      peer.forgotten = forgotten;
      // What went meanwhile can no longer be told: everything is taken anew.
      if (peer.place > 0 && peer.place < forgotten) this.#reset(peer);
    }
    peer.head = Math.max(peer.head, version);
    this.#askOn(peer);
  }

  #take(peer: Peer, update: TableUpdate): void {
    peer.head = Math.max(peer.head, update.to);
    if (update.after <= peer.place && update.to > peer.place) {
      peer.place = update.to;
      peer.askedUntil = Number.NEGATIVE_INFINITY;
      for (const entry of update.channels) this.#count(peer, entry);
      for (const [user, arrival] of update.users) {
        if (arrival === 0) peer.users.delete(user);
        else peer.users.add(user);
      }
      this.#events.updated(peer, update);
    }
    this.#askOn(peer);
  }

  /** Asks for what is missing, unless it is on its way. */
  #askOn(peer: Peer): void {
    const now = this.#clock.monotonic();
    if (peer.place >= peer.head || now < peer.askedUntil) return;
    peer.askedUntil = now + this.#timing.patience;
    this.#broker.publish('presence', { kind: 'pull', after: peer.place }, peer.node);
  }

  #give(peer: Peer, after: number): void {
    if (after > 0 && after < this.#table.forgotten) this.#hello(peer.node);
    for (const update of this.#table.after(after, PARTS_AT_ONCE)) {
      this.#broker.publish('presence', update, peer.node);
    }
  }

  #count(peer: Peer, [channel, clients, users, all]: ChannelEntry): void {
    const before = peer.counts.get(channel);
    if (all === 0) peer.counts.delete(channel);
    else peer.counts.set(channel, { clients, users });
    this.#events.counted(channel, clients - (before?.clients ?? 0), users - (before?.users ?? 0));
  }

  #reset(peer: Peer): void {
    for (const [channel, { clients, users }] of peer.counts) this.#events.counted(channel, -clients, -users);
    peer.counts.clear();
    peer.users.clear();
    peer.place = 0;
    peer.askedUntil = Number.NEGATIVE_INFINITY;
    this.#events.forgot(peer);
  }

  #end(node: string): void {
    this.#ended.add(node);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= ENDED_KEPT) break;
      this.#ended.delete(oldest);
    }
    const peer = this.#peers.get(node);
    if (peer !== undefined) this.#lose(peer, true);
  }

  #lose(peer: Peer, goodbye: boolean): void {
    this.#wheel.delete(peer);
    this.#peers.delete(peer.node);
    if (this.alone) this.#table.clear();
    const users = new Set(peer.users);
    this.#reset(peer);
    for (const user of users) peer.users.add(user);
    this.#events.lost(peer, goodbye);
  }
}

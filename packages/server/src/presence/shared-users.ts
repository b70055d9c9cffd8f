/**
 * Users whom this node and another one have: what each says of them, and which of that is told again when somebody new
 * has them too. Of users whom this node does not have it keeps nothing.
 */
import type { SeatEntry, TableUpdate, UserEntry } from '../broker/broker.js';
import type { Attendance, OwnUser } from './attendance.js';
import type { Peer } from './cluster.js';
import type { Entry } from './table.js';
import { flagsOf, type Teller } from './teller.js';

/** Clients of a user in one channel that others are told by name; beyond them one may be counted twice. */
const CLIENTS_TOLD = 50;

/** What an entry of this node's table says now. */
export function readEntry(attendance: Attendance, key: string): Entry {
  const name = key.slice(1);
  if (key.startsWith('c')) {
    const { clients, users } = attendance.counts(name);
    const all = attendance.clientCount(name);
    return { kind: 'channel', entry: [name, clients, users, all], gone: all === 0 };
  }
  if (key.startsWith('u')) {
    const user = attendance.user(name);
    return { kind: 'user', entry: [name, user?.arrival ?? 0, user?.telling ?? 0], gone: user === undefined };
  }
  const end = name.indexOf('\n');
  return seatEntry(attendance, name.slice(0, end), name.slice(end + 1));
}

const channelKey = (channel: string): string => `c${channel}`;
const userKey = (user: string): string => `u${user}`;
const seatKey = (user: string, channel: string): string => `s${user}\n${channel}`;

function seatEntry(attendance: Attendance, name: string, channel: string): Entry {
  const user = attendance.user(name);
  const seat = user?.seats.get(channel);
  if (user === undefined || seat === undefined)
    return { kind: 'seat', entry: [name, channel, 0, []], gone: true };
  const clients: string[] = [];
  for (const client of user.clients) {
    if (clients.length < CLIENTS_TOLD && client.channels.has(channel)) clients.push(client.lease.client);
  }
  return { kind: 'seat', entry: [name, channel, flagsOf(seat), clients], gone: false };
}

export class SharedUsers {
  readonly #attendance: Attendance;
  readonly #teller: Teller;
  readonly #alone: () => boolean;
  readonly #touch: (key: string) => void;

  /**
   * @param alone whether there is nobody to tell
   * @param touch told which entry of the table changed
   */
  constructor(attendance: Attendance, teller: Teller, alone: () => boolean, touch: (key: string) => void) {
    this.#attendance = attendance;
    this.#teller = teller;
    this.#alone = alone;
    this.#touch = touch;
  }

  /** All entries that a table begins with. */
  *keys(): Generator<string> {
    for (const channel of this.#attendance.channels()) yield channelKey(channel);
    for (const user of this.#attendance.users()) yield userKey(user.name);
  }

  /** The user came to this node, or left it. */
  moved(user: OwnUser): void {
    this.#touch(userKey(user.name));
  }

  /** The user's seat is not what it was. */
  seated(user: OwnUser, channel: string): void {
    if (this.#alone()) return;
    this.#touch(channelKey(channel));
    if (user.views.size > 0) this.#touch(seatKey(user.name, channel));
  }

  updated(peer: Peer, { users, seats }: TableUpdate): void {
    const changed = new Map<OwnUser, Set<string>>();
    for (const entry of users) this.#takeUser(peer, entry, changed);
    for (const entry of seats) this.#takeSeat(peer, entry, changed);
    this.#judge(changed);
  }

  /** Nothing that the node has said holds any more. */
  forgot(peer: Peer): void {
    const changed = new Map<OwnUser, Set<string>>();
    for (const name of peer.shared) {
      const user = this.#attendance.user(name);
      if (user !== undefined) this.#forget(peer, user, changed);
    }
    peer.shared.clear();
    this.#judge(changed);
  }

  #takeUser(peer: Peer, [name, arrival, telling]: UserEntry, changed: Map<OwnUser, Set<string>>): void {
    const user = this.#attendance.user(name);
    if (user === undefined) {
      peer.shared.delete(name);
      return;
    }
    if (arrival === 0) {
      this.#forget(peer, user, changed);
      peer.shared.delete(name);
      return;
    }
    const view = user.views.get(peer.node);
    if (view === undefined) {
      user.views.set(peer.node, { arrival, telling, seats: new Map() });
      peer.shared.add(name);
    } else if (view.telling !== telling) {
      for (const channel of view.seats.keys()) mark(changed, user, channel);
      view.seats.clear();
      view.telling = telling;
    }
    // Somebody to whom the user is new knows nothing of what was told before.
    if (view?.arrival !== arrival) this.#tellAll(user);
    if (view !== undefined) view.arrival = arrival;
  }

  #takeSeat(
    peer: Peer,
    [name, channel, flags, clients]: SeatEntry,
    changed: Map<OwnUser, Set<string>>,
  ): void {
    const user = this.#attendance.user(name);
    const view = user?.views.get(peer.node);
    // Without a view the user came only just now: all seats are going to be told.
    if (user === undefined || view === undefined) return;
    if (flags === 0) view.seats.delete(channel);
    else view.seats.set(channel, { flags, clients: new Set(clients) });
    mark(changed, user, channel);
  }

  #forget(peer: Peer, user: OwnUser, changed: Map<OwnUser, Set<string>>): void {
    const view = user.views.get(peer.node);
    if (view === undefined) return;
    for (const channel of view.seats.keys()) mark(changed, user, channel);
    user.views.delete(peer.node);
  }

  #tellAll(user: OwnUser): void {
    user.telling += 1;
    this.#touch(userKey(user.name));
    for (const channel of user.seats.keys()) this.#touch(seatKey(user.name, channel));
  }

  /** Counts anew, and decides who holds what was told. */
  #judge(changed: Map<OwnUser, Set<string>>): void {
    for (const [user, channels] of changed) {
      for (const channel of channels) {
        this.#attendance.recount(user, channel);
        this.#teller.viewed(user, channel);
        this.#touch(channelKey(channel));
      }
    }
  }
}

function mark(changed: Map<OwnUser, Set<string>>, user: OwnUser, channel: string): void {
  const channels = changed.get(user);
  if (channels === undefined) changed.set(user, new Set([channel]));
  else channels.add(channel);
}

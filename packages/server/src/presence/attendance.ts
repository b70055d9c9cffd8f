/**
 * Who is where on this node: its clients, the channels that each is in, and which of them count here. A user or client
 * that another node has in the same channel too is counted by the node with the smaller id alone, so that the nodes'
 * counts may be added up. It knows other nodes only by the views it is handed, and tells nobody anything.
 */
import { type PresenceTransport, SEAT_HERE } from '../broker/broker.js';
import type { WheelMember } from '../time/timer-wheel.js';

export interface Lease {
  /** The session's id: two tabs of one user are two clients. */
  readonly client: string;
  /** The user, in their known spelling. */
  readonly user: string;
  readonly transport: PresenceTransport;
}

export interface Stats {
  readonly clients: number;
  readonly users: number;
}

/** The channel that everybody is in who is here at all. */
export const ANYWHERE = '';

/** A user's place in a channel on this node, while somebody is there or it is to be decided what to tell of it. */
export interface Seat {
  /** The user's clients there. */
  clients: number;
  /** Whether the user is counted here and not by another node. */
  counted: boolean;
  /** That the user is there was told, by whatever node, and so the leaving is to be told. */
  told: boolean;
  /** What to tell is going to be decided. */
  pending: boolean;
  /** The client that came or left last. */
  lease: Lease;
}

/** What another node has said of a user whom both have. */
export interface View {
  arrival: number;
  telling: number;
  readonly seats: Map<string, { readonly flags: number; readonly clients: ReadonlySet<string> }>;
}

export interface OwnUser {
  readonly name: string;
  readonly arrival: number;
  telling: number;
  readonly clients: Set<OwnClient>;
  readonly seats: Map<string, Seat>;
  /** By node. */
  readonly views: Map<string, View>;
}

export interface OwnClient extends WheelMember {
  lease: Lease;
  readonly user: OwnUser;
  /** By channel, whether the client is counted here and not by another node. */
  readonly channels: Map<string, boolean>;
}

interface Room {
  readonly clients: Set<OwnClient>;
  countedClients: number;
  countedUsers: number;
}

export interface AttendanceEvents {
  /** The counts of the channel changed by so many. */
  counted(channel: string, clients: number, users: number): void;
  /** The user came to this node, or left it. */
  moved(user: OwnUser): void;
  /** Something of the user's seat changed. */
  seated(user: OwnUser, channel: string): void;
  /** The first client of the user came into the channel on this node, or the last one left it. */
  turned(user: OwnUser, channel: string, seat: Seat): void;
}

export class Attendance {
  readonly #node: string;
  readonly #events: AttendanceEvents;
  readonly #clients = new Map<string, OwnClient>();
  readonly #rooms = new Map<string, Room>();
  readonly #users = new Map<string, OwnUser>();
  #arrivals = 0;

  constructor(node: string, events: AttendanceEvents) {
    this.#node = node;
    this.#events = events;
  }

  /** Clients that are here. */
  get size(): number {
    return this.#clients.size;
  }

  client(id: string): OwnClient | undefined {
    return this.#clients.get(id);
  }

  user(name: string): OwnUser | undefined {
    return this.#users.get(name);
  }

  users(): Iterable<OwnUser> {
    return this.#users.values();
  }

  channels(): Iterable<string> {
    return this.#rooms.keys();
  }

  /** What counts here and on no other node. */
  counts(channel: string): Stats {
    const room = this.#rooms.get(channel);
    return { clients: room?.countedClients ?? 0, users: room?.countedUsers ?? 0 };
  }

  /** Clients in the channel, also those whom another node counts. */
  clientCount(channel: string): number {
    return this.#rooms.get(channel)?.clients.size ?? 0;
  }

  /** Those in the channel, in the order they came: each client, or one of each user; by user, or client and user. */
  first(channel: string, limit: number, each: 'client' | 'user'): Map<string, Lease> {
    const found = new Map<string, Lease>();
    for (const { lease } of this.#rooms.get(channel)?.clients ?? []) {
      if (found.size >= limit) break;
      const name = each === 'user' ? lease.user : `${lease.client} ${lease.user}`;
      if (!found.has(name)) found.set(name, lease);
    }
    return found;
  }

  isIn(channel: string, user: string): boolean {
    return (this.#users.get(user)?.seats.get(channel)?.clients ?? 0) > 0;
  }

  add(lease: Lease, expire: (client: OwnClient) => void): OwnClient {
    let user = this.#users.get(lease.user);
    const came = user === undefined;
    if (user === undefined) {
      this.#arrivals += 1;
      const [clients, seats, views] = [
        new Set<OwnClient>(),
        new Map<string, Seat>(),
        new Map<string, View>(),
      ];
      user = { name: lease.user, arrival: this.#arrivals, telling: 0, clients, seats, views };
      this.#users.set(lease.user, user);
    }
    const client: OwnClient = {
      lease,
      user,
      channels: new Map(),
      slot: undefined,
      due: undefined,
      expire: () => expire(client),
    };
    this.#clients.set(lease.client, client);
    user.clients.add(client);
    if (came) this.#events.moved(user);
    this.enter(client, ANYWHERE);
    return client;
  }

  remove(client: OwnClient): void {
    this.#clients.delete(client.lease.client);
    client.user.clients.delete(client);
    for (const channel of client.channels.keys()) if (channel !== ANYWHERE) this.exit(client, channel);
    this.exit(client, ANYWHERE);
  }

  enter(client: OwnClient, channel: string): void {
    if (client.channels.has(channel)) return;
    const { user, lease } = client;
    let room = this.#rooms.get(channel);
    if (room === undefined) {
      room = { clients: new Set(), countedClients: 0, countedUsers: 0 };
      this.#rooms.set(channel, room);
    }
    room.clients.add(client);
    client.channels.set(channel, false);
    let seat = user.seats.get(channel);
    if (seat === undefined) {
      seat = { clients: 0, counted: false, told: false, pending: false, lease };
      user.seats.set(channel, seat);
    }
    seat.clients += 1;
    seat.lease = lease;
    this.#count(client, channel);
    this.#countSeat(user, channel, seat);
    this.#events.seated(user, channel);
    if (seat.clients === 1) this.#events.turned(user, channel, seat);
  }

  exit(client: OwnClient, channel: string): void {
    const { user, lease } = client;
    const seat = user.seats.get(channel);
    const room = this.#rooms.get(channel);
    if (seat === undefined || room === undefined || !client.channels.has(channel)) return;
    if (client.channels.get(channel) === true) this.#add(room, channel, -1, 0);
    client.channels.delete(channel);
    room.clients.delete(client);
    seat.clients -= 1;
    seat.lease = lease;
    this.#countSeat(user, channel, seat);
    if (room.clients.size === 0) this.#rooms.delete(channel);
    this.#events.seated(user, channel);
    if (seat.clients === 0) this.#events.turned(user, channel, seat);
  }

  /** Nothing more is to be told of the seat, which nobody is in. */
  drop(user: OwnUser, channel: string): void {
    user.seats.delete(channel);
    this.#events.seated(user, channel);
    if (user.seats.size > 0 || this.#users.get(user.name) !== user) return;
    this.#users.delete(user.name);
    this.#events.moved(user);
  }

  /** What others have of the user in the channel changed. */
  recount(user: OwnUser, channel: string): void {
    const seat = user.seats.get(channel);
    if (seat === undefined) return;
    for (const client of user.clients) if (client.channels.has(channel)) this.#count(client, channel);
    this.#countSeat(user, channel, seat);
  }

  clear(): void {
    this.#clients.clear();
    this.#rooms.clear();
    this.#users.clear();
  }

  #count(client: OwnClient, channel: string): void {
    const { views } = client.user;
    let counts = true;
    for (const [node, view] of views) {
      if (node < this.#node && view.seats.get(channel)?.clients.has(client.lease.client)) counts = false;
    }
    if (client.channels.get(channel) === counts) return;
    client.channels.set(channel, counts);
    const room = this.#rooms.get(channel);
    if (room !== undefined) this.#add(room, channel, counts ? 1 : -1, 0);
  }

  #countSeat(user: OwnUser, channel: string, seat: Seat): void {
    let counts = seat.clients > 0;
    for (const [node, view] of user.views) {
      if (node < this.#node && ((view.seats.get(channel)?.flags ?? 0) & SEAT_HERE) !== 0) counts = false;
    }
    if (seat.counted === counts) return;
    seat.counted = counts;
    const room = this.#rooms.get(channel);
    if (room !== undefined) this.#add(room, channel, 0, counts ? 1 : -1);
  }

  #add(room: Room, channel: string, clients: number, users: number): void {
    room.countedClients += clients;
    room.countedUsers += users;
    this.#events.counted(channel, clients, users);
  }
}

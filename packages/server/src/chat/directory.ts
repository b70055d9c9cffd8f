/**
 * Who is known, which conversations there are, and who belongs to which: in memory, read from the log's facts at the
 * start. It holds no rule and writes nothing; those who append keep it true.
 */
import { directChannel, foldName, LOBBY } from '@fullduplex/wire';
import type { ChannelLog } from '../log/channel-log.js';
import { FACT_PREFIXES, type ParsedFact, pairKey, parseFact, type Role } from './facts.js';

export interface User {
  /** The spelling that was first seen; what everyone is shown. */
  readonly name: string;
  /** What all spellings have in common. */
  readonly fold: string;
  /** The user's own feed. */
  readonly feed: string;
  /** By channel. */
  readonly conversations: Map<string, Conversation>;
  /** How far the user has read, or was handed over, by channel. */
  positions?: Map<string, ReadPositions>;
  /** How many rooms are the user's. */
  roomsMade: number;
}

export interface ReadPositions {
  read: number;
  handed: number;
}

export interface Room {
  readonly kind: 'room';
  readonly channel: string;
  readonly name: string;
  readonly fold: string;
  readonly private: boolean;
  /** Who made it; nobody made the lobby. */
  readonly owner?: User | undefined;
  /** The key it was made with. */
  readonly key?: string | undefined;
  readonly members: Map<User, Role>;
  /** Its making is not durable yet: to all but its members it is not there. */
  provisional: boolean;
}

export interface Direct {
  readonly kind: 'direct';
  readonly channel: string;
  /** Twice the same for a conversation with oneself. */
  readonly users: readonly [User, User];
}

export type Conversation = Room | Direct;

export class Directory {
  readonly #users = new Map<string, User>();
  /** By the exact spelling, which most callers use, so that few names need folding. */
  readonly #usersByName = new Map<string, User>();
  readonly #rooms = new Map<string, Room>();
  readonly #directs = new Map<string, Direct>();
  readonly #byChannel = new Map<string, Conversation>();

  /** @throws {LogError} what the log throws */
  static async load(log: ChannelLog): Promise<Directory> {
    const directory = new Directory();
    for (const prefix of FACT_PREFIXES) {
      for (const { key, value } of await log.facts(prefix)) directory.#learn(parseFact(key, value));
    }
    return directory;
  }

  get userCount(): number {
    return this.#users.size;
  }

  user(name: string): User | undefined {
    return this.#usersByName.get(name) ?? this.#users.get(foldName(name));
  }

  room(name: string): Room | undefined {
    return this.#rooms.get(foldName(name));
  }

  rooms(): Iterable<Room> {
    return this.#rooms.values();
  }

  direct(a: User, b: User): Direct | undefined {
    return this.#directs.get(pairKey(a.fold, b.fold));
  }

  /** By the exact spelling of its channel. */
  conversation(channel: string): Conversation | undefined {
    return this.#byChannel.get(channel);
  }

  addUser(name: string): User {
    const fold = foldName(name);
    const user: User = {
      name,
      fold,
      feed: `user:${name}`,
      conversations: new Map(),
      roomsMade: 0,
    };
    this.#users.set(fold, user);
    this.#usersByName.set(name, user);
    return user;
  }

  removeUser(user: User): void {
    this.#users.delete(user.fold);
    this.#usersByName.delete(user.name);
  }

  addRoom(room: Omit<Room, 'kind' | 'channel' | 'fold' | 'members'>): Room {
    const fold = foldName(room.name);
    const added: Room = { ...room, kind: 'room', channel: `room:${room.name}`, fold, members: new Map() };
    this.#rooms.set(fold, added);
    this.#byChannel.set(added.channel, added);
    if (added.owner !== undefined) added.owner.roomsMade++;
    return added;
  }

  removeRoom(room: Room): void {
    for (const member of room.members.keys()) this.removeMember(room, member);
    this.#rooms.delete(room.fold);
    this.#byChannel.delete(room.channel);
    if (room.owner !== undefined) room.owner.roomsMade--;
  }

  addMember(room: Room, user: User, role: Role): void {
    room.members.set(user, role);
    user.conversations.set(room.channel, room);
  }

  removeMember(room: Room, user: User): void {
    room.members.delete(user);
    user.conversations.delete(room.channel);
  }

  addDirect(a: User, b: User): Direct {
    const users = a.name <= b.name ? ([a, b] as const) : ([b, a] as const);
    const direct: Direct = { kind: 'direct', channel: directChannel(a.name, b.name), users };
    this.#directs.set(pairKey(a.fold, b.fold), direct);
    this.#byChannel.set(direct.channel, direct);
    for (const user of users) user.conversations.set(direct.channel, direct);
    return direct;
  }

  removeDirect(direct: Direct): void {
    const [a, b] = direct.users;
    this.#directs.delete(pairKey(a.fold, b.fold));
    this.#byChannel.delete(direct.channel);
    for (const user of direct.users) user.conversations.delete(direct.channel);
  }

  positions(user: User, channel: string): Readonly<ReadPositions> {
    return user.positions?.get(channel) ?? { read: 0, handed: 0 };
  }

  setPosition(user: User, channel: string, of: keyof ReadPositions, offset: number): void {
    user.positions ??= new Map();
    user.positions.set(channel, { ...this.positions(user, channel), [of]: offset });
  }

  #learn(fact: ParsedFact): void {
    switch (fact.kind) {
      case 'user':
        this.addUser(fact.name);
        break;
      case 'room': {
        const { name, key, owner } = fact.room;
        const made = owner === undefined ? undefined : this.#users.get(owner);
        this.addRoom({ name, private: fact.room.private === true, owner: made, key, provisional: false });
        break;
      }
      case 'member': {
        const room = this.#rooms.get(fact.room);
        const user = this.#users.get(fact.user);
        if (room !== undefined && user !== undefined) this.addMember(room, user, fact.role);
        break;
      }
      case 'direct': {
        const [a, b] = fact.users.map((fold) => this.#users.get(fold));
        if (a !== undefined && b !== undefined) this.addDirect(a, b);
        break;
      }
      case 'position': {
        const user = this.#users.get(fact.user);
        if (user !== undefined) this.setPosition(user, fact.channel, fact.of, fact.offset);
        break;
      }
    }
  }
}

/** Whether the user ever signed in: who was merely written to is no member of the lobby. */
export function hasSignedIn(user: User): boolean {
  return user.conversations.has(LOBBY);
}

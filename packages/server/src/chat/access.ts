/**
 * Who may read and who may write which channel, and how it is spelled. A private room is, to those outside, a room
 * that does not exist. All of it looks at facts that must be at hand, and throws `NotLoaded` where they are not.
 */
import { CommandError, directChannel, foldName, formatChannel, parseChannel } from '@fullduplex/wire';
import type { Condition } from '../log/log.js';
import type { Context } from './context.js';
import { roomKey, roomOf } from './facts.js';
import type { User } from './user.js';
import type { Membership } from './user-memberships.js';
import { findUser, membershipsOf } from './users.js';

export interface RoomTarget {
  readonly kind: 'room';
  readonly channel: string;
  /** The folded name. */
  readonly fold: string;
  /** The user's own; absent where the room is merely seen. */
  readonly membership?: Membership;
  /** The room as it was found. Who is a member needs no look at it. */
  readonly condition?: Condition;
}

export interface DirectTarget {
  readonly kind: 'direct';
  readonly channel: string;
  /** Their names, in the order of the channel's; the same twice for a conversation with oneself. */
  readonly users: readonly [string, string];
  readonly membership: Membership;
}

/** A direct conversation that nobody has opened. */
export interface UnopenedTarget {
  readonly kind: 'unopened';
  readonly channel: string;
  readonly peer: string;
}

/** A channel as its caller may see it. */
export type Target =
  | RoomTarget
  | DirectTarget
  | UnopenedTarget
  | { readonly kind: 'user'; readonly channel: string }
  | { readonly kind: 'feed'; readonly channel: string };

export type WritableTarget =
  | (RoomTarget & { readonly membership: Membership })
  | DirectTarget
  | UnopenedTarget;

/**
 * The channel, where the user may read it, in the only spelling that it will ever have.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, and `unknown_user` for a conversation
 *   with a name that nobody has had yet: how it will be spelled is for its first bearer to say
 */
export function resolveReadable(context: Context, user: User, channel: unknown): Target {
  const target = resolve(context, user, channel);
  if (target.kind === 'unopened' && findUser(context, target.peer) === undefined) {
    throw new CommandError('unknown_user', `Nobody is known as ${target.peer}; direct.open changes that.`);
  }
  return target;
}

/**
 * The conversation, where the user may write to it; a room then has the membership.
 *
 * @throws {CommandError} as `resolveReadable` (but a name may become known by being written to), and `not_a_member`, and
 *   `permission_denied` for what no user writes to
 */
export function resolveWritable(context: Context, user: User, channel: unknown): WritableTarget {
  const target = resolve(context, user, channel);
  if (target.kind === 'user' || target.kind === 'feed') {
    throw new CommandError('permission_denied', 'Only the server writes to this channel.');
  }
  if (target.kind === 'room') requireMember(target);
  return target as WritableTarget;
}

/**
 * The room, where the user may see it.
 *
 * @throws {CommandError} `unknown_channel`, and `bad_request` for channels of another kind
 */
export function resolveRoom(context: Context, user: User, channel: unknown): RoomTarget {
  const target = resolveReadable(context, user, channel);
  if (target.kind === 'room') return target;
  throw new CommandError('bad_request', 'This command is for rooms, room:NAME.');
}

/** @throws {CommandError} `not_a_member` */
export function requireMember({ membership }: RoomTarget): Membership {
  if (membership !== undefined) return membership;
  throw new CommandError('not_a_member', 'Join the room first.');
}

function resolve(context: Context, user: User, channel: unknown): Target {
  const memberships = membershipsOf(context, user);
  if (typeof channel === 'string') {
    const membership = memberships.get(channel);
    if (membership !== undefined) return belonging(membership);
  }
  const parsed = parseChannel(channel);
  switch (parsed.kind) {
    case 'room':
      return resolveRoomNamed(context, user, parsed.name);
    case 'direct':
      return resolveDirect(context, user, parsed.users);
    case 'user':
      if (foldName(parsed.name) !== user.fold) throw notYours();
      return { kind: 'user', channel: user.feed };
    case 'feed':
      // Only a back end names feeds, and nobody can pass for another by one: their spelling is exact.
      return { kind: 'feed', channel: formatChannel(parsed) };
  }
}

/** What the channel is to one who belongs to it: the spelling of its name says all. */
function belonging(membership: Membership): RoomTarget | DirectTarget {
  const { channel } = membership;
  if (channel.startsWith('room:')) {
    return { kind: 'room', channel, fold: foldName(channel.slice('room:'.length)), membership };
  }
  const comma = channel.indexOf(',');
  const users = [channel.slice('direct:'.length, comma), channel.slice(comma + 1)] as const;
  return { kind: 'direct', channel, users, membership };
}

function resolveRoomNamed(context: Context, user: User, name: string): RoomTarget {
  const fold = foldName(name);
  const fact = context.facts.get(roomKey(fold));
  if (fact === undefined) throw unknownRoom();
  const room = roomOf(fact);
  const channel = `room:${room.name}`;
  const membership = membershipsOf(context, user).get(channel);
  if (membership !== undefined) return { kind: 'room', channel, fold, membership };
  if (room.private === true) throw unknownRoom();
  return { kind: 'room', channel, fold, condition: { key: fact.key, id: fact.id } };
}

function resolveDirect(context: Context, user: User, names: readonly [string, string]): Target {
  const [a, b] = names;
  const isFirst = foldName(a) === user.fold;
  if (!isFirst && foldName(b) !== user.fold) throw notYours();
  const given = isFirst ? b : a;
  const peer = findUser(context, given)?.name ?? given;
  const channel = directChannel(user.name, peer);
  const membership = membershipsOf(context, user).get(channel);
  return membership === undefined ? { kind: 'unopened', channel, peer } : belonging(membership);
}

function unknownRoom(): CommandError {
  return new CommandError('unknown_channel', 'There is no such room, or it is private.');
}

function notYours(): CommandError {
  return new CommandError('permission_denied', 'This channel belongs to others.');
}

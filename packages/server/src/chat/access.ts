/**
 * Who may read and who may write which channel, and how it is spelled. A private room is, to those outside, a room
 * that does not exist.
 */
import { CommandError, directChannel, formatChannel, parseChannel } from '@fullduplex/wire';
import type { Context } from './context.js';
import type { Conversation, Room, User } from './directory.js';

/** A channel as its caller may see it. */
export type Target =
  | { readonly kind: 'conversation'; readonly channel: string; readonly conversation: Conversation }
  /** A direct conversation that nobody has opened. */
  | { readonly kind: 'unopened'; readonly channel: string; readonly peer: string }
  | { readonly kind: 'user'; readonly channel: string }
  | { readonly kind: 'feed'; readonly channel: string };

/** @throws {CommandError} `unknown_user`: only who has signed in may do anything */
export function requireUser(context: Context, name: string): User {
  const user = context.directory.user(name);
  if (user === undefined) throw new CommandError('unknown_user', 'No user of this name has signed in.');
  return user;
}

/**
 * The channel, where the user may read it, in the only spelling that it will ever have.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, and `unknown_user` for a conversation
 *   with a name that nobody has had yet: how it will be spelled is for its first bearer to say
 */
export function resolveReadable(context: Context, user: User, channel: unknown): Target {
  const target = resolve(context, user, channel);
  if (target.kind === 'unopened' && context.directory.user(target.peer) === undefined) {
    throw new CommandError('unknown_user', `Nobody is known as ${target.peer}; direct.open changes that.`);
  }
  return target;
}

function resolve(context: Context, user: User, channel: unknown): Target {
  const { directory } = context;
  if (typeof channel === 'string') {
    const known = directory.conversation(channel);
    if (known !== undefined) return seen(known, user);
  }
  const parsed = parseChannel(channel);
  switch (parsed.kind) {
    case 'room': {
      const room = directory.room(parsed.name);
      if (room === undefined) throw unknownRoom();
      return seen(room, user);
    }
    case 'direct':
      return resolveDirect(context, user, parsed.users);
    case 'user':
      if (directory.user(parsed.name) !== user) throw notYours();
      return { kind: 'user', channel: user.feed };
    case 'feed':
      // Only a back end names feeds, and nobody can pass for another by one: their spelling is exact.
      return { kind: 'feed', channel: formatChannel(parsed) };
  }
}

/**
 * The conversation, where the user may write to it.
 *
 * @throws {CommandError} as `resolveReadable` (but a name may become known by being written to), and `not_a_member`, and
 *   `permission_denied` for what no user writes to
 */
export function resolveWritable(
  context: Context,
  user: User,
  channel: unknown,
): Extract<Target, { kind: 'conversation' | 'unopened' }> {
  const target = resolve(context, user, channel);
  if (target.kind === 'user' || target.kind === 'feed') {
    throw new CommandError('permission_denied', 'Only the server writes to this channel.');
  }
  if (target.kind === 'conversation') requireMember(target.conversation, user);
  return target;
}

/**
 * The room, where the user may see it.
 *
 * @throws {CommandError} `unknown_channel`, and `bad_request` for channels of another kind
 */
export function resolveRoom(context: Context, user: User, channel: unknown): Room {
  const target = resolveReadable(context, user, channel);
  if (target.kind !== 'conversation' || target.conversation.kind !== 'room') {
    throw new CommandError('bad_request', 'This command is for rooms, room:NAME.');
  }
  return target.conversation;
}

/** @throws {CommandError} `not_a_member` */
export function requireMember(conversation: Conversation, user: User): void {
  if (user.conversations.has(conversation.channel)) return;
  throw new CommandError('not_a_member', 'Join the room first.');
}

export function canSee(room: Room, user: User): boolean {
  return room.members.has(user) || !(room.private || room.provisional);
}

function seen(conversation: Conversation, user: User): Target {
  if (conversation.kind === 'room') {
    if (!canSee(conversation, user)) throw unknownRoom();
  } else if (!conversation.users.includes(user)) {
    throw notYours();
  }
  return { kind: 'conversation', channel: conversation.channel, conversation };
}

function resolveDirect(context: Context, user: User, names: readonly [string, string]): Target {
  const { directory } = context;
  const [a, b] = names.map((name) => directory.user(name));
  if (a !== user && b !== user) throw notYours();
  const peer = a === user ? b : a;
  const peerName = peer?.name ?? (a === user ? names[1] : names[0]);
  const conversation = peer && directory.direct(user, peer);
  if (conversation !== undefined) return seen(conversation, user);
  return { kind: 'unopened', channel: directChannel(user.name, peerName), peer: peerName };
}

function unknownRoom(): CommandError {
  return new CommandError('unknown_channel', 'There is no such room, or it is private.');
}

function notYours(): CommandError {
  return new CommandError('permission_denied', 'This channel belongs to others.');
}

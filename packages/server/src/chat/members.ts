/** Membership of rooms: joining, leaving, inviting, and who the members are. It is durable; presence is not. */
import {
  CommandError,
  type CommandParams,
  type CommandResults,
  LOBBY,
  type Member,
  parseName,
} from '@fullduplex/wire';
import type { Appended } from '../log/channel-log.js';
import { requireMember, resolveReadable, resolveRoom } from './access.js';
import { appendOr, type Context, headOf } from './context.js';
import type { Room, User } from './directory.js';
import { joinedRoom, leftRoom } from './membership.js';
import { requirePlace, userLock, withUser } from './users.js';

/**
 * Makes the user a member. Who is one already stays so, and is given the head: a retry is harmless.
 *
 * @throws {CommandError} `unknown_channel`, `limit_exceeded`, and what appending throws
 */
export function joinRoom(
  context: Context,
  user: User,
  { channel }: CommandParams['room.join'],
): Promise<CommandResults['room.join']> {
  return context.locks.run(userLock(user.fold), async () => {
    const room = resolveRoom(context, user, channel);
    if (room.members.has(user)) return { position: await headOf(context, room.channel) };
    requirePlace(context, user);
    requireFree(context, room);
    context.directory.addMember(room, user, 'member');
    const appended = await appendOr(context, joinedRoom(room, user, 'member'), () =>
      context.directory.removeMember(room, user),
    );
    return positionOf(appended);
  });
}

/** @throws {CommandError} `unknown_channel`, `not_a_member`, `permission_denied` for the lobby, and what appending throws */
export function leaveRoom(
  context: Context,
  user: User,
  { channel }: CommandParams['room.leave'],
): Promise<CommandResults['room.leave']> {
  return context.locks.run(userLock(user.fold), async () => {
    const room = resolveRoom(context, user, channel);
    if (room.channel === LOBBY) {
      throw new CommandError('permission_denied', 'Everyone belongs to the lobby; it cannot be left.');
    }
    requireMember(room, user);
    const role = room.members.get(user) ?? 'member';
    context.directory.removeMember(room, user);
    const appended = await appendOr(context, leftRoom(room, user), () =>
      context.directory.addMember(room, user, role),
    );
    return positionOf(appended);
  });
}

/**
 * Adds another user to a room that one is a member of. Who is a member already stays so, and the head is answered.
 *
 * @throws {CommandError} `unknown_channel`, `not_a_member`, `invalid_name`, `limit_exceeded`, and what appending throws
 */
export function inviteToRoom(
  context: Context,
  user: User,
  params: CommandParams['room.invite'],
): Promise<CommandResults['room.invite']> {
  const room = resolveRoom(context, user, params.channel);
  requireMember(room, user);
  return withUser(context, parseName(params.user), async (guest, arrival) => {
    if (room.members.has(guest)) return { position: await headOf(context, room.channel) };
    requireMember(room, user);
    requireFree(context, room);
    const { records, facts = [] } = joinedRoom(room, guest, 'member', user);
    context.directory.addMember(room, guest, 'member');
    const appended = await appendOr(context, { records, facts: [...arrival, ...facts] }, () =>
      context.directory.removeMember(room, guest),
    );
    return positionOf(appended);
  });
}

/**
 * The members, those who are here first, then by name. A feed has none.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`
 */
export function listMembers(
  context: Context,
  user: User,
  { channel }: CommandParams['channel.members'],
): CommandResults['channel.members'] {
  const target = resolveReadable(context, user, channel);
  const here = new Set(context.presence.usersOf(target.channel));
  const members: Member[] = [];
  const add = (name: string, role: Member['role']) =>
    members.push({ user: name, role, present: here.has(name) });
  if (target.kind === 'user') {
    add(user.name, 'owner');
  } else if (target.kind === 'unopened') {
    for (const name of new Set([user.name, target.peer])) add(name, 'member');
  } else if (target.kind === 'conversation') {
    if (target.conversation.kind === 'direct') {
      for (const { name } of new Set(target.conversation.users)) add(name, 'member');
    } else {
      for (const [member, role] of target.conversation.members) add(member.name, role);
    }
  }
  members.sort((a, b) => Number(b.present) - Number(a.present) || (a.user < b.user ? -1 : 1));
  return { members: members.slice(0, context.limits.maxMembersListed) };
}

function requireFree(context: Context, room: Room): void {
  const limit = context.limits.maxMembersPerRoom;
  if (room.channel === LOBBY || room.members.size < limit) return;
  throw new CommandError('limit_exceeded', `The room has ${limit} members, and takes no more.`);
}

/** Of the record in the room, which comes first. */
function positionOf(appended: readonly Appended[]): { readonly position: Appended['position'] } {
  return { position: appended[0]!.position };
}

/** Membership of rooms: joining, leaving, inviting, and who the members are. It is durable; presence is not. */
import {
  CommandError,
  type CommandParams,
  type CommandResults,
  foldName,
  LOBBY,
  type Member,
  type Position,
  parseName,
} from '@fullduplex/wire';
import type { Appended, Condition } from '../log/log.js';
import { type RoomTarget, requireMember, resolveReadable, resolveRoom, type Target } from './access.js';
import { asked, type Context, headOf } from './context.js';
import { requireCount } from './counts.js';
import { decideChange, look } from './decide.js';
import {
  memberCountKey,
  memberKey,
  membersPrefix,
  type Role,
  roleOf,
  seenKey,
  userKey,
  userOf,
} from './facts.js';
import { joining, leaving, requirePlace } from './joining.js';
import { requireAfter } from './text.js';
import type { User } from './user.js';
import { arrive, membershipsOf } from './users.js';

/** How near to the limit of a room its number of members is named, so that it cannot be passed. */
const NEAR_MEMBERS = 100;
const DEFAULT_MEMBERS = 100;

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
  return decideChange(context, user.fold, () => {
    const room = resolveRoom(context, user, channel);
    if (room.membership !== undefined) return { result: position(context, room) };
    const { records, facts, when } = joining(context, room, user, 'member');
    const place = requirePlace(context, user, membershipsOf(context, user));
    const permitted = [...when, room.condition!, ...place, ...requireFree(context, room)];
    return {
      append: { records, facts, when: permitted },
      answer: (appended) => position(context, room, appended),
    };
  });
}

/** @throws {CommandError} `unknown_channel`, `not_a_member`, `permission_denied` for the lobby, and what appending throws */
export function leaveRoom(
  context: Context,
  user: User,
  { channel }: CommandParams['room.leave'],
): Promise<CommandResults['room.leave']> {
  return decideChange(context, user.fold, () => {
    const room = resolveRoom(context, user, channel);
    if (room.channel === LOBBY) {
      throw new CommandError('permission_denied', 'Everyone belongs to the lobby; it cannot be left.');
    }
    return {
      append: leaving(context, room, user, requireMember(room)),
      answer: (appended) => position(context, room, appended),
    };
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
  return decideChange(context, user.fold, () => {
    const room = resolveRoom(context, user, params.channel);
    const { condition } = requireMember(room);
    const arrival = arrive(context, parseName(params.user));
    const guest = arrival.user;
    const isMember = context.facts.get(memberKey(room.fold, guest.fold)) !== undefined;
    if (isMember) return { result: position(context, room) };
    const { records, facts, when } = joining(context, room, guest, 'member', user);
    return {
      append: {
        records,
        facts: [...arrival.facts, ...facts],
        when: [condition, ...arrival.when, ...when, ...requireFree(context, room)],
      },
      answer: (appended) => position(context, room, appended),
    };
  });
}

/**
 * The members by name, in pages. A feed has none.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, `bad_request`
 */
export async function listMembers(
  context: Context,
  user: User,
  { channel, limit = DEFAULT_MEMBERS, after }: CommandParams['channel.members'],
): Promise<CommandResults['channel.members']> {
  const from = requireAfter(after);
  const target = await look(context, user.fold, () => resolveReadable(context, user, channel));
  const found =
    target.kind === 'room'
      ? await membersOf(context, target, limit + 1, from)
      : partners(user, target).filter(([fold]) => from === undefined || fold > from);
  const page = found.slice(0, limit);
  const members = await describe(context, target.channel, page);
  return found.length > limit ? { members, next: page.at(-1)![0] } : { members };
}

type Found = readonly [fold: string, role: Role];

async function membersOf(
  { log }: Context,
  { fold }: RoomTarget,
  limit: number,
  after: string | undefined,
): Promise<readonly Found[]> {
  const prefix = membersPrefix(fold);
  const from = after === undefined ? undefined : prefix + after;
  const { facts } = await asked(log.list(prefix, limit, from));
  return facts.map((fact) => [fact.key.slice(prefix.length), roleOf(fact)]);
}

/** Who belongs to what is no room. */
function partners(user: User, target: Target): readonly Found[] {
  if (target.kind === 'user') return [[user.fold, 'owner']];
  if (target.kind !== 'direct' && target.kind !== 'unopened') return [];
  const names = target.kind === 'direct' ? target.users : [user.name, target.peer];
  return [...new Set(names.map(foldName))].toSorted().map((fold) => [fold, 'member']);
}

async function describe(context: Context, channel: string, found: readonly Found[]): Promise<Member[]> {
  const { log, presence } = context;
  const users = found.map(([fold]) => userKey(fold));
  const seen = found.map(([fold]) => seenKey(fold));
  const { facts } = await asked(log.facts([...users, ...seen]));
  const names = found.map(([fold], index) => {
    const fact = facts[index];
    return fact === undefined ? fold : userOf(fact).name;
  });
  const here = await presence.present(channel, names);
  return found.map(([, role], index): Member => {
    const name = names[index]!;
    const last = facts[found.length + index];
    const member = { user: name, role, present: here.has(name) };
    return member.present || last === undefined ? member : { ...member, seen: Number(last.value) };
  });
}

function requireFree(context: Context, { channel }: RoomTarget): readonly Condition[] {
  if (channel === LOBBY) return [];
  const limit = context.limits.maxMembersPerRoom;
  return requireCount(context, memberCountKey(channel), limit, NEAR_MEMBERS, () => {
    return new CommandError('limit_exceeded', `The room has ${limit} members, and takes no more.`);
  });
}

/** Of the record in the room, which comes second; its head, where there is none. */
async function position(
  context: Context,
  { channel }: RoomTarget,
  appended: readonly Appended[] = [],
): Promise<{ readonly position: Position }> {
  return { position: appended[1]?.position ?? (await headOf(context, channel)) };
}

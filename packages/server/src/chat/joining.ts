/** The records and facts by which someone comes to belong to a conversation, or no longer does. */
import { CommandError, type JoinedData, type LeftData } from '@fullduplex/wire';
import type { Append, Condition, NewRecord } from '../log/log.js';
import type { Context } from './context.js';
import { requireCount } from './counts.js';
import {
  belongingKey,
  conversationCountKey,
  memberCountKey,
  memberKey,
  numberOf,
  type Role,
} from './facts.js';
import type { User } from './user.js';
import type { Membership, UserMemberships } from './user-memberships.js';

/** What there is of a room to join or to leave. */
export interface RoomPlace {
  readonly channel: string;
  /** The folded name. */
  readonly fold: string;
}

/** How near to the limit of memberships their number is named, so that it cannot be passed. */
const NEAR_MEMBERSHIPS = 8;

/**
 * The user's own feed comes first: its record bears the facts, so that they hold for all that come behind it. A room of
 * many is told nothing.
 *
 * @param by who added the user, where it was not themselves
 */
export function joining(
  context: Context,
  { channel, fold }: RoomPlace,
  user: User,
  role: Role,
  by?: User,
): Required<Pick<Append, 'records' | 'facts' | 'when'>> {
  const told = joinedRecord(user.feed, channel, user, by);
  return {
    records: isTold(context, channel) ? [told, { ...told, channel }] : [told],
    facts: [
      { key: memberKey(fold, user.fold), value: role },
      { key: belongingKey(user.fold, channel), value: role },
      { key: memberCountKey(channel), add: 1 },
      { key: conversationCountKey(user.fold), add: 1 },
    ],
    when: [{ key: belongingKey(user.fold, channel), id: 0 }],
  };
}

export function leaving(
  context: Context,
  { channel, fold }: RoomPlace,
  user: User,
  { condition }: Membership,
): Append {
  const left: LeftData = { type: 'left', user: user.name, channel };
  const told = { channel: user.feed, sender: user.name, data: JSON.stringify(left) };
  return {
    records: isTold(context, channel) ? [told, { ...told, channel }] : [told],
    facts: [
      { key: memberKey(fold, user.fold), value: null },
      { key: belongingKey(user.fold, channel), value: null },
      { key: memberCountKey(channel), add: -1 },
      { key: conversationCountKey(user.fold), add: -1 },
    ],
    when: [condition],
  };
}

/** @param into the channel that the record is appended to */
export function joinedRecord(into: string, channel: string, user: User, by: User = user): NewRecord {
  const added = by.fold === user.fold ? {} : { by: by.name };
  const joined: JoinedData = { type: 'joined', user: user.name, channel, ...added };
  return { channel: into, sender: by.name, data: JSON.stringify(joined) };
}

/** @throws {CommandError} `limit_exceeded` when the user belongs to as many conversations as one may */
export function requirePlace(
  context: Context,
  user: User,
  memberships: UserMemberships,
): readonly Condition[] {
  const limit = context.limits.maxMembershipsPerUser;
  if (memberships.size + NEAR_MEMBERSHIPS < limit) return [];
  return requireCount(context, conversationCountKey(user.fold), limit, NEAR_MEMBERSHIPS, () => {
    const message = `You belong to ${limit} conversations, and no one may to more.`;
    return new CommandError('limit_exceeded', message);
  });
}

/** Whether the room hears of who joins and leaves. */
function isTold({ facts, limits }: Context, channel: string): boolean {
  return numberOf(facts.get(memberCountKey(channel))) < limits.maxMembersTold;
}

/** Conversations of two: opening them, on purpose or by the first message, which then waits for who is away. */
import { type CommandParams, type CommandResults, foldName, parseName } from '@fullduplex/wire';
import type { Appended, Fact, NewRecord } from '../log/channel-log.js';
import { appendOr, appendRecord, type Context } from './context.js';
import type { Direct, User } from './directory.js';
import { directFact, pairKey } from './facts.js';
import { joinedRecord } from './membership.js';
import { requirePlace, userLock, withUser } from './users.js';

/** A record that is to go into the conversation, which may have to be opened first. */
export type DirectRecord = Omit<NewRecord, 'channel'>;

/**
 * Opens the conversation with the user of this name, who need not have signed in yet. Opening it again is harmless.
 *
 * @throws {CommandError} `invalid_name`, `limit_exceeded`, and what appending throws
 */
export async function openDirect(
  context: Context,
  user: User,
  params: CommandParams['direct.open'],
): Promise<CommandResults['direct.open']> {
  const { direct } = await appendDirect(context, user, parseName(params.user));
  return { channel: direct.channel };
}

/**
 * Appends the record to the conversation with the user of this name, in one commit with its opening if nobody has
 * opened it. Without a record it is merely opened.
 *
 * @param name as `parseName` gives it
 * @throws {CommandError} `limit_exceeded`, and what appending throws
 */
export async function appendDirect(
  context: Context,
  user: User,
  name: string,
  record?: DirectRecord,
): Promise<{ readonly direct: Direct; readonly appended?: Appended }> {
  const { directory, locks } = context;
  const lock = `direct/${pairKey(user.fold, foldName(name))}`;
  // The opening may be under way; if it fails, what was to go into the conversation opens it anew.
  while (locks.isHeld(lock)) await locks.settled(lock);
  const known = directory.user(name);
  const open = known && directory.direct(user, known);
  if (open !== undefined) return appendTo(context, open, record);
  return locks.run(lock, () => {
    const peer = directory.user(name);
    // Only who may yet turn out not to be known needs the lock.
    if (peer !== undefined && !locks.isHeld(userLock(peer.fold)))
      return openWith(context, user, peer, [], record);
    return withUser(context, name, (arriving, arrival) => openWith(context, user, arriving, arrival, record));
  });
}

async function openWith(
  context: Context,
  user: User,
  peer: User,
  arrival: readonly Fact[],
  record: DirectRecord | undefined,
): Promise<{ readonly direct: Direct; readonly appended?: Appended }> {
  const { directory } = context;
  const open = directory.direct(user, peer);
  if (open !== undefined) return appendTo(context, open, record);
  requirePlace(context, user);
  const direct = directory.addDirect(user, peer);
  const { channel } = direct;
  const joins = [...new Set(direct.users)].map((member) => joinedRecord(member.feed, channel, member, user));
  const records = record === undefined ? joins : [{ ...record, channel }, ...joins];
  const facts = [...arrival, directFact([user.fold, peer.fold])];
  const appended = await appendOr(context, { records, facts }, () => directory.removeDirect(direct));
  return record === undefined ? { direct } : { direct, appended: appended[0]! };
}

async function appendTo(
  context: Context,
  direct: Direct,
  record: DirectRecord | undefined,
): Promise<{ readonly direct: Direct; readonly appended?: Appended }> {
  if (record === undefined) return { direct };
  return { direct, appended: await appendRecord(context, { ...record, channel: direct.channel }) };
}

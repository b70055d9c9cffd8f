/** Conversations of two: opening them, on purpose or by the first message, which then waits for who is away. */
import {
  type CommandParams,
  type CommandResults,
  directChannel,
  foldName,
  parseName,
} from '@fullduplex/wire';
import type { Appended, NewRecord } from '../log/log.js';
import type { Context } from './context.js';
import { type Decision, decideChange } from './decide.js';
import { belongingKey, conversationCountKey, directKey } from './facts.js';
import { joinedRecord, requirePlace } from './joining.js';
import type { User } from './user.js';
import { arrive, findUser, membershipsOf } from './users.js';

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
  const name = parseName(params.user);
  return decideChange(context, user.fold, () => {
    const channel = openChannel(context, user, name);
    if (channel !== undefined) return { result: { channel } };
    return opening(context, user, name, undefined, (opened) => ({ channel: opened }));
  });
}

/**
 * Appends the record to the conversation with the user of this name, in one commit with its opening if nobody has
 * opened it.
 *
 * @param name as `parseName` gives it
 * @throws {CommandError} `limit_exceeded`
 */
export function appendDirect<Result>(
  context: Context,
  user: User,
  name: string,
  record: DirectRecord,
  result: (channel: string, appended: Appended) => Result,
): Decision<Result> {
  const key = directKey(user.fold, foldName(name));
  const open = context.facts.get(key);
  if (open === undefined) {
    return opening(context, user, name, record, (channel, appended) => result(channel, appended.at(-1)!));
  }
  const channel = directChannel(user.name, findUser(context, name)?.name ?? name);
  return {
    append: { records: [{ ...record, channel }], when: [{ key, id: open.id }] },
    answer: ([appended]) => result(channel, appended!),
  };
}

function openChannel(context: Context, user: User, name: string): string | undefined {
  if (context.facts.get(directKey(user.fold, foldName(name))) === undefined) return undefined;
  return directChannel(user.name, findUser(context, name)?.name ?? name);
}

function opening<Result>(
  context: Context,
  user: User,
  name: string,
  record: DirectRecord | undefined,
  result: (channel: string, appended: readonly Appended[]) => Result,
): Decision<Result> {
  const arrival = arrive(context, name);
  const peer = arrival.user;
  const key = directKey(user.fold, peer.fold);
  const place = requirePlace(context, user, membershipsOf(context, user));
  const channel = directChannel(user.name, peer.name);
  const members = peer.fold === user.fold ? [user] : [user, peer];
  const joins = members.map((member) => joinedRecord(member.feed, channel, member, user));
  return {
    append: {
      records: record === undefined ? joins : [...joins, { ...record, channel }],
      facts: [
        ...arrival.facts,
        { key, value: '' },
        ...members.flatMap((member) => [
          { key: belongingKey(member.fold, channel), value: '' },
          { key: conversationCountKey(member.fold), add: 1 },
        ]),
      ],
      when: [...arrival.when, { key, id: 0 }, ...place],
    },
    answer: (appended) => result(channel, appended),
  };
}

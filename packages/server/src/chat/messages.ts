/** Messages and what is said about them: edits, deletions and reactions, each a record of its own. */
import {
  type Appended,
  CommandError,
  type CommandParams,
  type DeleteData,
  type EditData,
  type MessageData,
  parseName,
  type ReactionData,
} from '@fullduplex/wire';
import type { Appended as LogAppended, LogRecord } from '../log/channel-log.js';
import { resolveWritable } from './access.js';
import { appendOr, appendRecord, type Context, toCommandError } from './context.js';
import { appendDirect } from './direct.js';
import type { User } from './directory.js';
import { deletedFact } from './facts.js';
import { typeOf } from './publication.js';
import { requireKey, requireReaction, requireText } from './text.js';

/**
 * @throws {CommandError} `unknown_channel`, `not_a_member`, `permission_denied`, `message_empty`, `message_too_large`,
 *   `key_conflict`, and what appending throws
 */
export function sendMessage(
  context: Context,
  user: User,
  { channel, key, text }: CommandParams['message.send'],
): Promise<Appended> {
  const data: MessageData = { type: 'message', text: requireText(text, context.limits) };
  return post(context, user, channel, JSON.stringify(data), key);
}

/**
 * Sends to whoever has this name, or will: who never signed in becomes known, and the message waits.
 *
 * @throws {CommandError} as `sendMessage`, and `invalid_name`
 */
export async function sendDirect(
  context: Context,
  user: User,
  to: unknown,
  text: unknown,
  key: string | undefined,
): Promise<{ readonly channel: string } & Appended> {
  const data: MessageData = { type: 'message', text: requireText(text, context.limits) };
  const record = recordBy(user, JSON.stringify(data), requireKey(key));
  const { direct, appended } = await appendDirect(context, user, parseName(to), record);
  return { channel: direct.channel, ...answer(appended) };
}

/** @throws {CommandError} as `sendMessage`, and `unknown_message`, and `permission_denied` for messages of others */
export async function editMessage(
  context: Context,
  user: User,
  { channel, offset, text, key }: CommandParams['message.edit'],
): Promise<Appended> {
  const data: EditData = { type: 'edit', offset, text: requireText(text, context.limits) };
  await requireOwnMessage(context, user, channel, offset);
  return annotate(context, user, channel, data, JSON.stringify(data), key);
}

/** @throws {CommandError} as `editMessage` */
export async function deleteMessage(
  context: Context,
  user: User,
  { channel, offset, key }: CommandParams['message.delete'],
): Promise<Appended> {
  const data: DeleteData = { type: 'delete', offset };
  await requireOwnMessage(context, user, channel, offset);
  return annotate(context, user, channel, data, JSON.stringify(data), key);
}

/** @throws {CommandError} as `sendMessage`, and `unknown_message` */
export async function reactToMessage(
  context: Context,
  user: User,
  { channel, offset, reaction, on = true, key }: CommandParams['message.react'],
): Promise<Appended> {
  const checked = requireReaction(reaction, context.limits);
  const data: ReactionData = { type: 'reaction', offset, reaction: checked, on };
  await requireMessage(context, user, channel, offset);
  return annotate(context, user, channel, data, JSON.stringify(data), key);
}

/**
 * Appends data, JSON text that was checked, where the user may write.
 *
 * @throws {CommandError}
 */
export async function post(
  context: Context,
  user: User,
  channel: unknown,
  data: string,
  key: string | undefined,
): Promise<Appended> {
  const record = recordBy(user, data, requireKey(key));
  const target = resolveWritable(context, user, channel);
  if (target.kind === 'unopened')
    return answer((await appendDirect(context, user, target.peer, record)).appended);
  const { conversation } = target;
  if (conversation.kind === 'room') {
    return answer(await appendRecord(context, { ...record, channel: conversation.channel }));
  }
  const peer = conversation.users.find((other) => other !== user) ?? user;
  return answer((await appendDirect(context, user, peer.name, record)).appended);
}

type AnnotationType = (EditData | DeleteData | ReactionData)['type'];

/** Whether data of this type are about a message. */
export function isAnnotation(type: unknown): type is AnnotationType {
  return type === 'edit' || type === 'delete' || type === 'reaction';
}

/**
 * Appends what is said about a message that was found to be there, unless it has been deleted.
 *
 * @param json what to append: the data in the caller's own spelling
 * @throws {CommandError} `unknown_message`, and those of writing to the channel
 */
export async function annotate(
  context: Context,
  user: User,
  channel: unknown,
  { type, offset }: { readonly type: AnnotationType; readonly offset: number },
  json: string,
  key: string | undefined,
): Promise<Appended> {
  const record = recordBy(user, json, requireKey(key));
  const target = resolveWritable(context, user, channel);
  const deleted = deletedFact(target.channel, offset);
  const facts = type === 'delete' ? [deleted] : [];
  return answer(
    await appendRecord(context, { ...record, channel: target.channel }, { facts, unless: deleted.key }),
  );
}

/** What is kept about messages that are gone goes as well. @throws {CommandError} */
export async function forgetMessages(
  context: Context,
  channel: string,
  from: number,
  to: number,
): Promise<void> {
  if (!channel.startsWith('room:') && !channel.startsWith('direct:')) return;
  const facts = Array.from({ length: to - from + 1 }, (_, index) => ({
    ...deletedFact(channel, from + index),
    value: null,
  }));
  await appendOr(context, { records: [], facts }, () => {});
}

/** @throws {CommandError} `unknown_message`, and those of writing to the channel */
export async function requireMessage(
  context: Context,
  user: User,
  channel: unknown,
  offset: number,
): Promise<LogRecord> {
  const target = resolveWritable(context, user, channel);
  try {
    const request = { channel: target.channel, after: offset - 1, before: offset + 1, limit: 1 };
    const [record] = (await context.log.read(request)).records;
    if (record?.offset === offset && typeOf(record.data) === 'message') return record;
  } catch (error) {
    throw toCommandError(error);
  }
  throw new CommandError('unknown_message', `There is no message at offset ${offset} of this channel.`);
}

/** @throws {CommandError} as `requireMessage`, and `permission_denied` */
export async function requireOwnMessage(
  context: Context,
  user: User,
  channel: unknown,
  offset: number,
): Promise<LogRecord> {
  const message = await requireMessage(context, user, channel, offset);
  if (message.sender === user.name) return message;
  throw new CommandError('permission_denied', 'Only who sent a message may change it.');
}

function recordBy(user: User, data: string, key: string | undefined) {
  return key === undefined ? { sender: user.name, data } : { sender: user.name, data, key };
}

function answer(appended: LogAppended | undefined): Appended {
  if (appended === undefined) throw new CommandError('internal', 'Nothing was appended.');
  return { position: appended.position, duplicate: appended.duplicate };
}

/** Messages and what is said about them: edits, deletions and reactions, each a record of its own. */
import {
  type Appended,
  CommandError,
  type CommandParams,
  type DeleteData,
  type DeletedData,
  type EditData,
  foldName,
  type MessageData,
  parseName,
  type ReactionData,
} from '@fullduplex/wire';
import type { Append, Condition, Fact, Appended as LogAppended, LogRecord } from '../log/log.js';
import { resolveWritable, type WritableTarget } from './access.js';
import { asked, type Context } from './context.js';
import { decide } from './decide.js';
import { appendDirect } from './direct.js';
import { deletedKey, directKey, editedKey } from './facts.js';
import { typeOf } from './publication.js';
import { requireKey, requireReaction, requireText } from './text.js';
import type { User } from './user.js';

/** In the place of what is to be read no more. */
const DELETED = JSON.stringify({ type: 'deleted' } satisfies DeletedData);

/**
 * @throws {CommandError} `unknown_channel`, `not_a_member`, `permission_denied`, `message_empty`, `message_too_large`,
 *   `key_conflict`, and what appending throws
 */
export async function sendMessage(
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
  const name = parseName(to);
  return decide(context, user.fold, () =>
    appendDirect(context, user, name, record, (channel, appended) => ({ channel, ...answer(appended) })),
  );
}

/**
 * The text that was edited before, if it was, is gone with this one.
 *
 * @throws {CommandError} as `sendMessage`, and `unknown_message`, and `permission_denied` for messages of others
 */
export async function editMessage(
  context: Context,
  user: User,
  { channel, offset, text, key }: CommandParams['message.edit'],
): Promise<Appended> {
  const data: EditData = { type: 'edit', offset, text: requireText(text, context.limits) };
  return annotate(context, user, channel, data, JSON.stringify(data), key);
}

/**
 * What the message said is gone, with what it was edited to, for whoever reads from now on.
 *
 * @throws {CommandError} as `editMessage`
 */
export async function deleteMessage(
  context: Context,
  user: User,
  { channel, offset, key }: CommandParams['message.delete'],
): Promise<Appended> {
  const data: DeleteData = { type: 'delete', offset };
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
  return decide(context, user.fold, () => {
    const target = resolveWritable(context, user, channel);
    if (target.kind === 'unopened') return appendDirect(context, user, target.peer, record, answerTo);
    const records = [{ ...record, channel: target.channel }];
    return { append: { records, when: [permittedBy(context, user, target)] }, answer: answerFirst };
  });
}

type AnnotationType = (EditData | DeleteData | ReactionData)['type'];

/** Whether data of this type are about a message. */
export function isAnnotation(type: unknown): type is AnnotationType {
  return type === 'edit' || type === 'delete' || type === 'reaction';
}

/**
 * Appends what is said about a message, unless it has been deleted. Who sent it alone may edit and delete it.
 *
 * @param json what to append: the data in the caller's own spelling
 * @throws {CommandError} `unknown_message`, `permission_denied`, and those of writing to the channel
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
  return decide(context, user.fold, async () => {
    const target = resolveWritable(context, user, channel);
    if (target.kind === 'unopened') throw unknownMessage(offset);
    const permitted = permittedBy(context, user, target);
    const found = await readMessage(context, target.channel, offset);
    if (type !== 'reaction' && found.message.sender !== user.name) {
      throw new CommandError('permission_denied', 'Only who sent a message may change it.');
    }
    const { facts, when, redact } = effects(type, target.channel, found);
    const records = [{ ...record, channel: target.channel }];
    const unless = deletedKey(target.channel, offset);
    return {
      append: { records, facts, unless, when: [permitted, ...when], redact },
      answer: answerFirst,
    };
  });
}

/** What is kept about messages that are gone goes as well. @throws {CommandError} */
export async function forgetMessages(
  { log }: Context,
  channel: string,
  from: number,
  to: number,
): Promise<void> {
  if (!channel.startsWith('room:') && !channel.startsWith('direct:')) return;
  const facts = Array.from({ length: to - from + 1 }, (_, index) => from + index).flatMap((offset) => [
    { key: deletedKey(channel, offset), value: null },
    { key: editedKey(channel, offset), value: null },
  ]);
  await asked(log.append({ records: [], facts }));
}

interface FoundMessage {
  readonly message: LogRecord;
  readonly edited: Fact | undefined;
}

/** The message, or what is left of a deleted one: then whatever is appended about it must be there already. */
async function readMessage({ log }: Context, channel: string, offset: number): Promise<FoundMessage> {
  const [{ records }, { facts }] = await asked(
    Promise.all([
      log.read({ channel, after: offset - 1, before: offset + 1, limit: 1 }),
      log.facts([deletedKey(channel, offset), editedKey(channel, offset)]),
    ]),
  );
  const [message] = records;
  const [deleted, edited] = facts;
  if (message?.offset === offset) {
    const isMessage = typeOf(message.data) === 'message';
    if (isMessage || (message.redacted === true && deleted !== undefined)) return { message, edited };
  }
  throw unknownMessage(offset);
}

/** What an annotation changes beside being told. Edits name each other, so that none is left behind. */
function effects(
  type: AnnotationType,
  channel: string,
  { message, edited }: FoundMessage,
): Required<Pick<Append, 'facts' | 'when' | 'redact'>> {
  if (type === 'reaction') return { facts: [], when: [], redact: [] };
  const key = editedKey(channel, message.offset);
  const when = [{ key, id: edited?.id ?? 0 }];
  const before = edited === undefined ? [] : [{ id: edited.id, data: DELETED }];
  if (type === 'edit') return { facts: [{ key, value: '' }], when, redact: before };
  return {
    facts: [
      { key: deletedKey(channel, message.offset), value: '' },
      { key, value: null },
    ],
    when,
    redact: [{ id: message.id, data: DELETED }, ...before],
  };
}

/** The fact by which the user may write there. */
function permittedBy(
  context: Context,
  user: User,
  target: Exclude<WritableTarget, { kind: 'unopened' }>,
): Condition {
  if (target.kind === 'room') return target.membership.condition;
  const peer = target.users.find((name) => name !== user.name) ?? user.name;
  const key = directKey(user.fold, foldName(peer));
  return { key, id: context.facts.get(key)?.id ?? 0 };
}

function unknownMessage(offset: number): CommandError {
  return new CommandError('unknown_message', `There is no message at offset ${offset} of this channel.`);
}

function recordBy(user: User, data: string, key: string | undefined) {
  return key === undefined ? { sender: user.name, data } : { sender: user.name, data, key };
}

function answerFirst([appended]: readonly LogAppended[]): Appended {
  return answer(appended!);
}

function answerTo(_channel: string, appended: LogAppended): Appended {
  return answer(appended);
}

function answer({ position, duplicate }: LogAppended): Appended {
  return { position, duplicate };
}

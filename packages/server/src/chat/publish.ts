/** Data as clients and back ends publish it: any JSON object, except that nobody may say what is not theirs to say. */
import { type Appended, CommandError, formatChannel, parseChannel, parseName } from '@fullduplex/wire';
import { appendRecord, type Context } from './context.js';
import type { User } from './directory.js';
import { annotate, isAnnotation, post, requireMessage, requireOwnMessage } from './messages.js';
import { requireKey, requireReaction, requireSize, requireText } from './text.js';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Appends the object as it came, where the user may write. An object of a type that the commands append is held to
 * the rules of those; the types that only the server writes are refused.
 *
 * @throws {CommandError} `bad_request`, and those of the commands
 */
export async function publish(
  context: Context,
  user: User,
  channel: string,
  data: unknown,
  key: string | undefined,
): Promise<Appended> {
  const object = requireObject(data);
  switch (object.type) {
    case 'message':
      requireText(object.text, context.limits);
      break;
    case 'edit':
      requireText(object.text, context.limits);
      await requireOwnMessage(context, user, channel, requireOffset(object));
      break;
    case 'delete':
      await requireOwnMessage(context, user, channel, requireOffset(object));
      break;
    case 'reaction':
      requireReaction(object.reaction, context.limits);
      if (typeof object.on !== 'boolean') {
        throw new CommandError('bad_request', 'data.on: true to add the reaction, false to take it back.');
      }
      await requireMessage(context, user, channel, requireOffset(object));
      break;
    case 'joined':
    case 'left':
    case 'read':
      throw new CommandError(
        'permission_denied',
        `Only the server publishes data of the type "${object.type}".`,
      );
  }
  const { type } = object;
  const json = encode(context, object);
  if (!isAnnotation(type)) return post(context, user, channel, json, key);
  return annotate(context, user, channel, { type, offset: requireOffset(object) }, json, key);
}

/**
 * A back end's publication, which is trusted: to `feed:NAME`, or to any room that there is.
 *
 * @param sender a name, which need not be a user's
 * @throws {CommandError} `invalid_name`, `bad_request`, `message_too_large`, `unknown_channel`, `permission_denied` for
 *   channels of other kinds, and what appending throws
 */
export async function publishAs(
  context: Context,
  sender: string,
  channel: string,
  data: unknown,
  key: string | undefined,
): Promise<Appended> {
  const checkedKey = requireKey(key);
  const encoded = encode(context, requireObject(data));
  const record = {
    sender: parseName(sender),
    data: encoded,
    ...(checkedKey === undefined ? {} : { key: checkedKey }),
  };
  const parsed = parseChannel(channel);
  if (parsed.kind === 'room') {
    const room = context.directory.room(parsed.name);
    if (room === undefined || room.provisional)
      throw new CommandError('unknown_channel', 'There is no such room.');
    return answer(await appendRecord(context, { ...record, channel: room.channel }));
  }
  if (parsed.kind !== 'feed') {
    throw new CommandError('permission_denied', 'A back end publishes to feeds and to rooms.');
  }
  return answer(await appendRecord(context, { ...record, channel: formatChannel(parsed) }));
}

function requireObject(data: unknown): JsonObject {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as JsonObject;
  throw new CommandError('bad_request', 'data: a publication is a JSON object.');
}

function requireOffset({ offset }: JsonObject): number {
  if (Number.isSafeInteger(offset) && (offset as number) >= 1) return offset as number;
  throw new CommandError('bad_request', 'data.offset: the offset of a message is expected.');
}

/** A message's text has been measured by itself; all else is measured as it is stored. */
function encode(context: Context, object: JsonObject): string {
  const json = JSON.stringify(object);
  if (object.type === 'message' && typeof object.text === 'string') {
    requireSize(object.text, context.limits.maxMessageBytes);
  } else {
    requireSize(json, context.limits.maxMessageBytes);
  }
  return json;
}

function answer({ position, duplicate }: Appended): Appended {
  return { position, duplicate };
}

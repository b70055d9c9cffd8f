/** Data as clients and back ends publish it: any JSON object, except that nobody may say what is not theirs to say. */
import {
  type Appended,
  CommandError,
  foldName,
  formatChannel,
  parseChannel,
  parseName,
} from '@fullduplex/wire';
import type { Context } from './context.js';
import { decide } from './decide.js';
import { roomKey, roomOf } from './facts.js';
import { annotate, isAnnotation, post } from './messages.js';
import { requireKey, requireReaction, requireSize, requireText } from './text.js';
import type { User } from './user.js';

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
    case 'edit':
      requireText(object.text, context.limits);
      break;
    case 'reaction':
      requireReaction(object.reaction, context.limits);
      if (typeof object.on !== 'boolean') {
        throw new CommandError('bad_request', 'data.on: true to add the reaction, false to take it back.');
      }
      break;
    case 'joined':
    case 'left':
    case 'deleted':
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
  if (parsed.kind !== 'room' && parsed.kind !== 'feed') {
    throw new CommandError('permission_denied', 'A back end publishes to feeds and to rooms.');
  }
  return decide(context, foldName(record.sender), () => {
    if (parsed.kind === 'feed') {
      return { append: { records: [{ ...record, channel: formatChannel(parsed) }] }, answer };
    }
    const fact = context.facts.get(roomKey(foldName(parsed.name)));
    if (fact === undefined) throw new CommandError('unknown_channel', 'There is no such room.');
    const records = [{ ...record, channel: `room:${roomOf(fact).name}` }];
    return { append: { records, when: [{ key: fact.key, id: fact.id }] }, answer };
  });
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

function answer([appended]: readonly Appended[]): Appended {
  const { position, duplicate } = appended!;
  return { position, duplicate };
}

/**
 * Reads a publication's `data`. A channel may hold any JSON object, because anyone who may write may publish one:
 * what is not exactly one of the shapes the server's own commands append is shown as data and changes nothing.
 */
import type { ChatData, Publication } from '@fullduplex/wire';

type Fields = Readonly<Record<string, unknown>>;

export function readChatData(publication: Publication): ChatData | undefined {
  const data = publication.data;
  if (typeof data !== 'object' || data === null) return undefined;
  const fields = data as Fields;
  switch (fields.type) {
    case 'message':
      return isText(fields.text) ? { type: 'message', text: fields.text } : undefined;
    case 'edit':
      return isOffset(fields.offset) && isText(fields.text)
        ? { type: 'edit', offset: fields.offset, text: fields.text }
        : undefined;
    case 'delete':
      return isOffset(fields.offset) ? { type: 'delete', offset: fields.offset } : undefined;
    case 'deleted':
      return { type: 'deleted' };
    case 'reaction':
      return isOffset(fields.offset) && isText(fields.reaction) && fields.reaction.length <= 64
        ? { type: 'reaction', offset: fields.offset, reaction: fields.reaction, on: fields.on !== false }
        : undefined;
    case 'joined':
    case 'left':
      return readMembership(fields, publication.info.user);
    case 'read':
      return isText(fields.channel) && isOffset(fields.offset)
        ? { type: 'read', channel: fields.channel, offset: fields.offset }
        : undefined;
    default:
      return undefined;
  }
}

/** Only the one who came or went, or who added them, can have it said. */
function readMembership(fields: Fields, sender: string): ChatData | undefined {
  const { user, channel, by } = fields;
  if (!isText(user) || !isText(channel)) return undefined;
  if (fields.type === 'left') return user === sender ? { type: 'left', user, channel } : undefined;
  if (isText(by) && by !== user) return by === sender ? { type: 'joined', user, channel, by } : undefined;
  return user === sender ? { type: 'joined', user, channel } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** What a message, a reaction, a sender's key and a place in a list may be. Knows no channel and no user. */
import { CommandError } from '@fullduplex/wire';
import type { ChatLimits } from './chat-limits.js';

/** Half of a surrogate pair: no Unicode, and nothing that other programs could read. */
const BROKEN = /\p{Surrogate}/u;
/** As `CommandParams` has it, in UTF-16 units. */
const MAX_KEY_LENGTH = 128;

/** @throws {CommandError} `message_empty`, `message_too_large`, `bad_request` */
export function requireText(text: unknown, limits: ChatLimits): string {
  if (typeof text !== 'string') throw new CommandError('bad_request', 'text: a message has a text.');
  if (text === '') throw new CommandError('message_empty', 'A message needs some text.');
  requireSize(text, limits.maxMessageBytes);
  requireUnicode('text', text);
  return text;
}

/** @throws {CommandError} `message_too_large`, `bad_request` */
export function requireReaction(reaction: unknown, limits: ChatLimits): string {
  if (typeof reaction !== 'string' || reaction === '') {
    throw new CommandError('bad_request', 'reaction: one emoji or a short word is expected.');
  }
  requireUnicode('reaction', reaction);
  requireSize(reaction, limits.maxReactionBytes);
  return reaction;
}

/** @throws {CommandError} `bad_request` */
export function requireKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (key === '' || key.length > MAX_KEY_LENGTH) {
    throw new CommandError('bad_request', `key: it has 1 to ${MAX_KEY_LENGTH} characters.`);
  }
  if (key.includes('\0')) throw new CommandError('bad_request', 'key: it cannot have U+0000 in it.');
  requireUnicode('key', key);
  return key;
}

/** Where a page of a list begins: what the page before it gave as `next`. @throws {CommandError} `bad_request` */
export function requireAfter(after: string | undefined): string | undefined {
  if (after === undefined || isStorable(after)) return after;
  throw new CommandError('bad_request', 'after: it is `next` of the page before.');
}

/** Whether anything that is kept could be spelled so. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !BROKEN.test(text);
}

/** @throws {CommandError} `message_too_large` */
export function requireSize(text: string, limit: number): void {
  // No text has fewer bytes than UTF-16 units, and none more than three times as many.
  if (text.length * 3 <= limit) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= limit) return;
  throw new CommandError('message_too_large', `This has ${bytes} bytes; the limit is ${limit}.`);
}

function requireUnicode(field: string, text: string): void {
  if (!BROKEN.test(text)) return;
  throw new CommandError('bad_request', `${field}: half of a surrogate pair stands alone in it.`);
}

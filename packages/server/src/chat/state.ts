/** Everything a client shows at first: the user's conversations, what is unread in them, what was said last. */
import type { ChannelState, ChatData, CommandResults, Position, Publication } from '@fullduplex/wire';
import type { LogRecord } from '../log/channel-log.js';
import { type Context, toCommandError } from './context.js';
import type { User } from './directory.js';
import { toPublication, typeOf } from './publication.js';

/** Up to which unread messages are counted. */
const MAX_UNREAD = 100;
/** How far back a conversation is looked through, in pages of records. */
const PAGES = 5;
const PAGE_RECORDS = 200;
const PAGE_BYTES = 256 * 1024;
/** Conversations that are looked through at a time. */
const AT_ONCE = 16;

/** @throws {CommandError} what reading throws */
export async function readState(context: Context, user: User): Promise<CommandResults['me.state']> {
  try {
    const names = [...user.conversations.keys()];
    const heads = await context.log.heads(names);
    const channels: ChannelState[] = [];
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE);
      const states = some.map((channel, index) => stateOf(context, user, channel, heads[at + index]!));
      channels.push(...(await Promise.all(states)));
    }
    return { user: user.name, channels };
  } catch (error) {
    throw toCommandError(error);
  }
}

async function stateOf(context: Context, user: User, channel: string, head: Position): Promise<ChannelState> {
  const { read } = context.directory.positions(user, channel);
  const present = context.presence.usersOf(channel).slice(0, context.limits.maxPresentListed);
  const summary = new Summary(user.name, channel, read);
  let before = head.offset + 1;
  for (let page = 0; page < PAGES && before > 1 && !summary.isDone(before); page++) {
    const request = { channel, before, limit: PAGE_RECORDS, maxBytes: PAGE_BYTES, newestFirst: true };
    const { records } = await context.log.read(request);
    for (const record of records.toReversed()) summary.add(record);
    before = records[0]?.offset ?? 1;
  }
  const { unread, last } = summary;
  const state = { channel, ...head, read, unread, present };
  return last === undefined ? state : { ...state, last };
}

/** What a channel's records come to, told newest first. */
class Summary {
  unread = 0;
  /** The last message that was not deleted, with the text that it was last edited to. */
  last: Publication<ChatData> | undefined;
  readonly #user: string;
  readonly #channel: string;
  /** Up to here nothing counts as unread: it was read, or said before the user joined. */
  #seen: number;
  readonly #deleted = new Set<number>();
  readonly #edits = new Map<number, string>();

  constructor(user: string, channel: string, read: number) {
    this.#user = user;
    this.#channel = channel;
    this.#seen = read;
  }

  /** Whether the records before this offset change nothing any more. */
  isDone(before: number): boolean {
    return this.last !== undefined && (this.unread === MAX_UNREAD || before <= this.#seen + 1);
  }

  add(record: LogRecord): void {
    const type = typeOf(record.data);
    if (type === 'message') {
      if (!this.#deleted.has(record.offset)) this.#count(record);
    } else if (type === 'delete' || type === 'edit') {
      const { offset, text } = JSON.parse(record.data) as { readonly offset: number; readonly text?: string };
      if (type === 'delete') this.#deleted.add(offset);
      // The newest edit is told first, and counts.
      else if (text !== undefined && !this.#edits.has(offset)) this.#edits.set(offset, text);
    } else if (type === 'joined' && record.offset > this.#seen) {
      const { user, channel } = JSON.parse(record.data) as {
        readonly user?: string;
        readonly channel?: string;
      };
      if (user === this.#user && channel === this.#channel) this.#seen = record.offset;
    }
  }

  #count(record: LogRecord): void {
    if (record.offset > this.#seen && record.sender !== this.#user && this.unread < MAX_UNREAD) this.unread++;
    if (this.last !== undefined) return;
    const publication = toPublication(record) as Publication<ChatData>;
    const text = this.#edits.get(record.offset);
    this.last = text === undefined ? publication : { ...publication, data: { type: 'message', text } };
  }
}

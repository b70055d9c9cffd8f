/** Everything a client shows at first: the user's conversations, what is unread in them, what was said last. */
import {
  type ChannelState,
  type ChatData,
  CommandError,
  type CommandParams,
  type CommandResults,
  foldName,
  type Publication,
} from '@fullduplex/wire';
import type { Head, LogRecord } from '../log/log.js';
import { asked, type Context, positionAt } from './context.js';
import { look } from './decide.js';
import { memberCountKey, numberOf, readKey, roomKey, roomOf } from './facts.js';
import { toPublication, typeOf } from './publication.js';
import { Slices } from './slices.js';
import type { User } from './user.js';
import { membershipsOf } from './users.js';

const DEFAULT_STATES = 50;
/** Up to which unread messages are counted. */
const MAX_UNREAD = 100;
/** How far back a conversation is looked through, in pages of records. */
const PAGES = 5;
const PAGE_RECORDS = 200;
/** How many records are looked through for the last message where nothing is unread. */
const LAST_RECORDS = 20;
const PAGE_BYTES = 256 * 1024;
/** Conversations that are looked through at a time. */
const AT_ONCE = 16;
/** Conversations that are put in order at a time. */
const ORDERED_AT_ONCE = 500;

/** A conversation among those of the user: the newer ones come first. */
interface Place {
  readonly channel: string;
  readonly head: Head;
}

/**
 * The user's conversations, those first where something was said last, in pages. What moves to the front meanwhile is
 * told to whoever follows it.
 *
 * @throws {CommandError} `bad_request`, and what reading throws
 */
export async function readState(
  context: Context,
  user: User,
  { limit = DEFAULT_STATES, after }: CommandParams['me.state'],
): Promise<CommandResults['me.state']> {
  const from = after === undefined ? undefined : parsePlace(after);
  const slices = new Slices(context.clock);
  const memberships = await look(context, user.fold, () => membershipsOf(context, user));
  const [, ...counted] = memberships.channels;
  const since = new Map(counted);
  const names = [...since.keys()];
  const heads = await asked(context.log.heads(names));
  const found = await newest(names, heads, from, limit + 1, slices);
  const page = found.slice(0, limit);
  const facts = await look(context, user.fold, () => ({
    reads: context.facts.getAll(page.map(({ channel }) => readKey(user.fold, channel))),
    members: context.facts.getAll(page.map(({ channel }) => memberCountKey(channel))),
    rooms: context.facts.getAll(page.map(({ channel }) => roomKey(roomIn(channel)))),
  }));
  const channels: ChannelState[] = [];
  for (let at = 0; at < page.length; at += AT_ONCE) {
    const states = page.slice(at, at + AT_ONCE).map(async (place, index): Promise<ChannelState> => {
      const read = numberOf(facts.reads[at + index]);
      const state = await stateOf(context, user, place, read, since.get(place.channel)!, slices);
      const room = facts.rooms[at + index];
      if (room === undefined) return state;
      const members = numberOf(facts.members[at + index]);
      return { ...state, members, private: roomOf(room).private === true };
    });
    channels.push(...(await asked(Promise.all(states))));
  }
  const answer = { user: user.name, channels };
  return found.length > limit ? { ...answer, next: formatPlace(page.at(-1)!) } : answer;
}

/** The folded name of the room that the channel is; of another channel, a name that no room has. */
function roomIn(channel: string): string {
  return channel.startsWith('room:') ? foldName(channel.slice('room:'.length)) : '';
}

/** The first `count` in order that come behind `from`. */
async function newest(
  names: readonly string[],
  heads: readonly Head[],
  from: Place | undefined,
  count: number,
  slices: Slices,
): Promise<readonly Place[]> {
  const first: Place[] = [];
  for (const [index, channel] of names.entries()) {
    if (index % ORDERED_AT_ONCE === 0) await slices.pause();
    const place = { channel, head: heads[index]! };
    if (from !== undefined && !isBefore(from, place)) continue;
    if (first.length === count && !isBefore(place, first.at(-1)!)) continue;
    insert(first, place);
    if (first.length > count) first.pop();
  }
  return first;
}

function insert(places: Place[], place: Place): void {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(place, places[middle]!)) high = middle;
    else low = middle + 1;
  }
  places.splice(low, 0, place);
}

function isBefore(a: Place, b: Place): boolean {
  return a.head.id > b.head.id || (a.head.id === b.head.id && a.channel < b.channel);
}

function formatPlace({ channel, head }: Place): string {
  return `${head.id}/${channel}`;
}

/** @throws {CommandError} `bad_request` */
function parsePlace(text: string): Place {
  const match = /^(\d{1,16})\/(.+)$/su.exec(text);
  if (match === null) throw new CommandError('bad_request', 'after: it is `next` of the page before.');
  return { channel: match[2]!, head: { id: Number(match[1]), offset: 0 } };
}

async function stateOf(
  context: Context,
  user: User,
  { channel, head }: Place,
  read: number,
  since: number,
  slices: Slices,
): Promise<ChannelState> {
  const summary = new Summary(user.name, read, since);
  let before = head.offset + 1;
  let limit = Math.min(Math.max(head.offset - read, LAST_RECORDS), PAGE_RECORDS);
  for (let page = 0; page < PAGES && before > 1 && !summary.isDone(before); page++) {
    const request = { channel, before, limit, maxBytes: PAGE_BYTES, newestFirst: true };
    const { records } = await context.log.read(request);
    for (const record of records.toReversed()) summary.add(record);
    before = records[0]?.offset ?? 1;
    limit = PAGE_RECORDS;
    await slices.pause();
  }
  const { unread, last } = summary;
  const present = await presentIn(context, channel);
  const state = { channel, ...positionAt(context, head.offset), read, unread, present };
  return last === undefined ? state : { ...state, last };
}

async function presentIn({ presence, limits }: Context, channel: string): Promise<readonly string[]> {
  if (presence.stats(channel).users === 0) return [];
  return presence.usersOf(channel, limits.maxPresentListed);
}

/** What a channel's records come to, told newest first. */
class Summary {
  unread = 0;
  /** The last message that was not deleted, with the text that it was last edited to. */
  last: Publication<ChatData> | undefined;
  readonly #user: string;
  readonly #read: number;
  readonly #since: number;
  /** What comes now was there before the user joined. */
  #isBefore = false;
  readonly #deleted = new Set<number>();
  readonly #edits = new Map<number, string>();

  /**
   * @param read the offset up to which the user has read
   * @param since the id that the membership counts from
   */
  constructor(user: string, read: number, since: number) {
    this.#user = user;
    this.#read = read;
    this.#since = since;
  }

  /** Whether the records before this offset change nothing any more. */
  isDone(before: number): boolean {
    if (this.last === undefined) return false;
    return this.#isBefore || this.unread === MAX_UNREAD || before <= this.#read + 1;
  }

  add(record: LogRecord): void {
    if (record.id < this.#since) this.#isBefore = true;
    const type = typeOf(record.data);
    if (type === 'message') {
      if (!this.#deleted.has(record.offset)) this.#count(record);
    } else if (type === 'delete' || type === 'edit') {
      const { offset, text } = JSON.parse(record.data) as { readonly offset: number; readonly text?: string };
      if (type === 'delete') this.#deleted.add(offset);
      // The newest edit is told first, and counts.
      else if (text !== undefined && !this.#edits.has(offset)) this.#edits.set(offset, text);
    }
  }

  #count(record: LogRecord): void {
    const isUnread = !this.#isBefore && record.offset > this.#read && record.sender !== this.#user;
    if (isUnread && this.unread < MAX_UNREAD) this.unread++;
    if (this.last !== undefined) return;
    const publication = toPublication(record) as Publication<ChatData>;
    const text = this.#edits.get(record.offset);
    this.last = text === undefined ? publication : { ...publication, data: { type: 'message', text } };
  }
}

/**
 * What the sidebar lists: the conversations one belongs to, how far each has been read and how much is new. Pure steps
 * from one list to the next; counts are the server's, brought forward by what arrives.
 */
import type { ChannelState, Publication } from '@fullduplex/wire';
import { type Channel, parseChannel } from '@fullduplex/wire';
import { readChatData } from './record.js';

/** Unread messages are counted up to here: 100 means "100 or more". */
const MOST_UNREAD = 100;

export interface Conversation {
  readonly channel: string;
  readonly kind: 'room' | 'direct' | 'feed';
  /** The room's name, or the other's; one's own in a conversation with oneself. */
  readonly name: string;
  /** The offset of the last record that is counted in. */
  readonly head: number;
  readonly read: number;
  readonly unread: number;
  /** When the last message came; 0 without one. */
  readonly lastTime: number;
}

export type Conversations = ReadonlyMap<string, Conversation>;

/** How a channel is called when nothing more is known of it; `undefined` for what is no conversation. */
export function describeChannel(
  channel: string,
  me: string,
): Pick<Conversation, 'kind' | 'name'> | undefined {
  let parsed: Channel;
  try {
    parsed = parseChannel(channel);
  } catch {
    return undefined;
  }
  if (parsed.kind === 'user') return undefined;
  if (parsed.kind !== 'direct') return { kind: parsed.kind, name: parsed.name };
  const [a, b] = parsed.users;
  return { kind: 'direct', name: a === me ? b : a };
}

/** Takes the server's whole list; where a conversation has gone on since the server counted, our own count stands. */
export function withStates(known: Conversations, states: readonly ChannelState[], me: string): Conversations {
  const listed = new Set(states.map(({ channel }) => channel));
  const kept = [...known].filter(([channel]) => listed.has(channel));
  return withSomeStates(new Map(kept), states, me);
}

/** The same with a part of the list. */
export function withSomeStates(
  known: Conversations,
  states: readonly ChannelState[],
  me: string,
): Conversations {
  const next = new Map(known);
  for (const state of states) {
    const described = describeChannel(state.channel, me);
    if (!described) continue;
    const before = known.get(state.channel);
    const read = Math.max(before?.read ?? 0, state.read);
    const ahead = before !== undefined && before.head > state.offset;
    const unread = ahead ? before.unread : read > state.read && read >= state.offset ? 0 : state.unread;
    next.set(state.channel, {
      channel: state.channel,
      ...described,
      head: ahead ? before.head : state.offset,
      read,
      unread: Math.min(unread, MOST_UNREAD),
      lastTime: Math.max(before?.lastTime ?? 0, state.last?.time ?? 0),
    });
  }
  return next;
}

/** Counts a record that has arrived; one that is counted in already changes nothing. */
export function withPublication(
  known: Conversations,
  channel: string,
  publication: Publication,
  me: string,
): Conversations {
  const before = known.get(channel);
  if (!before || publication.offset <= before.head) return known;
  const data = readChatData(publication);
  const message = data === undefined || data.type === 'message';
  const own = publication.info.user === me;
  const counts = message && !own && publication.offset > before.read;
  return replace(known, {
    ...before,
    head: publication.offset,
    // Whoever writes has seen what was there.
    read: message && own ? publication.offset : before.read,
    unread: message && own ? 0 : Math.min(before.unread + (counts ? 1 : 0), MOST_UNREAD),
    lastTime: message ? publication.time : before.lastTime,
  });
}

/**
 * Moves the read position forward, never back. How many are left is known only at the head; before it the count stands
 * until the server counts again.
 */
export function withRead(known: Conversations, channel: string, offset: number): Conversations {
  const before = known.get(channel);
  if (!before || offset <= before.read) return known;
  return replace(known, { ...before, read: offset, unread: offset >= before.head ? 0 : before.unread });
}

export function without(known: Conversations, channel: string): Conversations {
  if (!known.has(channel)) return known;
  const next = new Map(known);
  next.delete(channel);
  return next;
}

export function totalUnread(known: Conversations): number {
  let total = 0;
  for (const conversation of known.values()) total += conversation.unread;
  return total;
}

/** Rooms: the lobby, then by name. People: who was last in touch first. */
export function arrange(
  known: Conversations,
  collator: Pick<Intl.Collator, 'compare'>,
): { readonly rooms: readonly Conversation[]; readonly people: readonly Conversation[] } {
  const all = [...known.values()];
  const byName = (a: Conversation, b: Conversation): number => collator.compare(a.name, b.name);
  return {
    rooms: all
      .filter((it) => it.kind !== 'direct')
      .sort((a, b) => Number(b.name === 'lobby') - Number(a.name === 'lobby') || byName(a, b)),
    people: all.filter((it) => it.kind === 'direct').sort((a, b) => b.lastTime - a.lastTime || byName(a, b)),
  };
}

function replace(known: Conversations, conversation: Conversation): Conversations {
  return new Map(known).set(conversation.channel, conversation);
}

/** What the switcher offers for what was typed: what one has first, then what there is, then what could be made. */
import { directChannel, foldName, parseName, type RoomSummary } from '@fullduplex/wire';
import type { Conversation, Conversations } from '../state/conversations.js';
import type { People } from '../state/people.js';

export type Candidate =
  | {
      readonly kind: 'room';
      readonly channel: string;
      readonly name: string;
      readonly unread: number;
      readonly isPrivate: boolean;
    }
  | { readonly kind: 'person'; readonly channel: string; readonly name: string; readonly unread: number }
  | { readonly kind: 'write'; readonly name: string }
  | { readonly kind: 'create'; readonly name: string };

export interface CandidatesInput {
  readonly query: string;
  readonly me: string;
  readonly conversations: Conversations;
  readonly rooms: ReadonlyMap<string, RoomSummary>;
  /** Public rooms that the server found for the query. */
  readonly found: readonly RoomSummary[];
  /** Names of those who are here, */
  readonly here: ReadonlySet<string>;
  /** and of those who were met, here or away. */
  readonly people: People;
}

const MOST = 12;

export function candidatesFor(input: CandidatesInput): readonly Candidate[] {
  const { me, conversations, rooms, here, people } = input;
  const wanted = foldName(input.query.trim().replace(/^[#@]/u, ''));
  const found = new Map<string, { candidate: Candidate; rank: number; last: number }>();
  const offer = (
    candidate: Candidate & { readonly channel: string },
    known: Conversation | undefined,
  ): void => {
    const match = matchRank(foldName(candidate.name), wanted);
    if (match === undefined || found.has(candidate.channel)) return;
    found.set(candidate.channel, {
      candidate,
      rank: match * 2 + (known ? 0 : 1),
      last: known?.lastTime ?? 0,
    });
  };

  for (const known of conversations.values()) {
    const { channel, name, unread } = known;
    if (known.kind === 'direct') offer({ kind: 'person', channel, name, unread }, known);
    else {
      const isPrivate = rooms.get(channel)?.private === true;
      offer({ kind: 'room', channel, name, unread, isPrivate }, known);
    }
  }
  for (const { channel, name, private: isPrivate } of [...input.found, ...rooms.values()]) {
    offer({ kind: 'room', channel, name, unread: 0, isPrivate }, undefined);
  }
  for (const name of [...here, ...people.keys()]) {
    offer({ kind: 'person', channel: directChannel(me, name), name, unread: 0 }, undefined);
  }

  const ranked = [...found.values()]
    .sort((a, b) => a.rank - b.rank || unreadOf(b.candidate) - unreadOf(a.candidate) || b.last - a.last)
    .slice(0, MOST)
    .map((it) => it.candidate);
  return [...ranked, ...madeFrom(input.query, ranked)];
}

/** A person or a room of exactly that name, where there is none among those found. */
function madeFrom(query: string, ranked: readonly Candidate[]): readonly Candidate[] {
  const written = query.trim();
  let name: string;
  try {
    name = parseName(written.replace(/^[#@]/u, ''));
  } catch {
    return [];
  }
  const taken = (kind: Candidate['kind']): boolean =>
    ranked.some((it) => it.kind === kind && foldName(it.name) === foldName(name));
  const made: Candidate[] = [];
  if (!written.startsWith('#') && !taken('person')) made.push({ kind: 'write', name });
  if (!written.startsWith('@') && !taken('room')) made.push({ kind: 'create', name });
  return made;
}

/** 0 for the whole name, 1 for its beginning, 2 for the beginning of a part of it, 3 for anywhere. */
function matchRank(name: string, wanted: string): number | undefined {
  if (wanted === '') return 1;
  if (name === wanted) return 0;
  const at = name.indexOf(wanted);
  if (at === -1) return undefined;
  if (at === 0) return 1;
  return '_.-'.includes(name[at - 1]!) ? 2 : 3;
}

function unreadOf(candidate: Candidate): number {
  return 'unread' in candidate ? candidate.unread : 0;
}

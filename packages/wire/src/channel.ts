/** Addresses of conversations: `room:NAME`, `direct:A,B`, `user:NAME`, `feed:NAME`. */
import { CommandError } from './errors.js';
import { parseName } from './name.js';

export type Channel =
  /** A group chat. */
  | { readonly kind: 'room'; readonly name: string }
  /** A conversation of two, their names sorted by UTF-16 code unit; both may be the same user. */
  | { readonly kind: 'direct'; readonly users: readonly [string, string] }
  /** A user's own feed: what they joined, were added to, or read elsewhere. */
  | { readonly kind: 'user'; readonly name: string }
  /** Written by a back end, read by whoever is signed in. */
  | { readonly kind: 'feed'; readonly name: string };

export type ChannelKind = Channel['kind'];

/** The room that everyone belongs to, and that the plain address `/ws` is. */
export const LOBBY = 'room:lobby';

/**
 * @throws {CommandError} `unknown_channel` when it is of no kind we know, `invalid_name` when a name in it is none
 */
export function parseChannel(input: unknown): Channel {
  if (typeof input !== 'string') throw unknownChannel();
  const colon = input.indexOf(':');
  const kind = input.slice(0, Math.max(colon, 0));
  const rest = input.slice(colon + 1);
  if (kind === 'room' || kind === 'user' || kind === 'feed') return { kind, name: parseName(rest) };
  if (kind === 'direct') {
    const comma = rest.indexOf(',');
    if (comma === -1) throw unknownChannel();
    return { kind, users: sortPair(parseName(rest.slice(0, comma)), parseName(rest.slice(comma + 1))) };
  }
  throw unknownChannel();
}

export function formatChannel(channel: Channel): string {
  if (channel.kind === 'direct') return `direct:${sortPair(...channel.users).join(',')}`;
  return `${channel.kind}:${channel.name}`;
}

/** The address of the conversation between two users, in whichever order they are given. */
export function directChannel(a: string, b: string): string {
  return formatChannel({ kind: 'direct', users: [a, b] });
}

function sortPair(a: string, b: string): [string, string] {
  return a <= b ? [a, b] : [b, a];
}

function unknownChannel(): CommandError {
  return new CommandError(
    'unknown_channel',
    'A channel is room:NAME, direct:NAME,NAME, user:NAME or feed:NAME.',
  );
}

/**
 * The facts that the directory is made of, as the log keeps them: the one place that knows how they are spelled.
 *
 * ```
 * u/USER            the user's name, in the spelling that was first seen
 * r/ROOM            the room, as JSON: its name, and where they apply who made it, with which key, and that it is private
 * m/ROOM/USER       a membership; "owner" or "member"
 * d/USER,USER       a direct conversation that was opened; the two in order; empty
 * p/USER/CHANNEL    the offset up to which the user has read the channel
 * h/USER/CHANNEL    the offset up to which the channel was handed over to the user's plain connections
 * x/CHANNEL/OFFSET  that the message was deleted; empty. Not read back: appends are held to it by the log
 * ```
 *
 * USER and ROOM are folded names, which have neither "/" nor "," in them. CHANNEL is in its known spelling.
 */
import type { Fact } from '../log/channel-log.js';

export type Role = 'owner' | 'member';

export interface RoomFact {
  readonly name: string;
  readonly private?: true;
  /** The folded name of who made it; absent for the lobby. */
  readonly owner?: string;
  /** The key that it was made with. */
  readonly key?: string;
}

export type PositionKind = 'read' | 'handed';

/** A fact that is read back. */
export type ParsedFact =
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'room'; readonly room: RoomFact }
  | { readonly kind: 'member'; readonly room: string; readonly user: string; readonly role: Role }
  | { readonly kind: 'direct'; readonly users: readonly [string, string] }
  | {
      readonly kind: 'position';
      readonly of: PositionKind;
      readonly user: string;
      readonly channel: string;
      readonly offset: number;
    };

/** The order in which facts are to be read back: none needs one that comes after it. */
export const FACT_PREFIXES = ['u/', 'r/', 'm/', 'd/', 'p/', 'h/'] as const;

export function userFact(fold: string, name: string): Fact {
  return { key: `u/${fold}`, value: name };
}

export function roomFact(fold: string, room: RoomFact): Fact {
  return { key: `r/${fold}`, value: JSON.stringify(room) };
}

/** @param role null takes the membership away */
export function memberFact(room: string, user: string, role: Role | null): Fact {
  return { key: `m/${room}/${user}`, value: role };
}

export function directFact(users: readonly [string, string]): Fact {
  return { key: `d/${pairKey(...users)}`, value: '' };
}

export function positionFact(of: PositionKind, user: string, channel: string, offset: number): Fact {
  return { key: `${of === 'read' ? 'p' : 'h'}/${user}/${channel}`, value: String(offset) };
}

export function deletedFact(channel: string, offset: number): Fact {
  return { key: `x/${channel}/${offset}`, value: '' };
}

/** What two users' conversation is known by, whichever is named first. */
export function pairKey(a: string, b: string): string {
  return a <= b ? `${a},${b}` : `${b},${a}`;
}

/** @throws {Error} for a fact that no version of this server has written */
export function parseFact(key: string, value: string): ParsedFact {
  const [kind, first = '', second = ''] = split(key);
  switch (kind) {
    case 'u':
      return { kind: 'user', name: value };
    case 'r':
      return { kind: 'room', room: JSON.parse(value) as RoomFact };
    case 'm':
      return { kind: 'member', room: first, user: second, role: value === 'owner' ? 'owner' : 'member' };
    case 'd': {
      const [a = '', b = ''] = first.split(',');
      return { kind: 'direct', users: [a, b] };
    }
    case 'p':
    case 'h': {
      const of = kind === 'p' ? 'read' : 'handed';
      return { kind: 'position', of, user: first, channel: second, offset: Number(value) };
    }
    default:
      throw new Error(`The log has a fact of an unknown kind: ${key}`);
  }
}

/** At the first two slashes. */
function split(key: string): string[] {
  const first = key.indexOf('/');
  const second = key.indexOf('/', first + 1);
  if (second === -1) return [key.slice(0, first), key.slice(first + 1)];
  return [key.slice(0, first), key.slice(first + 1, second), key.slice(second + 1)];
}

/**
 * The facts that the chat is made of, as the log keeps them: the one place that knows how they are spelled.
 *
 * ```
 * u/USER            the user, as JSON: the name, in the spelling that was first seen
 * r/ROOM            the room, as JSON: its name, and where they apply who made it, with which key, and that it is private
 * l/ROOM            that the room is listed: its name
 * m/ROOM/USER       a membership of a room, by room: the role
 * b/USER/CHANNEL    the same, by user; of direct conversations too, with an empty value
 * d/USER,USER       a direct conversation that was opened; the two in order; empty
 * n/CHANNEL         how many members the room has
 * k/USER            how many conversations the user belongs to
 * o/USER            how many rooms the user made
 * c/users           how many users there are
 * p/USER/CHANNEL    the offset up to which the user has read the channel
 * h/USER/CHANNEL    the offset up to which the channel was handed over to the user's plain connections
 * x/CHANNEL/OFFSET  that the message was deleted; empty
 * e/CHANNEL/OFFSET  that the message was edited; empty. Its id is that of the record of the last edit
 * s/USER            when the user was last here, in milliseconds since 1970
 * ```
 *
 * USER and ROOM are folded names, which have neither "/" nor "," in them. CHANNEL is in its known spelling.
 *
 * Of these `h`, `s`, `x` and `e` may change with no record that tells of it: they are read when they are needed, and
 * never kept in memory.
 */
import type { Fact } from '../log/log.js';

export type Role = 'owner' | 'member';

export interface UserFact {
  readonly name: string;
}

export interface RoomFact {
  readonly name: string;
  readonly private?: true;
  /** The folded name of who made it; absent for the lobby. */
  readonly owner?: string;
  /** The key that it was made with. */
  readonly key?: string;
}

export const LISTED = 'l/';
export const USER_COUNT = 'c/users';

export const userKey = (user: string): string => `u/${user}`;
export const roomKey = (room: string): string => `r/${room}`;
export const listedKey = (room: string): string => `${LISTED}${room}`;
export const membersPrefix = (room: string): string => `m/${room}/`;
export const memberKey = (room: string, user: string): string => `m/${room}/${user}`;
export const belongingsPrefix = (user: string): string => `b/${user}/`;
export const belongingKey = (user: string, channel: string): string => `b/${user}/${channel}`;
export const directKey = (a: string, b: string): string => (a <= b ? `d/${a},${b}` : `d/${b},${a}`);
export const memberCountKey = (channel: string): string => `n/${channel}`;
export const conversationCountKey = (user: string): string => `k/${user}`;
export const roomsMadeKey = (user: string): string => `o/${user}`;
export const readKey = (user: string, channel: string): string => `p/${user}/${channel}`;
export const handedKey = (user: string, channel: string): string => `h/${user}/${channel}`;
export const deletedKey = (channel: string, offset: number): string => `x/${channel}/${offset}`;
export const editedKey = (channel: string, offset: number): string => `e/${channel}/${offset}`;
export const seenKey = (user: string): string => `s/${user}`;

export function roleOf({ value }: Fact): Role {
  return value === 'owner' ? 'owner' : 'member';
}

/** Of a fact that counts; 0 where there is none. */
export function numberOf(fact: Fact | undefined): number {
  return fact === undefined ? 0 : Number(fact.value);
}

/** @throws {SyntaxError} for a fact that no version of this server has written */
export function roomOf(fact: Fact): RoomFact {
  return JSON.parse(fact.value) as RoomFact;
}

/** @throws {SyntaxError} as `roomOf` */
export function userOf(fact: Fact): UserFact {
  return JSON.parse(fact.value) as UserFact;
}

/**
 * The chat commands: what each takes and answers. One table serves `rpc` in the session and
 * `POST /api/commands/METHOD`; a call that does not fit its schema is `bad_request`.
 */
import { z } from 'zod';
import type { Gap, Position } from './position.js';
import type { ChatData, Publication } from './publication.js';

/** A sender's own id for what they append; makes a retry harmless. */
const key = z.string().min(1).max(128);
// Names and channels get their own, more telling errors from parseName and parseChannel.
const name = z.string();
const channel = z.string();
const offset = z.int().min(0);
/** A page of a list: at most so many, from what an earlier answer gave as `next`. */
const page = { limit: z.int().min(1).max(1000).optional(), after: z.string().max(1024).optional() };

export const COMMANDS = {
  'room.create': z.object({ name, private: z.boolean().optional(), key: key.optional() }),
  'room.join': z.object({ channel }),
  'room.leave': z.object({ channel }),
  'room.invite': z.object({ channel, user: name }),
  /** `query`: what the folded name begins with. */
  'room.list': z.object({ query: z.string().max(64).optional(), ...page }),
  'message.send': z.object({ channel, key, text: z.string() }),
  'message.edit': z.object({ channel, offset: offset.min(1), text: z.string(), key: key.optional() }),
  'message.delete': z.object({ channel, offset: offset.min(1), key: key.optional() }),
  'message.react': z.object({
    channel,
    offset: offset.min(1),
    reaction: z.string().min(1).max(32),
    on: z.boolean().optional(),
    key: key.optional(),
  }),
  'receipt.read': z.object({ channel, offset }),
  'typing.set': z.object({ channel, typing: z.boolean() }),
  'direct.open': z.object({ user: name }),
  'channel.history': z.object({
    channel,
    after: offset.optional(),
    before: offset.optional(),
    limit: z.int().min(1).max(1000).optional(),
  }),
  'channel.members': z.object({ channel, ...page }),
  'me.state': z.object(page),
} as const satisfies Record<string, z.ZodType>;

export type CommandName = keyof typeof COMMANDS;

export type CommandParams = { readonly [Name in CommandName]: z.infer<(typeof COMMANDS)[Name]> };

export interface Appended {
  readonly position: Position;
  /** Whether this key was appended before, and the position is that first record's. */
  readonly duplicate: boolean;
}

export interface RoomSummary {
  readonly channel: string;
  readonly name: string;
  readonly private: boolean;
  readonly members: number;
  /** Whether the caller is a member. */
  readonly joined: boolean;
}

export interface Member {
  readonly user: string;
  readonly role: 'owner' | 'member';
  /** Whether they are here now (presence). */
  readonly present: boolean;
  /** When they were last here, in milliseconds since 1970, where that is known and they are away. */
  readonly seen?: number;
}

/** One conversation the caller belongs to. */
export interface ChannelState {
  readonly channel: string;
  readonly epoch: string;
  /** The head: the offset of the channel's last record. */
  readonly offset: number;
  /** How far the caller has read; 0 when not at all. */
  readonly read: number;
  /** Messages of others after `read`, and after the caller joined, counted up to 100: 100 means "100 or more". */
  readonly unread: number;
  /** The last message, where there is one and it is near the head. */
  readonly last?: Publication<ChatData>;
  /** Some of those who are here now, in the members' own spelling. */
  readonly present: readonly string[];
  /** Of a room: how many belong to it, */
  readonly members?: number;
  /** and whether only they see it. A private room is in no list but this. */
  readonly private?: boolean;
}

export interface CommandResults {
  readonly 'room.create': { readonly channel: string };
  readonly 'room.join': { readonly position: Position };
  readonly 'room.leave': { readonly position: Position };
  readonly 'room.invite': { readonly position: Position };
  /** By name. Private rooms are not in it: who belongs to one has it in `me.state`. */
  readonly 'room.list': { readonly rooms: readonly RoomSummary[]; readonly next?: string };
  readonly 'message.send': Appended;
  readonly 'message.edit': Appended;
  readonly 'message.delete': Appended;
  readonly 'message.react': Appended;
  readonly 'receipt.read': { readonly position: Position };
  readonly 'typing.set': Record<string, never>;
  readonly 'direct.open': { readonly channel: string };
  readonly 'channel.history': {
    /** Oldest first. */
    readonly publications: readonly Publication[];
    readonly epoch: string;
    /** The head. */
    readonly offset: number;
    readonly gap?: Gap;
  };
  /** By name. */
  readonly 'channel.members': { readonly members: readonly Member[]; readonly next?: string };
  /** The conversations where something was said last come first. */
  readonly 'me.state': {
    readonly user: string;
    readonly channels: readonly ChannelState[];
    readonly next?: string;
  };
}

/**
 * The session over WebSocket: the JSON form of the Centrifugo client protocol. A frame holds one or more JSON
 * objects, one a line: commands in, replies and pushes out, and `{}` as ping and pong.
 */
import { z } from 'zod';
import type { ReplyError } from './errors.js';
import type { Gap } from './position.js';
import type { Publication, PublicationInfo } from './publication.js';

/** Room for `direct:` and two names of 64 characters, each of two UTF-16 units. */
const channel = z.string().min(1).max(300);
const data = z.unknown();

const recovery = {
  recover: z.boolean().optional(),
  epoch: z.string().max(64).optional(),
  offset: z.int().min(0).optional(),
};

const subscribeRequest = z.object({
  channel,
  token: z.string().optional(),
  data: data.optional(),
  positioned: z.boolean().optional(),
  recoverable: z.boolean().optional(),
  join_leave: z.boolean().optional(),
  ...recovery,
});

/** A field each: exactly one of them is present in a command. */
export const METHODS = {
  connect: z.object({
    token: z.string().optional(),
    data: data.optional(),
    name: z.string().max(256).optional(),
    version: z.string().max(256).optional(),
    /** Positions to recover server-side subscriptions from. */
    subs: z.record(channel, z.object(recovery)).optional(),
  }),
  subscribe: subscribeRequest,
  unsubscribe: z.object({ channel }),
  publish: z.object({ channel, data }),
  presence: z.object({ channel }),
  presence_stats: z.object({ channel }),
  history: z.object({
    channel,
    limit: z.int().min(-1).optional(),
    since: z.object({ offset: z.int().min(0).optional(), epoch: z.string().max(64).optional() }).optional(),
    reverse: z.boolean().optional(),
  }),
  ping: z.object({}),
  send: z.object({ data }),
  rpc: z.object({ method: z.string().max(128).optional(), data: data.optional() }),
  refresh: z.object({ token: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type MethodName = keyof typeof METHODS;
export type MethodParams = { readonly [Name in MethodName]: z.infer<(typeof METHODS)[Name]> };

export interface SubscribeResult {
  readonly recoverable: true;
  readonly positioned: true;
  readonly epoch: string;
  /** The head at the moment of subscribing; with `publications`, where they begin to be live. */
  readonly offset: number;
  /** Whether a recovery was asked for. */
  readonly was_recovering?: boolean;
  /** Whether everything after the given position is in `publications` or will be pushed. */
  readonly recovered?: boolean;
  readonly publications?: readonly Publication[];
  /** With `recovered` false: what could not be recovered. An extension; clients of the protocol pass over it. */
  readonly gap?: Gap;
}

export interface ConnectResult {
  /** The session's id. */
  readonly client: string;
  readonly version: string;
  /** Seconds between the server's pings. */
  readonly ping: number;
  /** Whether the server wants an answer to them. */
  readonly pong: boolean;
  readonly expires?: boolean;
  /** Seconds until the token expires. */
  readonly ttl?: number;
  readonly subs?: Readonly<Record<string, SubscribeResult>>;
  readonly data?: ConnectData;
}

/** What `connect` tells besides what the protocol has. */
export interface ConnectData {
  readonly user: string;
  /**
   * With `since`: the channels that the user belongs to, in the place of `subs`. With either, there may be more of them
   * than are told here (`more`): `me.state` pages through all.
   */
  readonly channels?: readonly string[];
  readonly more?: boolean;
  /** Where the session begins, or goes on, in the order of everything. */
  readonly cursor?: string;
  /** The log's, which every position bears: pushes do not repeat it, and names alone do not tell it. */
  readonly epoch?: string;
  /** With `since`: whether everything after it comes, or has a gap of its own. Otherwise: take the state anew. */
  readonly recovered?: boolean;
}

export interface ClientInfo {
  readonly user: string;
  readonly client: string;
}

export interface MethodResults {
  readonly connect: ConnectResult;
  readonly subscribe: SubscribeResult;
  readonly unsubscribe: Record<string, never>;
  readonly publish: { readonly offset?: number; readonly epoch?: string };
  readonly presence: { readonly presence: Readonly<Record<string, ClientInfo>> };
  readonly presence_stats: { readonly num_clients: number; readonly num_users: number };
  readonly history: {
    readonly publications: readonly Publication[];
    readonly epoch: string;
    readonly offset: number;
    /** What was asked for and is no longer there. An extension; clients of the protocol pass over it. */
    readonly gap?: Gap;
  };
  readonly ping: Record<string, never>;
  readonly send: Record<string, never>;
  readonly rpc: { readonly data: unknown };
  readonly refresh: {
    readonly client: string;
    readonly version: string;
    readonly expires: boolean;
    readonly ttl?: number;
  };
}

/** One of the fields, named after the method, or `error`. Without an id it answers a frame that had none to name. */
export type Reply = {
  readonly id?: number;
  readonly error?: ReplyError;
} & { readonly [Name in MethodName]?: MethodResults[Name] };

export interface Push {
  readonly channel?: string;
  readonly pub?: {
    readonly data: unknown;
    readonly offset?: number;
    readonly info?: PublicationInfo;
    readonly time?: number;
    /** In what the server subscribed: the place after it, to go on from over any transport. */
    readonly cursor?: string;
  };
  /** Alone: nothing happened up to here. */
  readonly cursor?: string;
  readonly join?: { readonly info: ClientInfo };
  readonly leave?: { readonly info: ClientInfo };
  readonly subscribe?: SubscribeResult;
  readonly unsubscribe?: { readonly code: number; readonly reason: string };
  readonly message?: { readonly data: unknown };
  readonly disconnect?: { readonly code: number; readonly reason: string; readonly reconnect?: boolean };
}

/** `connect.data` that asks the server to subscribe what the user belongs to, and to keep it so. */
export const FOLLOW_MINE = { follow: 'mine' } as const;

/** The same, going on from a place that any transport gave. */
export interface FollowMine {
  readonly follow: 'mine';
  readonly since?: string;
}

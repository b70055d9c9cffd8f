/**
 * The contract of what nodes tell each other beside the log: what is never stored, and what only hastens what a record
 * already says. It carries messages and must not know what they cause. Every implementation passes the one suite in
 * `test/broker/contract.ts`.
 *
 * A message arrives at most a few times, in any order, or not at all: nothing may break when one is lost.
 */

/** What a client came over. */
export type PresenceTransport = 'websocket' | 'sse' | 'long-polling' | 'polling' | 'plain';

/** A client that is here, as other nodes are told of it: its session's id, its user, its transport. */
export type ClientEntry = readonly [client: string, user: string, transport: PresenceTransport];

/**
 * What a node has in a channel: clients and users that count here and on no other node, and its clients in all. Nobody:
 * all are 0.
 */
export type ChannelEntry = readonly [channel: string, clients: number, users: number, all: number];

/**
 * A user of a node. `arrival` is another number for each time that the user came to the node, and 0 when the user left
 * it; `telling` another one for each time that the node tells all seats of the user, which then follow.
 */
export type UserEntry = readonly [user: string, arrival: number, telling: number];

/**
 * A user's seat in a channel, by `SEAT_HERE` and its like, 0 for one that is no more, and the user's clients that are
 * there. Told only of a user whom another node has too.
 */
export type SeatEntry = readonly [user: string, channel: string, flags: number, clients: readonly string[]];

/** The user has a client there now. */
export const SEAT_HERE = 1;
/** That the user is there was told, by whatever node. */
export const SEAT_TOLD = 2;
/** The user's last client there left a moment ago; whether that is to be told is not decided yet. */
export const SEAT_LEAVING = 4;

/** What a node has changed from one version of its table to another, as it is now. */
export interface TableUpdate {
  readonly kind: 'table';
  /** Everything that changed after this version, and up to `to`, is in it. */
  readonly after: number;
  readonly to: number;
  readonly channels: readonly ChannelEntry[];
  /** To be taken before the seats. */
  readonly users: readonly UserEntry[];
  readonly seats: readonly SeatEntry[];
}

/** What nodes tell each other of who is here. */
export type PresenceMessage =
  /** A node's heartbeat. `version` is its table's; up to `forgotten` it no longer knows what went out of it. */
  | { readonly kind: 'hello'; readonly version: number; readonly forgotten: number }
  /** The node ends in good order. */
  | { readonly kind: 'bye' }
  | TableUpdate
  /** Asks for a part of a node's table. */
  | { readonly kind: 'pull'; readonly after: number }
  /** Somebody came into a channel, or left it, of all nodes; '' is anywhere. */
  | { readonly kind: 'joined' | 'left'; readonly channel: string; readonly client: ClientEntry }
  /** Asks who is in a channel: each client, or one of each user. */
  | {
      readonly kind: 'list';
      readonly id: number;
      readonly channel: string;
      readonly limit: number;
      readonly each: 'client' | 'user';
    }
  | {
      readonly kind: 'listed';
      readonly id: number;
      /** Which part it is, from 0, of how many. */
      readonly part: number;
      readonly parts: number;
      readonly clients: readonly ClientEntry[];
    }
  /** Asks which of these users are in a channel; '' is anywhere. */
  | {
      readonly kind: 'find';
      readonly id: number;
      readonly channel: string;
      readonly users: readonly string[];
    }
  /** The places in the question's list, from 0, of those who are. */
  | { readonly kind: 'found'; readonly id: number; readonly users: readonly number[] };

/** What there is to tell, by topic. */
export interface Topics {
  readonly presence: PresenceMessage;
  /** A push, as JSON text, for whoever reads the channel live now. */
  readonly announce: { readonly channel: string; readonly push: string };
  /** A user's sessions and requests are to end now, or one session's; their records say so already. */
  readonly disconnect: {
    readonly user: string;
    readonly session?: string;
    readonly code: number;
    readonly reason: string;
  };
  /** The session has a newer request: what is held for it elsewhere is to be released. */
  readonly supersede: { readonly session: string };
}

export type Topic = keyof Topics;

export type Listener<T extends Topic> = (payload: Topics[T], from: string) => void;

/** What one message may take, encoded, in bytes. One that is larger is not sent. */
export const MAX_MESSAGE_BYTES = 7000;

export interface Broker {
  /** This node's id: another one for each start, and no other node's. */
  readonly node: string;

  /**
   * Tells all other nodes, or one, by its id. Never throws and never waits: what cannot be sent is lost. A node does
   * not hear itself.
   */
  publish<T extends Topic>(topic: T, payload: Topics[T], to?: string): void;

  /** Listens to a topic; never called within `publish`. The listener must not throw. Returns what ends it. */
  subscribe<T extends Topic>(topic: T, listener: Listener<T>): () => void;

  /** Sends what waits, as far as that goes, and hears nothing any more. What is published afterwards is lost. */
  close(): Promise<void>;
}

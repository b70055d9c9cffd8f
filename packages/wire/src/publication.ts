/** A record of a channel as it crosses the wire, and what its `data` may be. */

export interface MessageData {
  readonly type: 'message';
  readonly text: string;
}

export interface EditData {
  readonly type: 'edit';
  /** The offset of the message that is edited. */
  readonly offset: number;
  readonly text: string;
}

export interface DeleteData {
  readonly type: 'delete';
  /** The offset of the message that is deleted. */
  readonly offset: number;
}

export interface ReactionData {
  readonly type: 'reaction';
  /** The offset of the message reacted to. */
  readonly offset: number;
  /** One emoji or short word. */
  readonly reaction: string;
  /** Whether it is added or taken back. */
  readonly on: boolean;
}

/** Someone became a member; in a user's own feed, that user became a member of `channel`. */
export interface JoinedData {
  readonly type: 'joined';
  readonly user: string;
  readonly channel: string;
  /** Who added them, where it was not themselves. */
  readonly by?: string;
}

/** In the place of a message that was deleted, or of an edit that another took the place of: what it said is gone. */
export interface DeletedData {
  readonly type: 'deleted';
}

export interface LeftData {
  readonly type: 'left';
  readonly user: string;
  readonly channel: string;
}

/** How far a user has read a channel; a record of their own feed, so that their other devices follow. */
export interface ReadData {
  readonly type: 'read';
  readonly channel: string;
  readonly offset: number;
}

/** What the server's own commands append. A `publish` may append any other JSON object. */
export type ChatData =
  | MessageData
  | EditData
  | DeleteData
  | DeletedData
  | ReactionData
  | JoinedData
  | LeftData
  | ReadData;

export interface PublicationInfo {
  /** Who sent it. */
  readonly user: string;
  /** The sender's own id for it, where they gave one: how a client knows its own message again. */
  readonly key?: string;
}

/** In the session's pushes and replies the channel stands beside the publication, or is known from the request. */
export interface Publication<Data = unknown> {
  readonly offset: number;
  readonly data: Data;
  readonly info: PublicationInfo;
  /** When it was appended, in milliseconds since 1970, by the server's clock. Order by offset, never by this. */
  readonly time: number;
}

/** A publication as `GET /api/sync` gives it, complete in itself. */
export interface ChannelPublication<Data = unknown> extends Publication<Data> {
  readonly channel: string;
  readonly epoch: string;
}

/** What one user, or one message, may take of the server. Every limit has a default and may be set. */

export interface ChatLimits {
  /** A message's text, and what `publish` appends, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** A reaction, in bytes of UTF-8. */
  readonly maxReactionBytes: number;
  /** Users that the server knows, whether they ever signed in or were only written to; each takes half a kilobyte. */
  readonly maxUsers: number;
  /** Rooms that one user may create. */
  readonly maxRoomsPerUser: number;
  /** Rooms and direct conversations that one user may join, create or open; what others open with them is not refused. */
  readonly maxMembershipsPerUser: number;
  /** Members of one room, the lobby excepted. */
  readonly maxMembersPerRoom: number;
  /** Data in one answer of `channel.history`, in bytes; at least one record is given. */
  readonly maxHistoryBytes: number;
  /** Members that `channel.members` names, those who are here first. */
  readonly maxMembersListed: number;
  /** Users that `me.state` names as present in one channel. */
  readonly maxPresentListed: number;
}

export const DEFAULT_LIMITS: ChatLimits = {
  maxMessageBytes: 64 * 1024,
  maxReactionBytes: 64,
  maxUsers: 250_000,
  maxRoomsPerUser: 100,
  maxMembershipsPerUser: 1000,
  maxMembersPerRoom: 100_000,
  maxHistoryBytes: 1024 * 1024,
  maxMembersListed: 10_000,
  maxPresentListed: 1000,
};

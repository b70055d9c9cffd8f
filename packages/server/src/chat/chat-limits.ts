/** What one user, or one message, may take of the chat. Every limit has a default and may be set. */

export interface ChatLimits {
  /** A message's text, and what `publish` appends, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** A reaction, in bytes of UTF-8. */
  readonly maxReactionBytes: number;
  /**
   * Users that the server knows, whether they ever signed in or were only written to. This limit and the next three may
   * be passed by the few that are under way at the same moment, where it is not yet near.
   */
  readonly maxUsers: number;
  /** Rooms that one user may create. */
  readonly maxRoomsPerUser: number;
  /** Rooms and direct conversations that one user may join, create or open; what others open with them is not refused. */
  readonly maxMembershipsPerUser: number;
  /** Members of one room, the lobby excepted. */
  readonly maxMembersPerRoom: number;
  /**
   * From so many members on, joining and leaving a room is told to nobody but the user: a record for each would be
   * read by everyone.
   */
  readonly maxMembersTold: number;
  /** Data in one answer of `channel.history`, in bytes; at least one record is given. */
  readonly maxHistoryBytes: number;
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
  maxMembersTold: 10_000,
  maxHistoryBytes: 1024 * 1024,
  maxPresentListed: 1000,
};

/**
 * What delivery needs of the connections it writes to. The transports supply both; delivery must not know what a
 * socket is.
 */

/** One connection. */
export interface Outlet {
  /** Queues a message behind those queued before. */
  send(text: string): void;
  /** Bytes that were queued and are not written yet. */
  readonly backlog: number;
  /** Its backlog passed the limit, and the channel's audience let go of it: nothing more of it is pushed. */
  fellBehind(channel: string): void;
}

/** The outlets that get a channel live in one format. */
export interface Audience {
  add(outlet: Outlet): void;
  delete(outlet: Outlet): void;
  readonly size: number;
  /** Frames the text once, and queues the same bytes to all. */
  send(text: string): void;
}

/**
 * Makes the audience of a channel. When an outlet's backlog passes the limit the audience lets go of it and calls
 * `overflowed`: all that any audience was given before the call was queued to it.
 */
export type AudienceFactory = (overflowed: (outlet: Outlet) => void) => Audience;

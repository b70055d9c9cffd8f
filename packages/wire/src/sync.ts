/** `GET /api/sync`: polling, long polling and server-sent events as three ways of one reader. */
import type { Gap, Position } from './position.js';
import type { ChannelPublication } from './publication.js';

/** The longest a request may ask to be held, in seconds. */
export const MAX_WAIT_SECONDS = 60;
/** How long clients ask for by habit. */
export const DEFAULT_WAIT_SECONDS = 25;

export interface SyncAnswer {
  /** Ask for what comes after this next; the same cursor gives the same answer again. */
  readonly cursor: string;
  /** In the log's one order, across channels. */
  readonly publications: readonly ChannelPublication[];
  readonly gaps: readonly Gap[];
  /** There is more: ask again at once. */
  readonly more?: boolean;
  /**
   * Only in the answer to a request without a cursor: what the user belongs to, and each channel's head. With `more` set
   * there are more channels than are told here; `me.state` pages through all.
   */
  readonly snapshot?: {
    readonly user: string;
    readonly channels: Readonly<Record<string, Position>>;
    readonly more?: boolean;
  };
}

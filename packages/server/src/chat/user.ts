/** A user, as the rules speak of one. */

export interface User {
  /** The spelling that was first seen; what everyone is shown. */
  readonly name: string;
  /** What all spellings have in common. */
  readonly fold: string;
  /** The user's own feed. */
  readonly feed: string;
}

/** Where a reader stands in a channel, and what it is told when the log cannot go on from there. */

export interface Position {
  /** The channel's incarnation: a log that was lost or rebuilt has another. */
  readonly epoch: string;
  /** The offset of the last record the reader has; 0 before the first. */
  readonly offset: number;
}

/**
 * Records the reader can no longer have. `from` to `to` are missing (inclusive; `to` is `from - 1` when the epoch
 * changed and nothing of the new one is missing), `oldest` is the first offset that is still there, `head` the last.
 */
export interface Gap {
  readonly channel: string;
  /** `retention`: they were trimmed. `epoch`: the channel began anew; what the reader had is of another log. */
  readonly reason: 'retention' | 'epoch';
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly oldest: number;
  readonly head: number;
}

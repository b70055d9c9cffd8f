/** Where a reader stands in a channel, and what it is told when the log cannot go on from there. */

export interface Position {
  /** The log's incarnation: one that was lost, rebuilt or restored has another. */
  readonly epoch: string;
  /** The offset of the last record the reader has; 0 before the first. */
  readonly offset: number;
}

/**
 * Records the reader can no longer have. `from` to `to` are missing (inclusive; `to` is `from - 1` when the epoch
 * changed and nothing of the new one is missing), `oldest` is the first offset that is still there, `head` the last.
 * `from` stands only where it is known: not where the reader's place is one number for all channels.
 */
export interface Gap {
  readonly channel: string;
  /** `retention`: they were trimmed. `epoch`: what the reader had is of a log that was lost. */
  readonly reason: 'retention' | 'epoch';
  readonly epoch: string;
  readonly from?: number;
  readonly to: number;
  readonly oldest: number;
  readonly head: number;
}

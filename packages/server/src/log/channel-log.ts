/**
 * The contract of the durable log that every conversation is. It owns order, durability and offsets; it must not
 * know what a record means, who may write it, or who is reading. Every implementation passes the one suite in
 * `test/log/contract.ts`.
 */
import type { Gap, Position } from '@fullduplex/wire';

/** A record to append. */
export interface NewRecord {
  readonly channel: string;
  /** Who it is from, as stored with it; keys are unique within a sender's records of the channel. */
  readonly sender: string;
  /**
   * The sender's own id for it. The same sender and key again in this channel append nothing and give the first
   * record's position back; with other `data` the append fails with `key_conflict`. Kept as long as the record.
   */
  readonly key?: string;
  /** JSON text. The log keeps it as it came and never looks inside. */
  readonly data: string;
}

/** A record as the log holds it. */
export interface LogRecord extends NewRecord {
  /** From 1 in each channel, without holes. */
  readonly offset: number;
  /** When it was appended, in milliseconds since 1970. Never goes back within a channel. */
  readonly time: number;
}

/** A durable fact beside the log, changed in the same commit as the records that caused it; `null` removes it. */
export interface Fact {
  /** At most 1,024 bytes of UTF-8. */
  readonly key: string;
  /** Counts against `maxRecordBytes` as a record's data does. */
  readonly value: string | null;
}

export interface Append {
  /** For any channels. All of them are appended, with their facts, or none is. May be empty. */
  readonly records: readonly NewRecord[];
  /**
   * Changed with the records. When there are records and every one of them is a duplicate, the facts stay as they
   * are: they were changed with the first append, and may have changed since.
   */
  readonly facts?: readonly Fact[];
  /**
   * The key of a fact that must not be there when this is committed; where it is, the append fails with
   * `fact_exists`. A retry, whose records are all duplicates, is answered as one all the same.
   */
  readonly unless?: string;
}

export interface Appended {
  readonly position: Position;
  readonly time: number;
  /** Whether the key was there already, and the position is the first record's. */
  readonly duplicate: boolean;
}

export interface ReadRequest {
  readonly channel: string;
  /** Offset of the last record the reader has; records after it are read. 0 when absent: from the beginning. */
  readonly after?: number;
  /** Only records before this offset; with `newestFirst` this pages backwards. */
  readonly before?: number;
  /** The epoch that `after` belongs to; when it is not the channel's, the answer has a gap and starts at the oldest. */
  readonly epoch?: string;
  /** At most this many records; 1 to 10,000. */
  readonly limit: number;
  /** Stop before the answer's data pass this many bytes; at least one record is given. 4 MiB when absent. */
  readonly maxBytes?: number;
  /** Take the newest of those that fit, instead of the oldest. The answer is in offset order all the same. */
  readonly newestFirst?: boolean;
}

export interface ReadResult {
  /** In offset order, without holes. */
  readonly records: readonly LogRecord[];
  /** The channel's head when it was read. `offset` 0: nothing was ever appended. */
  readonly head: Position;
  /** What the reader asked for and can no longer have. An `after` beyond the head is a gap of the `epoch` kind. */
  readonly gap?: Gap;
}

/** What there is of a channel. */
export interface ChannelExtent {
  readonly channel: string;
  /** Channels are numbered from 1 in the order in which they began. */
  readonly number: number;
  /** The first offset that is still there; `head + 1` when there is none. */
  readonly oldest: number;
  /** The last offset; 0 when nothing was ever appended. */
  readonly head: number;
  /** When the oldest record was appended; 0 when there is none. */
  readonly oldestTime: number;
}

/** Called with what one commit appended to the channel, in offset order. Must not throw. */
export type Listener = (records: readonly LogRecord[], epoch: string) => void;

export interface Following {
  /** Every record with a greater offset will be told to the listener; those up to it are there to be read. */
  readonly head: Position;
  stop(): void;
}

/**
 * What "acknowledged" means: what can still be lost once `append` has resolved.
 *
 * - `disk`: nothing; the commit was forced to the disk (fsync) first. The default.
 * - `system`: the last commits, if the machine itself stops (power, kernel). Killing the process loses nothing.
 * - `memory`: everything, when the process ends.
 */
export type Durability = 'disk' | 'system' | 'memory';

export interface ChannelLog {
  readonly durability: Durability;

  /**
   * Appends and resolves once it is durable, with one entry a record, in their order. Appends that arrive in one
   * turn are committed together. Positions follow the order of the calls. A retry with the same keys is harmless.
   *
   * @throws {LogError} `key_conflict`, `fact_exists`, `record_too_large`, `full`, `unavailable`, `closed`; then nothing of
   *   it was appended
   * @throws {TypeError} for text with U+0000 or half of a surrogate pair in it (JSON text has neither)
   */
  append(append: Append): Promise<readonly Appended[]>;

  /**
   * Reads by offset, never by scanning. An unknown channel reads as an empty one. The answer may have fewer records
   * than the limit although there are more (`maxBytes`): compare with its `head`. A gap of `retention` lies before
   * the records given; a reader that pages backwards is told of it with the page that runs into it.
   *
   * @throws {LogError} `unavailable`, `closed`
   */
  read(request: ReadRequest): Promise<ReadResult>;

  /** The heads of channels, in their order. */
  heads(channels: readonly string[]): Promise<readonly Position[]>;

  /**
   * Tells the listener of every record of the channel after `head`, once it is durable, in offset order, and before
   * the append that brought it resolves. To join without loss or double: follow, then read up to `head`, then go on
   * with what the listener was told.
   */
  follow(channel: string, listener: Listener): Promise<Following>;

  /** Facts whose key begins with the prefix, in key order (by UTF-8 bytes). */
  facts(prefix: string): Promise<readonly { readonly key: string; readonly value: string }[]>;

  /** Channels whose number is greater than `after`, at most so many, in the order of their numbers. */
  channels(after: number, limit: number): Promise<readonly ChannelExtent[]>;

  /**
   * Removes a channel's records before the offset (the head's own record always stays); their keys go with them.
   * Appends that come meanwhile need not wait until all of them are removed.
   */
  trim(channel: string, before: number): Promise<void>;

  /** Finishes the commit under way, then lets go of the storage. What comes after fails with `closed`. */
  close(): Promise<void>;
}

export type LogErrorCode =
  /** The sender used this key in this channel for other data. */
  | 'key_conflict'
  /** There is the fact that the append named as `unless`. */
  | 'fact_exists'
  /** The data of one record pass the limit (`maxRecordBytes`, 1 MiB by default). */
  | 'record_too_large'
  /** The disk is full, or more is waiting to be committed than the limit (`maxPendingBytes`) allows. */
  | 'full'
  /**
   * The storage failed; nothing is lost, and the same append may be tried again. Only when the storage died while it
   * had the append is it unknown whether it was carried out: keys make the retry harmless.
   */
  | 'unavailable'
  | 'closed';

export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly retryable: boolean;

  constructor(code: LogErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'full' || code === 'unavailable';
  }
}

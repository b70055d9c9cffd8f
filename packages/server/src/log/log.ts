/**
 * The contract of the durable log that every conversation is a view of. It owns order, durability, ids and offsets; it
 * must not know what a record means, who may write it, or who is reading. Every implementation passes the one suite in
 * `test/log/contract.ts`.
 *
 * All commits, of every node on one storage, are in one order. A log instance has taken that order up to its `position`;
 * whatever it is asked, it answers as of a moment no later than that. So a late node is never wrong, only late.
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
  /** Its place in the order of everything: from 1, without holes over the log. */
  readonly id: number;
  /** Its place in its channel: from 1, without holes. Of two records of a channel the later one has the greater id. */
  readonly offset: number;
  /** When it was appended, in milliseconds since 1970, by the storage's clock, which may go back: for people to read. */
  readonly time: number;
  /** Its data were replaced by `redact`: they are no longer what was appended, and any data are a retry of its key. */
  readonly redacted?: true;
}

/** A fact beside the log, as it is now. */
export interface Fact {
  readonly key: string;
  readonly value: string;
  /**
   * The lowest id of the append that changed it last. Where that appended no record, the id of the last record before
   * it (1 in an empty log): two such changes may bear the same id.
   */
  readonly id: number;
}

/** A change of a fact, in the same commit as the records that cause it. */
export type FactChange =
  /** `null` removes it. */
  | { readonly key: string; readonly value: string | null }
  /** Becomes this number (an integer in decimal) unless a greater one is there. */
  | { readonly key: string; readonly atLeast: number }
  /** Adds to the integer that is there, or to 0. Where the sum is 0 the fact is removed. */
  | { readonly key: string; readonly add: number };

/** A fact that an append was permitted by: it must bear this id when it is committed; 0: there must be none. */
export interface Condition {
  readonly key: string;
  readonly id: number;
}

/** Replaces a record's data in place; id, offset, sender, key and time stay. Of a record that is gone: nothing. */
export interface Redaction {
  readonly id: number;
  readonly data: string;
}

export interface Append {
  /** For any channels. All of them are appended, with their facts, or none is. May be empty. */
  readonly records: readonly NewRecord[];
  /**
   * Changed with the records. When there are records and every one of them is a duplicate, facts and redactions stay
   * as they are: they were made with the first append, and may have changed since.
   */
  readonly facts?: readonly FactChange[];
  /** The key of a fact that must not be there when this is committed; where it is, the append fails with `fact_exists`. */
  readonly unless?: string;
  /** Where one does not hold, the append fails with `fact_changed`. */
  readonly when?: readonly Condition[];
  /** Only together with records. */
  readonly redact?: readonly Redaction[];
}

export interface Appended {
  readonly id: number;
  readonly position: Position;
  readonly time: number;
  /** Whether the key was there already, and all of this is the first record's. */
  readonly duplicate: boolean;
}

export interface ReadRequest {
  readonly channel: string;
  /** Offset of the last record the reader has; records after it are read. 0 when absent: from the beginning. */
  readonly after?: number;
  /** Only records before this offset; with `newestFirst` this pages backwards. */
  readonly before?: number;
  /** The epoch that `after` belongs to; where that position lies beyond the epoch's end the answer has a gap. */
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

/** Of each channel what comes after `after`, an id. */
export interface ChannelPlace {
  readonly channel: string;
  readonly after: number;
}

export interface ReadAfterRequest {
  /** Each channel once. */
  readonly channels: readonly ChannelPlace[];
  /** Records and holes together; 1 to 10,000. */
  readonly limit: number;
  /** Stop before the answer's data pass this many bytes; at least one record is given. 4 MiB when absent. */
  readonly maxBytes?: number;
}

/** What retention has taken from a channel after the place that was asked from. */
export interface Hole {
  readonly channel: string;
  /** Where it stands in the order: the id of the newest record that was trimmed. */
  readonly id: number;
  /** That record's offset: the channel goes on behind it. */
  readonly offset: number;
}

export interface ReadAfterResult {
  /** By id. */
  readonly records: readonly LogRecord[];
  /** By id; to be told before a record of a greater one. */
  readonly holes: readonly Hole[];
  /** Everything of these channels up to this id is in the answer: read on from here. Never beyond `position`. */
  readonly through: number;
}

/** A channel's end. */
export interface Head {
  /** Of its last record; both 0 when nothing was ever appended. */
  readonly offset: number;
  readonly id: number;
}

/** What there is of a channel. */
export interface ChannelExtent {
  readonly channel: string;
  /** Channels are numbered from 1 in the order in which they began; numbers may have holes. */
  readonly number: number;
  /** The first offset that is still there; `head + 1` when there is none. */
  readonly oldest: number;
  /** The last offset; 0 when nothing was ever appended. */
  readonly head: number;
}

/** The log's incarnation, from its first id to the one before the next epoch's first. */
export interface Epoch {
  readonly name: string;
  readonly first: number;
}

/** A record as the tail tells it: an append's first record bears what the append changed beside its records. */
export interface TailRecord extends LogRecord {
  /** The facts as they are after it; `null`: removed. */
  readonly changes?: readonly { readonly key: string; readonly value: string | null }[];
  readonly redactions?: readonly Redaction[];
}

/** Told of everything that is committed, by whatever node, in the order of ids. None of these may throw. */
export interface Follower {
  /** Without holes; the first id is `position + 1`, and `position` is the last one when this is called. */
  told(records: readonly TailRecord[]): void;
  /**
   * The ids `from` to `to` cannot be had any more: retention was faster than this node. `position` is `to`; what was
   * remembered may be wrong from here on.
   */
  skipped(from: number, to: number): void;
  /**
   * The storage has lost its end, and a new epoch has begun after the id `to`: what was told beyond it never was, and
   * other records come with those ids. `position` is `to`; all that was remembered is wrong.
   */
  wentBack(to: number): void;
}

/** What facts were, all at one moment. */
export interface FactsAt<Facts> {
  readonly facts: Facts;
  /** The last id of that moment, which may lie beyond `position`. Changes up to it are in the answer. */
  readonly id: number;
}

/**
 * What "acknowledged" means: what can still be lost once `append` has resolved.
 *
 * - `disk`: nothing; the commit was forced to the disk (fsync) first. The default.
 * - `system`: the last commits, if the machine itself stops (power, kernel). Killing the process loses nothing.
 * - `memory`: everything, when the process ends.
 */
export type Durability = 'disk' | 'system' | 'memory';

export interface Log {
  readonly durability: Durability;
  /** Everything up to this id was told to those who follow. 0: nothing was ever appended. */
  readonly position: number;
  /** Every epoch there was, the present one last. */
  readonly epochs: readonly Epoch[];
  /** For how many milliseconds the storage has not answered; 0 while it does. What is told may be as late. */
  readonly silence: number;

  /**
   * Appends and resolves once it is durable and `position` has passed it, with one entry a record, in their order.
   * Appends that arrive in one turn are committed together. Ids follow the order of the calls, except that an append
   * which depends on what an earlier one of the batch changes may come after later ones. A retry with the same keys
   * is harmless.
   *
   * @throws {LogError} `key_conflict`, `fact_exists`, `fact_changed`, `record_too_large`, `full`, `unavailable`, `closed`;
   *   then nothing of it was appended
   * @throws {TypeError} for a channel, a sender or a key of more than 1,024 bytes, and for text with U+0000 or half of a surrogate pair in it (JSON text has neither)
   */
  append(append: Append): Promise<readonly Appended[]>;

  /**
   * Reads one channel by offset, never by scanning. An unknown channel reads as an empty one. The answer may have fewer
   * records than the limit although there are more (`maxBytes`): compare with its `head`. A gap of `retention` lies
   * before the records given; a reader that pages backwards is told of it with the page that runs into it.
   *
   * @throws {LogError} `unavailable`, `closed`
   */
  read(request: ReadRequest): Promise<ReadResult>;

  /**
   * Reads many channels as one, in the order of ids, in a constant number of round trips to the storage.
   *
   * @throws {LogError} `unavailable`, `closed`
   */
  readAfter(request: ReadAfterRequest): Promise<ReadAfterResult>;

  /**
   * Everything after the id, in order and of whatever channel, as it was told to those who follow; at most `limit` (1 to
   * 10,000) records, and fewer where they are large. Ids that are missing are gone. Nothing: it ends here, at `position`.
   *
   * @throws {LogError} `unavailable`, `closed`
   */
  tail(after: number, limit: number): Promise<readonly TailRecord[]>;

  /** The channels' heads, in their order, each as of a moment that is not beyond `position`. @throws {LogError} */
  heads(channels: readonly string[]): Promise<readonly Head[]>;

  /** The newest id of the channel if it is at hand, without asking the storage; undefined: not known. */
  newest(channel: string): number | undefined;

  /** Tells the follower of everything after `position` as it is now. Returns what ends it. */
  follow(follower: Follower): () => void;

  /** Resolves once `position` has reached what the storage holds now: whoever refuses something asks this first. */
  catchUp(): Promise<void>;

  /** Resolves once `position` has reached the id. @throws {LogError} `closed` */
  reached(id: number): Promise<void>;

  /** The facts of these keys, in their order; undefined for those that there are not. @throws {LogError} */
  facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>>;

  /**
   * Facts whose key begins with the prefix, in key order (by UTF-8 bytes), at most `limit` (1 to 10,000) of them, from
   * the first key after `after` on.
   *
   * @throws {LogError}
   */
  list(prefix: string, limit: number, after?: string): Promise<FactsAt<readonly Fact[]>>;

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
  /** A fact that the append was permitted by has changed: judge anew. */
  | 'fact_changed'
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
    this.retryable = code === 'full' || code === 'unavailable' || code === 'fact_changed';
  }
}

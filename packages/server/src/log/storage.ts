/**
 * What a log needs of the place that keeps it: one order of commits, facts, and reading. `OrderedLog` puts the rest
 * before it (batches, the tail, what is recent, limits), the same for every storage. A storage must not know who
 * follows, nor what a record means.
 */
import type {
  Append,
  ChannelExtent,
  ChannelPlace,
  Durability,
  Epoch,
  Fact,
  FactsAt,
  Head,
  Hole,
  LogError,
  LogRecord,
  ReadRequest,
  TailRecord,
} from './log.js';

/** A record's place, as its append is told. */
export interface Placed {
  readonly id: number;
  readonly offset: number;
  readonly time: number;
  readonly duplicate: boolean;
}

export interface Committed {
  /** For each append of the batch, in order: its records' places, or why nothing of it was appended. */
  readonly outcomes: readonly (readonly Placed[] | LogError)[];
  /** What the batch brought, by id, with changes and redactions; duplicates are not in it. */
  readonly records: readonly TailRecord[];
  /** The storage's epochs, where they changed by this commit. */
  readonly epochs?: readonly Epoch[];
}

/** What a storage had when it was looked at. */
export interface StorageState {
  readonly lastId: number;
  readonly epochs: readonly Epoch[];
}

export interface TailPage extends StorageState {
  /** By id. Where ids are missing among them, or before the first, those records are gone. */
  readonly records: readonly TailRecord[];
}

/** What a channel has, up to the id that was asked for. */
export interface Extent {
  readonly head: Head;
  /** The first offset that is still there; `head.offset + 1` when there is none. */
  readonly oldest: number;
  /** The id of the newest record that was trimmed; 0 for none. */
  readonly floor: number;
}

export interface ChannelRecords {
  readonly extent: Extent;
  /** In offset order. Never any beyond the id that was asked for. */
  readonly records: readonly LogRecord[];
}

export interface MergedRequest {
  readonly channels: readonly ChannelPlace[];
  readonly upTo: number;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface Merged {
  readonly records: readonly LogRecord[];
  readonly holes: readonly Hole[];
  /** Whether everything up to `upTo` is in it; otherwise everything up to its last record or hole is. */
  readonly whole: boolean;
}

/**
 * Every method but `close` throws `LogError` with `unavailable` when the storage cannot be reached, `commit` and `trim`
 * also with `full` when there is no room, and nothing else.
 */
export interface Storage {
  readonly durability: Durability;

  /** What it held when it was opened. */
  readonly opened: StorageState;

  /**
   * Commits the batch, durably, in one go. An append that fails leaves the others be. To be called again only once it
   * has settled. When it throws, nothing of the batch was committed, or it is unknown whether it was.
   */
  commit(batch: readonly Append[]): Promise<Committed>;

  state(): Promise<StorageState>;

  /** Everything after the id, in order; at least one record where there is any. */
  tail(after: number, limit: number, maxBytes: number): Promise<TailPage>;

  /** As the contract's `read`, of what has ids up to `upTo`; epochs are the caller's to judge. */
  read(request: ReadRequest, upTo: number): Promise<ChannelRecords>;

  /** As the contract's `readAfter`. */
  readAfter(request: MergedRequest): Promise<Merged>;

  extents(channels: readonly string[], upTo: number): Promise<readonly Extent[]>;

  facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>>;

  list(prefix: string, limit: number, after: string | undefined): Promise<FactsAt<readonly Fact[]>>;

  channels(after: number, limit: number): Promise<readonly ChannelExtent[]>;

  /** Removes some of the records before the offset, and answers what is left and whether to call again. */
  trim(channel: string, before: number): Promise<{ readonly oldest: number; readonly more: boolean }>;

  /**
   * Calls back whenever another writer may have committed, never too seldom to be at most 50 ms late; a storage of one
   * writer never does. Returns what ends it.
   */
  watch(changed: () => void): () => void;

  close(): Promise<void>;
}

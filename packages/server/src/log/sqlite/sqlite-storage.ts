/**
 * A log's storage in one SQLite file, for one process: written by one thread, read by another, and copied from the
 * write-ahead log into the file by a third. It owns the threads, on this side of them, and nothing of what they do.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import {
  type Append,
  type ChannelExtent,
  type Durability,
  type Fact,
  type FactsAt,
  LogError,
  type ReadRequest,
} from '../log.js';
import type {
  ChannelRecords,
  Committed,
  Extent,
  Merged,
  MergedRequest,
  Storage,
  StorageState,
  TailPage,
} from '../storage.js';
import { type Batch, type BatchReply, decodeReply, encodeBatch } from './batch.js';
import type { Argument, CallName, Value } from './calls.js';
import { Checkpoints } from './checkpoints.js';
import { lockFile } from './file-lock.js';
import { discardMigrated, installMigrated, mayBeFirst } from './migrate.js';
import type { FactRows } from './reader.js';
import { unpackRecords, unpackTail } from './rows.js';
import { SqliteThread, ThreadDied } from './thread.js';

export interface SqliteStorageOptions {
  /**
   * The database file; it is made, with its folder, when there is none, and brought to the present format when it is of
   * an earlier one, which stays as `FILE.v1`. `FILE.lock` and `FILE.witness` are kept beside it.
   */
  readonly file: string;
  /** What an acknowledged append can still be lost by. `disk`, by nothing, when absent. */
  readonly durability?: Exclude<Durability, 'memory'>;
  /** The most bytes that the file may grow to; then appends are refused with `full`. As the disk has it, when absent. */
  readonly maxFileBytes?: number;
  /** Channels, and facts, that the writing thread keeps at hand. 50,000. */
  readonly maxKept?: number;
  /** Bytes that the write-ahead log may have before it is begun anew; under load somewhat more. 64 MiB. */
  readonly walBytes?: number;
  /** The file was put there by a restore: a new epoch begins with the first commit. */
  readonly restored?: boolean;
  /** Milliseconds since 1970. The writing thread's own clock, when absent. */
  readonly now?: () => number;
  /** Starts a thread that runs `worker`; for where that file lies elsewhere. */
  readonly startWorker?: () => Worker;
  /** Milliseconds of a clock that only goes forward: how long a thread that failed is left alone. */
  readonly uptime?: () => number;
  /** Told why the write-ahead log could not be copied into the file, which is tried again. */
  readonly failed?: (error: unknown) => void;
}

const PAGE_BYTES = 4096;
/** What one message of facts holds, in characters. */
const LIST_BYTES = 1024 * 1024;

export class SqliteStorage implements Storage {
  readonly durability: Exclude<Durability, 'memory'>;
  readonly #writer: SqliteThread<'openWriter'>;
  readonly #reader: SqliteThread<'openReader'>;
  readonly #checkpointer: SqliteThread<'openCheckpoints'>;
  readonly #checkpoints: Checkpoints;
  readonly #unlock: () => void;
  readonly #now: (() => number) | undefined;
  readonly #batchPrefix = randomUUID();
  #batches = 0;
  #identity: string | undefined;
  #opened: StorageState = { lastId: 0, epochs: [] };

  private constructor(options: SqliteStorageOptions, unlock: () => void) {
    const { file, durability = 'disk', maxFileBytes, maxKept, walBytes = 64 * 1024 * 1024 } = options;
    const { startWorker, uptime, restored = false, failed = () => {} } = options;
    this.durability = durability;
    this.#unlock = unlock;
    this.#now = options.now;
    const database = { file, durability, maxFileBytes, walBytes };
    const threads = { startWorker, now: uptime };
    this.#writer = new SqliteThread({
      ...threads,
      opening: 'openWriter',
      argument: () => ({
        ...database,
        ...(maxKept === undefined ? {} : { maxKept }),
        ...(this.#identity === undefined ? { restored } : { identity: this.#identity }),
      }),
    });
    this.#reader = new SqliteThread({
      ...threads,
      opening: 'openReader',
      // Its thread starts beside the writer's, which makes the tables that it reads; later it needs it no more.
      argument: async () => {
        if (this.#identity === undefined) await this.#writer.start();
        return file;
      },
    });
    this.#checkpointer = new SqliteThread({
      ...threads,
      opening: 'openCheckpoints',
      argument: () => database,
    });
    const most = Math.ceil(walBytes / PAGE_BYTES);
    this.#checkpoints = new Checkpoints({
      checkpoint: (mode) => this.#checkpointer.call('checkpoint', mode),
      every: Math.ceil(most / 4),
      most,
      failed,
    });
  }

  /**
   * Opens the storage in the file, and makes it when there is none.
   *
   * @throws {LogError} `unavailable`: the folder cannot be written, the file is no log, is of another version or cannot
   *   be brought to this one, or another server uses it
   */
  static async open(options: SqliteStorageOptions): Promise<SqliteStorage> {
    const file = resolve(options.file);
    const unlock = await lock(file);
    const storage = new SqliteStorage({ ...options, file }, unlock);
    try {
      if (mayBeFirst(file)) await migrate(file, options.startWorker);
      const [opened] = await Promise.all([storage.#writer.start(), storage.#reader.start()]);
      const { lastId, epochs, identity } = opened;
      storage.#identity = identity;
      storage.#opened = { lastId, epochs };
      return storage;
    } catch (error) {
      await storage.close();
      throw cannotOpen(file, error);
    }
  }

  get opened(): StorageState {
    return this.#opened;
  }

  async commit(appends: readonly Append[]): Promise<Committed> {
    await this.#checkpoints.beforeCommit();
    const batch = encodeBatch(`${this.#batchPrefix}:${++this.#batches}`, appends, this.#now?.());
    const reply = await this.#commitBatch(batch);
    this.#checkpoints.committed(pagesOf(batch));
    return decodeReply(appends, reply);
  }

  state(): Promise<StorageState> {
    return this.#ask('state', undefined);
  }

  async tail(after: number, limit: number, maxBytes: number): Promise<TailPage> {
    const { records, ...state } = await this.#ask('tail', { after, limit, maxBytes });
    return { ...state, records: unpackTail(records) };
  }

  async read(request: ReadRequest, upTo: number): Promise<ChannelRecords> {
    const { extent, records } = await this.#ask('read', { request, upTo });
    return { extent, records: unpackRecords(records) };
  }

  async readAfter({ channels, upTo, limit, maxBytes }: MergedRequest): Promise<Merged> {
    const places = JSON.stringify(Object.fromEntries(channels.map(({ channel, after }) => [channel, after])));
    const { records, holes, whole } = await this.#ask('readAfter', { places, upTo, limit, maxBytes });
    return { records: unpackRecords(records), holes, whole };
  }

  extents(channels: readonly string[], upTo: number): Promise<readonly Extent[]> {
    return this.#ask('extents', { channels, upTo });
  }

  async facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>> {
    const rows = await this.#ask('facts', keys);
    return { facts: factsOf(rows), id: rows.id };
  }

  /**
   * Long answers come in several messages. What changed between them is newer than `id`, as what comes after any
   * answer is.
   */
  async list(prefix: string, limit: number, after: string | undefined): Promise<FactsAt<readonly Fact[]>> {
    const facts: Fact[] = [];
    let id: number | undefined;
    for (let last = after; ; ) {
      const wanted = limit - facts.length;
      const rows = await this.#ask('list', { prefix, limit: wanted, after: last, maxBytes: LIST_BYTES });
      for (const fact of factsOf(rows)) if (fact !== undefined) facts.push(fact);
      id ??= rows.id;
      last = facts.at(-1)?.key;
      if (!rows.more) return { facts, id };
    }
  }

  channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    return this.#ask('channels', { after, limit });
  }

  async trim(channel: string, before: number): Promise<{ readonly oldest: number; readonly more: boolean }> {
    const trimmed = await retried(() => this.#writer.call('trim', { channel, before }));
    this.#checkpoints.committed(TRIM_PAGES);
    return trimmed;
  }

  /** There is no other writer. */
  watch(): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    await this.#checkpoints.idle();
    await Promise.all([this.#reader.stop(), this.#checkpointer.stop()]);
    // The last one, so that it leaves the file whole, without a write-ahead log beside it.
    await this.#writer.stop();
    this.#unlock();
  }

  /** It may have been committed although its thread died: the next thread knows the batch by its id. */
  #commitBatch(batch: Batch): Promise<BatchReply> {
    return retried(() => this.#writer.call('commit', batch));
  }

  #ask<Name extends CallName>(name: Name, argument: Argument<Name>): Promise<Value<Name>> {
    return retried(() => this.#reader.call(name, argument));
  }
}

/** What a step of a trim writes, as a guess: a page for each record in the indexes, and its own. */
const TRIM_PAGES = 300;

/** As well as can be guessed: of each record its own page and those of three indexes. */
function pagesOf({ shape, texts }: Batch): number {
  let pages = 4;
  for (let at = 0; at < shape.length; at += 5) pages += 3 * shape[at]! + 2 * shape[at + 1]! + shape[at + 3]!;
  let characters = 0;
  for (const text of texts) characters += text?.length ?? 0;
  return pages + Math.ceil(characters / PAGE_BYTES);
}

async function retried<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ThreadDied)) throw error;
    return call();
  }
}

function factsOf({ texts, ids }: FactRows): (Fact | undefined)[] {
  return ids.map((id, index) => {
    const key = texts[2 * index];
    const value = texts[2 * index + 1];
    return typeof key === 'string' && typeof value === 'string' ? { key, value, id } : undefined;
  });
}

/** In a thread of its own, with which every connection to either file ends. */
async function migrate(file: string, startWorker: (() => Worker) | undefined): Promise<void> {
  const thread = new SqliteThread({ opening: 'openMigration', argument: () => file, startWorker });
  try {
    const built = await thread.start();
    await thread.stop();
    if (built) installMigrated(file);
  } finally {
    await thread.stop();
    discardMigrated(file);
  }
}

async function lock(file: string): Promise<() => void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    return lockFile(file);
  } catch (error) {
    throw cannotOpen(file, error);
  }
}

function cannotOpen(file: string, error: unknown): LogError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LogError && message.includes(file)) return error;
  return new LogError('unavailable', `The log cannot be opened in ${file}: ${message}`, { cause: error });
}

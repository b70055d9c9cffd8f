/**
 * The durable log: one SQLite file, written by one thread and read by another, with what is recent kept in memory.
 * It owns the order of things on this side of the threads: what is told to whom, and when.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Position } from '@fullduplex/wire';
import { ChannelTails } from './channel-tails.js';
import {
  DEFAULT_MAX_CHANNELS_KEPT,
  DEFAULT_MAX_PENDING_BYTES,
  DEFAULT_MAX_RECORD_BYTES,
  weigh,
} from './check-append.js';
import { lockFile } from './file-lock.js';
import { Followers } from './followers.js';
import { GroupCommit, type PendingAppend } from './group-commit.js';
import {
  type Append,
  type Appended,
  type ChannelExtent,
  type ChannelLog,
  type Durability,
  type Following,
  type Listener,
  LogError,
  type ReadRequest,
  type ReadResult,
} from './log.js';
import { planRead } from './read-plan.js';
import { type Batch, type BatchReply, decodeReply, encodeBatch } from './sqlite-batch.js';
import { SqliteThread, startSqliteWorker, ThreadDied } from './sqlite-thread.js';

export interface SqliteLogOptions {
  /** The database file; it is made, with its folder, when there is none. `FILE.lock` is kept beside it. */
  readonly file: string;
  /** What an acknowledged append can still be lost by. `disk`, by nothing, when absent. */
  readonly durability?: Exclude<Durability, 'memory'>;
  /** The most bytes of one record's data. 1 MiB. */
  readonly maxRecordBytes?: number;
  /** The most bytes that may wait to be committed; more is refused with `full`. 64 MiB. */
  readonly maxPendingBytes?: number;
  /** A commit takes no more appends once it has this many bytes. 4 MiB. */
  readonly maxBatchBytes?: number;
  /** The most bytes of recent records that are kept in memory, over all channels. 16 MiB. */
  readonly tailBytes?: number;
  /** Channels whose heads are kept in memory, beside those that are followed. 100,000. */
  readonly maxChannelsKept?: number;
  /** The most bytes that the file may grow to; then appends are refused with `full`. As the disk has it, when absent. */
  readonly maxFileBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Starts a thread that runs `sqlite-worker`; for where that file lies elsewhere. */
  readonly startWorker?: () => Worker;
}

/** What a cold tail is filled with: enough for those who were away for a moment. */
const WARM_RECORDS = 100;
const WARM_BYTES = 32 * 1024;

export class SqliteLog implements ChannelLog {
  readonly durability: Exclude<Durability, 'memory'>;
  readonly #writer: SqliteThread;
  readonly #reader: SqliteThread;
  readonly #unlock: () => void;
  readonly #commits: GroupCommit;
  readonly #tails: ChannelTails;
  readonly #followers = new Followers();
  readonly #maxRecordBytes: number;
  readonly #now: () => number;
  /** Channels whose heads, or whose recent records, are on their way from the disk. */
  readonly #loading = new Map<string, Promise<void>>();
  readonly #warming = new Map<string, Promise<void>>();
  readonly #batchPrefix = randomUUID();
  #batches = 0;
  #trims = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: SqliteLogOptions, unlock: () => void) {
    const { file, durability = 'disk', startWorker = startSqliteWorker } = options;
    const { maxFileBytes, maxChannelsKept = DEFAULT_MAX_CHANNELS_KEPT } = options;
    this.durability = durability;
    const storage = { file, durability, maxFileBytes, maxChannelsKept };
    this.#writer = new SqliteThread(['openWriter', storage], startWorker);
    this.#reader = new SqliteThread(['openReader', file], startWorker);
    this.#unlock = unlock;
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
    this.#now = options.now ?? Date.now;
    this.#tails = new ChannelTails({
      maxBytes: options.tailBytes ?? 16 * 1024 * 1024,
      maxChannels: maxChannelsKept,
      isNeeded: (channel) => this.#followers.has(channel) || this.#loading.has(channel),
    });
    this.#commits = new GroupCommit({
      commit: (batch) => this.#commit(batch),
      // After what this turn of the loop has read from its connections.
      defer: setImmediate,
      maxPendingBytes: options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES,
      maxBatchBytes: options.maxBatchBytes ?? 4 * 1024 * 1024,
    });
  }

  /**
   * Opens the log in the file, and makes it when there is none.
   *
   * @throws {LogError} `unavailable`: the folder cannot be written, the file is no log or is of another version, or
   *   another server uses it
   */
  static async open(options: SqliteLogOptions): Promise<SqliteLog> {
    const file = resolve(options.file);
    const unlock = await lock(file);
    const log = new SqliteLog({ ...options, file }, unlock);
    try {
      // The writer first: it makes the tables that the reader reads.
      await log.#writer.start();
      await log.#reader.start();
      return log;
    } catch (error) {
      await Promise.all([log.#writer.stop(), log.#reader.stop()]);
      unlock();
      throw cannotOpen(file, error);
    }
  }

  async append(append: Append): Promise<readonly Appended[]> {
    this.#refuseWhenClosed();
    return this.#commits.add(append, weigh(append, this.#maxRecordBytes));
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    await this.#know([request.channel]);
    const recent = this.#tails.read(request);
    if (recent !== undefined) return recent;
    if (this.#isNearHead(request)) {
      await this.#warm(request.channel);
      const warmed = this.#tails.read(request);
      if (warmed !== undefined) return warmed;
    }
    return this.#reader.call('read', request);
  }

  async heads(channels: readonly string[]): Promise<readonly Position[]> {
    await this.#know(channels);
    const heads = channels.map((channel) => this.#tails.head(channel));
    if (heads.every((head) => head !== undefined)) return heads;
    // More channels than are kept.
    return (await this.#reader.call('extents', channels)).map((extent) => extent.head);
  }

  async follow(channel: string, listener: Listener): Promise<Following> {
    let head: Position | undefined;
    while (head === undefined) {
      await this.#know([channel]);
      head = this.#tails.head(channel);
    }
    // Nothing is awaited between the head and this: no commit can be told in between.
    return { head, stop: this.#followers.add(channel, listener) };
  }

  async facts(prefix: string): Promise<readonly { readonly key: string; readonly value: string }[]> {
    this.#refuseWhenClosed();
    const flat = await this.#reader.call('facts', prefix);
    const facts: { key: string; value: string }[] = [];
    for (let at = 0; at < flat.length; at += 2) facts.push({ key: flat[at]!, value: flat[at + 1]! });
    return facts;
  }

  async channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    this.#refuseWhenClosed();
    return this.#reader.call('channels', { after, limit });
  }

  async trim(channel: string, before: number): Promise<void> {
    this.#refuseWhenClosed();
    for (let more = true; more; ) {
      const trimmed = await this.#writer.call('trim', { channel, before });
      this.#trims++;
      this.#tails.trimmed(channel, trimmed.oldest);
      more = trimmed.more;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    await Promise.all([this.#writer.stop(), this.#reader.stop()]);
    this.#followers.clear();
    this.#unlock();
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new LogError('closed', 'The log is closed.');
  }

  async #commit(pending: readonly PendingAppend[]): Promise<void> {
    const batch = encodeBatch(`${this.#batchPrefix}:${++this.#batches}`, this.#now(), pending);
    let reply: BatchReply;
    try {
      reply = await this.#commitOnce(batch);
    } catch (error) {
      for (const { reject } of pending) reject(error as LogError);
      return;
    }
    const { results, channels } = decodeReply(pending, batch, reply);
    for (const { channel, epoch, oldest, records } of channels) {
      const fresh = this.#tails.push(channel, epoch, oldest, records);
      if (fresh.length > 0) this.#followers.tell(channel, fresh, epoch);
    }
    for (const [index, { resolve, reject }] of pending.entries()) {
      const result = results[index]!;
      if (result instanceof LogError) reject(result);
      else resolve(result);
    }
  }

  async #commitOnce(batch: Batch): Promise<BatchReply> {
    try {
      return await this.#writer.call('commit', batch);
    } catch (error) {
      if (!(error instanceof ThreadDied)) throw error;
      // It may have been committed all the same; the next thread knows the batch by its id.
      return this.#writer.call('commit', batch);
    }
  }

  /** Sees to it that the channels' heads are known. */
  async #know(channels: readonly string[]): Promise<void> {
    this.#refuseWhenClosed();
    const unknown = channels.filter((channel) => this.#tails.head(channel) === undefined);
    if (unknown.length === 0) return;
    const missing = unknown.filter((channel) => !this.#loading.has(channel));
    if (missing.length > 0) {
      const loading = this.#load(missing).finally(() => {
        for (const channel of missing) this.#loading.delete(channel);
      });
      for (const channel of missing) this.#loading.set(channel, loading);
    }
    for (const channel of unknown) await this.#loading.get(channel);
    this.#refuseWhenClosed();
  }

  async #load(channels: readonly string[]): Promise<void> {
    for (;;) {
      const trims = this.#trims;
      const extents = await this.#reader.call('extents', channels);
      // What a trim has removed meanwhile may be in the answer still.
      if (trims !== this.#trims) continue;
      for (const [index, channel] of channels.entries()) this.#tails.learn(channel, extents[index]!);
      return;
    }
  }

  #isNearHead(request: ReadRequest): boolean {
    const head = this.#tails.head(request.channel);
    if (head === undefined || !this.#tails.isCold(request.channel)) return false;
    const plan = planRead(request, { head, oldest: 1 });
    return head.offset - (request.newestFirst ? plan.last : plan.first) < WARM_RECORDS;
  }

  async #warm(channel: string): Promise<void> {
    let warming = this.#warming.get(channel);
    if (warming === undefined) {
      const newest = { channel, limit: WARM_RECORDS, maxBytes: WARM_BYTES, newestFirst: true };
      warming = this.#reader
        .call('read', newest)
        .then(({ records }) => this.#tails.warm(channel, records))
        .finally(() => this.#warming.delete(channel));
      this.#warming.set(channel, warming);
    }
    await warming;
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

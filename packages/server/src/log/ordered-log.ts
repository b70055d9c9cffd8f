/**
 * The log over a storage, the same for each of them: puts appends together, follows the one order, keeps what is recent
 * at hand, and answers nothing beyond what it has told. It must not know how a storage keeps things.
 */
import type { Position } from '@fullduplex/wire';
import { DEFAULT_MAX_PENDING_BYTES, DEFAULT_MAX_RECORD_BYTES, weigh } from './check-append.js';
import { epochAt, isForked, newBranch } from './epochs.js';
import { GroupCommit, type PendingAppend } from './group-commit.js';
import { HeadCache } from './head-cache.js';
import {
  type Append,
  type Appended,
  type ChannelExtent,
  type Durability,
  type Epoch,
  type Fact,
  type FactsAt,
  type Follower,
  type Head,
  type Log,
  LogError,
  type ReadAfterRequest,
  type ReadAfterResult,
  type ReadRequest,
  type ReadResult,
  type TailRecord,
} from './log.js';
import { clampLimit, DEFAULT_READ_BYTES, gapOf } from './read-plan.js';
import { mergeRecent, readRecent } from './read-recent.js';
import { RecentRecords } from './recent-records.js';
import { Sequence } from './sequence.js';
import type { ChannelRecords, Committed, Storage } from './storage.js';

export interface OrderedLogOptions {
  /** The most bytes of one record's data. 1 MiB. */
  readonly maxRecordBytes?: number;
  /** The most bytes that may wait to be committed; more is refused with `full`. 64 MiB. */
  readonly maxPendingBytes?: number;
  /** A commit takes no more appends once it has this many bytes. 4 MiB. */
  readonly maxBatchBytes?: number;
  /** The most bytes of recent records that are kept in memory, over all channels. 16 MiB. */
  readonly recentBytes?: number;
  /** Channels whose heads are kept in memory. 100,000. */
  readonly maxHeads?: number;
  /** Told how many milliseconds an append took, from the call until it was acknowledged. */
  readonly appended?: (ms: number) => void;
  /** Told of what nobody expected, and why nothing can be read or committed: of commits once, until one succeeds. */
  readonly failed?: (error: unknown) => void;
  /** Runs the function once this turn's appends are in: after what this turn of the loop has read. */
  readonly defer: (run: () => void) => void;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Milliseconds by a clock that never goes back. Without it the storage's silence is not measured. */
  readonly monotonic?: () => number;
}

/** What one reading of the tail brings. */
const TAIL_RECORDS = 5000;
const TAIL_BYTES = 4 * 1024 * 1024;

export class OrderedLog implements Log {
  readonly durability: Durability;
  readonly #storage: Storage;
  readonly #commits: GroupCommit;
  readonly #sequence: Sequence;
  readonly #recent: RecentRecords;
  readonly #heads: HeadCache;
  /** Of an object each, so that the same follower may follow twice. */
  readonly #followers = new Set<{ readonly follower: Follower }>();
  readonly #maxRecordBytes: number;
  readonly #failed: (error: unknown) => void;
  readonly #unwatch: () => void;
  readonly #monotonic: () => number;
  readonly #appended: ((ms: number) => void) | undefined;
  #epochs: readonly Epoch[];
  /** Since when the storage has not answered what it was asked, or answered that it cannot. */
  #silentSince: number | undefined;
  /** The last commit failed: why was told. */
  #commitsFail = false;
  #closing: Promise<void> | undefined;

  constructor(storage: Storage, options: OrderedLogOptions) {
    const { lastId, epochs } = storage.opened;
    this.durability = storage.durability;
    this.#storage = storage;
    this.#epochs = epochs;
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
    this.#failed = options.failed ?? (() => {});
    this.#appended = options.appended;
    this.#monotonic = options.monotonic ?? (() => 0);
    this.#recent = new RecentRecords(options.recentBytes ?? 16 * 1024 * 1024, lastId);
    this.#heads = new HeadCache(options.maxHeads ?? 100_000);
    this.#sequence = new Sequence({
      position: lastId,
      read: (after) => this.#heard(() => storage.tail(after, TAIL_RECORDS, TAIL_BYTES)),
      told: (records) => this.#told(records),
      skipped: (from, to) => this.#skipped(from, to),
      state: (state) => this.#learn(state.epochs),
      failed: this.#failed,
      after: options.after,
    });
    this.#commits = new GroupCommit({
      commit: (batch) => this.#commit(batch),
      defer: options.defer,
      maxPendingBytes: options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES,
      maxBatchBytes: options.maxBatchBytes ?? 4 * 1024 * 1024,
    });
    this.#unwatch = storage.watch(() => this.#sequence.poke());
  }

  get position(): number {
    return this.#sequence.position;
  }

  get epochs(): readonly Epoch[] {
    return this.#epochs;
  }

  get silence(): number {
    return this.#silentSince === undefined ? 0 : this.#monotonic() - this.#silentSince;
  }

  async append(append: Append): Promise<readonly Appended[]> {
    this.#refuseWhenClosed();
    const began = this.#monotonic();
    const appended = await this.#commits.add(append, weigh(append, this.#maxRecordBytes));
    this.#appended?.(this.#monotonic() - began);
    return appended;
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    this.#refuseWhenClosed();
    if (request.epoch === undefined || request.epoch === this.#epochs.at(-1)!.name) {
      const recent = readRecent(this.#recent, request);
      if (recent !== undefined) return { records: recent.records, head: this.#position(recent.head) };
    } else {
      // Another node may know of an epoch, or of records, that this one has not heard of yet.
      await this.catchUp();
    }
    let answer = await this.#storage.read(request, this.position);
    let forked = await this.#isForked(request);
    if (!forked && (request.after ?? 0) > answer.extent.head.offset) {
      await this.catchUp();
      answer = await this.#storage.read(request, this.position);
      forked = (request.after ?? 0) > answer.extent.head.offset;
    }
    const { after: _after, ...whole } = request;
    return this.#result(request, forked ? await this.#storage.read(whole, this.position) : answer, forked);
  }

  async readAfter(request: ReadAfterRequest): Promise<ReadAfterResult> {
    this.#refuseWhenClosed();
    const position = this.position;
    const limit = clampLimit(request.limit);
    const maxBytes = request.maxBytes ?? DEFAULT_READ_BYTES;
    const channels = request.channels.filter(({ channel, after }) => {
      const newest = this.newest(channel);
      return after < position && (newest === undefined || newest > after);
    });
    if (channels.length === 0) return { records: [], holes: [], through: position };
    if (channels.every((place) => this.#recent.reaches(place))) {
      const { records, whole } = mergeRecent(this.#recent, channels, limit, maxBytes);
      return { records, holes: [], through: whole ? position : records.at(-1)!.id };
    }
    const { records, holes, whole } = await this.#storage.readAfter({
      channels,
      upTo: position,
      limit,
      maxBytes,
    });
    const last = Math.max(records.at(-1)?.id ?? 0, holes.at(-1)?.id ?? 0);
    return { records, holes, through: whole ? position : last };
  }

  async tail(after: number, limit: number): Promise<readonly TailRecord[]> {
    this.#refuseWhenClosed();
    const position = this.position;
    const { records } = await this.#storage.tail(after, clampLimit(limit), DEFAULT_READ_BYTES);
    return records.filter(({ id }) => id <= position);
  }

  async heads(channels: readonly string[]): Promise<readonly Head[]> {
    this.#refuseWhenClosed();
    const known = channels.map((channel) => this.#headOf(channel));
    const unknown = channels.filter((_, index) => known[index] === undefined);
    if (unknown.length === 0) return known as readonly Head[];
    const position = this.position;
    const epochs = this.#epochs;
    const extents = await this.#storage.extents(unknown, position);
    const loaded = new Map(unknown.map((channel, index) => [channel, extents[index]!.head]));
    // What was told meanwhile is here, unless so much was that it has left again, or it was told of another branch.
    const complete = this.#recent.floor <= position && this.#epochs === epochs;
    for (const [channel, head] of loaded) {
      if (complete && this.#recent.newest(channel) === undefined) this.#heads.learn(channel, head);
    }
    return channels.map((channel) => this.#headOf(channel) ?? loaded.get(channel)!);
  }

  newest(channel: string): number | undefined {
    return this.#headOf(channel)?.id;
  }

  follow(follower: Follower): () => void {
    const following = { follower };
    this.#followers.add(following);
    return () => this.#followers.delete(following);
  }

  async catchUp(): Promise<void> {
    this.#refuseWhenClosed();
    const state = await this.#storage.state();
    this.#learn(state.epochs);
    if (state.lastId <= this.position) return;
    this.#sequence.poke();
    await this.#sequence.reached(state.lastId);
  }

  reached(id: number): Promise<void> {
    return this.#sequence.reached(id);
  }

  async facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>> {
    this.#refuseWhenClosed();
    return this.#storage.facts(keys);
  }

  async list(prefix: string, limit: number, after?: string): Promise<FactsAt<readonly Fact[]>> {
    this.#refuseWhenClosed();
    return this.#storage.list(prefix, clampLimit(limit), after);
  }

  async channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    this.#refuseWhenClosed();
    return this.#storage.channels(after, clampLimit(limit));
  }

  async trim(channel: string, before: number): Promise<void> {
    for (let more = true; more; ) {
      this.#refuseWhenClosed();
      const left = await this.#storage.trim(channel, before);
      this.#recent.trim(channel, left.oldest);
      more = left.more;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    this.#unwatch();
    this.#sequence.close();
    this.#followers.clear();
    await this.#storage.close();
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new LogError('closed', 'The log is closed.');
  }

  async #commit(pending: readonly PendingAppend[]): Promise<void> {
    let committed: Committed;
    try {
      committed = await this.#heard(() => this.#storage.commit(pending.map(({ append }) => append)));
    } catch (error) {
      if (!this.#commitsFail) this.#failed(error);
      this.#commitsFail = true;
      for (const { reject } of pending) reject(error as LogError);
      // It may have been committed all the same; those who follow are to be told.
      this.#sequence.poke();
      return;
    }
    this.#commitsFail = false;
    if (committed.epochs !== undefined) this.#learn(committed.epochs);
    else await this.#suspect(committed.records).catch(this.#failed);
    this.#sequence.offer(committed.records);
    for (const [index, { resolve, reject }] of pending.entries()) {
      const outcome = committed.outcomes[index]!;
      if (outcome instanceof LogError) {
        reject(outcome);
        continue;
      }
      const appended = outcome.map(({ id, offset, time, duplicate }) => ({
        id,
        position: { epoch: epochAt(this.#epochs, id), offset },
        time,
        duplicate,
      }));
      const last = Math.max(0, ...appended.map(({ id }) => id));
      if (last <= this.position) resolve(appended);
      else this.#resolveWhenTold(last, () => resolve(appended), reject);
    }
  }

  /** Notes whether the storage answers. */
  async #heard<Result>(ask: () => Promise<Result>): Promise<Result> {
    this.#silentSince ??= this.#monotonic();
    const answer = await ask();
    this.#silentSince = undefined;
    return answer;
  }

  #resolveWhenTold(id: number, resolve: () => void, reject: (error: LogError) => void): void {
    // What another node committed is a duplicate here before it was told.
    this.#sequence.poke();
    this.#sequence.reached(id).then(resolve, (error: LogError) => {
      // It is committed, though nobody is left to be told.
      if (error.code === 'closed') resolve();
      else reject(error);
    });
  }

  #told(records: readonly TailRecord[]): void {
    this.#recent.push(records);
    for (const { channel, offset, id } of records) this.#heads.told(channel, offset, id, this.#failed);
    this.#tell((follower) => follower.told(records));
  }

  #skipped(from: number, to: number): void {
    this.#failed(
      new LogError('unavailable', `The records ${from} to ${to} were removed before they were read.`),
    );
    this.#recent.clear(to);
    this.#heads.clear();
    this.#tell((follower) => follower.skipped(from, to));
  }

  /** Tells those who follow now, and none who begins to or has stopped meanwhile. */
  #tell(tell: (follower: Follower) => void): void {
    const now = Array.from(this.#followers);
    for (const following of now) {
      if (!this.#followers.has(following)) continue;
      try {
        tell(following.follower);
      } catch (error) {
        // It breaks its contract: the others are told all the same, and nobody can overlook the error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #learn(epochs: readonly Epoch[]): void {
    const from = newBranch(this.#epochs, epochs);
    if (from === undefined) return;
    this.#epochs = epochs;
    if (from > this.position) return;
    // What was told from there on was lost with the storage's end, and others have these ids now.
    const to = from - 1;
    this.#recent.clear(to);
    this.#heads.clear();
    this.#sequence.goBack(to);
    this.#tell((follower) => follower.wentBack(to));
  }

  /** An id that was given before: the storage has gone back, and another's is its new epoch. Or the tail was faster. */
  async #suspect([first]: readonly TailRecord[]): Promise<void> {
    if (first === undefined || first.id > this.position) return;
    this.#learn((await this.#storage.state()).epochs);
  }

  #headOf(channel: string): Head | undefined {
    const newest = this.#recent.newest(channel);
    return newest === undefined ? this.#heads.get(channel) : { offset: newest.offset, id: newest.id };
  }

  /** Whether the position that is asked from lies beyond its epoch's end. */
  async #isForked({ channel, after = 0, epoch }: ReadRequest): Promise<boolean> {
    if (epoch === undefined || epoch === this.#epochs.at(-1)!.name) return false;
    if (after === 0) return isForked(this.#epochs, epoch, 0);
    const request = { channel, after: after - 1, before: after + 1, limit: 1 };
    const { records, extent } = await this.#storage.read(request, this.position);
    // A record that was trimmed lies at the floor, or before it.
    const id = records[0]?.id ?? (after < extent.oldest ? extent.floor : Number.POSITIVE_INFINITY);
    return isForked(this.#epochs, epoch, id);
  }

  #result(request: ReadRequest, { extent, records }: ChannelRecords, forked: boolean): ReadResult {
    const head = this.#position(extent.head);
    const gap = gapOf(request, extent, head.epoch, records[0]?.offset, forked);
    return gap === undefined ? { records, head } : { records, head, gap };
  }

  #position({ offset }: Head): Position {
    return { epoch: this.#epochs.at(-1)!.name, offset };
  }
}

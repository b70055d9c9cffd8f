/**
 * The log in memory: for tests, and for servers whose conversations may end with the process. It keeps to the
 * contract in everything but durability.
 */
import { randomUUID } from 'node:crypto';
import type { Position } from '@fullduplex/wire';
import {
  type Append,
  type Appended,
  type ChannelExtent,
  type ChannelLog,
  type Fact,
  type Following,
  type Listener,
  LogError,
  type LogRecord,
  type ReadRequest,
  type ReadResult,
} from './channel-log.js';
import { DEFAULT_MAX_PENDING_BYTES, DEFAULT_MAX_RECORD_BYTES, weigh } from './check-append.js';
import { Followers } from './followers.js';
import { GroupCommit, type PendingAppend } from './group-commit.js';
import { gapOf, planRead, selectRecords } from './read-plan.js';

export interface MemoryLogOptions {
  /** The most bytes of one record's data. 1 MiB. */
  readonly maxRecordBytes?: number;
  /** The most bytes that may wait to be committed. 64 MiB. */
  readonly maxPendingBytes?: number;
  /** The most bytes that the log holds; more is refused with `full`, until `trim` has made room. 256 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The epoch of its channels; random when absent. */
  readonly epoch?: string;
}

interface MemoryChannel {
  /** Records from `oldest` on, without holes. */
  records: LogRecord[];
  oldest: number;
  readonly keys: Map<string, LogRecord>;
}

export class MemoryLog implements ChannelLog {
  readonly durability = 'memory';
  readonly #channels = new Map<string, MemoryChannel>();
  /** The channels in the order in which they began. */
  readonly #names: string[] = [];
  readonly #facts = new Map<string, string>();
  readonly #followers = new Followers();
  readonly #commits: GroupCommit;
  readonly #epoch: string;
  readonly #now: () => number;
  readonly #maxRecordBytes: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #closed = false;

  constructor(options: MemoryLogOptions = {}) {
    this.#epoch = options.epoch ?? randomUUID();
    this.#now = options.now ?? Date.now;
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
    this.#commits = new GroupCommit({
      commit: (batch) => this.#commit(batch),
      defer: queueMicrotask,
      maxPendingBytes: options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES,
      maxBatchBytes: Number.POSITIVE_INFINITY,
    });
  }

  async append(append: Append): Promise<readonly Appended[]> {
    this.#refuseWhenClosed();
    return this.#commits.add(append, weigh(append, this.#maxRecordBytes));
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    this.#refuseWhenClosed();
    const channel = this.#channels.get(request.channel);
    const head = this.#head(request.channel);
    const oldest = channel?.oldest ?? 1;
    const plan = planRead(request, { head, oldest });
    const records = selectRecords(channel?.records ?? [], oldest, plan, request.newestFirst === true);
    const gap = gapOf(plan, request, records[0]?.offset);
    return gap === undefined ? { records, head } : { records, head, gap };
  }

  async heads(channels: readonly string[]): Promise<readonly Position[]> {
    this.#refuseWhenClosed();
    return channels.map((channel) => this.#head(channel));
  }

  async follow(channel: string, listener: Listener): Promise<Following> {
    this.#refuseWhenClosed();
    return { head: this.#head(channel), stop: this.#followers.add(channel, listener) };
  }

  async facts(prefix: string): Promise<readonly { readonly key: string; readonly value: string }[]> {
    this.#refuseWhenClosed();
    const found: { key: string; value: string }[] = [];
    for (const [key, value] of this.#facts) if (key.startsWith(prefix)) found.push({ key, value });
    return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  async channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    this.#refuseWhenClosed();
    return this.#names.slice(after, after + limit).map((channel, index) => {
      const { records, oldest } = this.#channels.get(channel)!;
      const head = records.at(-1)?.offset ?? 0;
      return { channel, number: after + index + 1, oldest, head, oldestTime: records[0]?.time ?? 0 };
    });
  }

  async trim(channel: string, before: number): Promise<void> {
    this.#refuseWhenClosed();
    const held = this.#channels.get(channel);
    if (held === undefined) return;
    const count = Math.min(before, held.oldest + held.records.length - 1) - held.oldest;
    if (count <= 0) return;
    for (const record of held.records.slice(0, count)) {
      this.#bytes -= bytesOf(record);
      if (record.key !== undefined) held.keys.delete(keyOf(record.sender, record.key));
    }
    held.records = held.records.slice(count);
    held.oldest += count;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#commits.idle();
    this.#followers.clear();
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new LogError('closed', 'The log is closed.');
  }

  #position(offset: number): Position {
    return { epoch: this.#epoch, offset };
  }

  #head(name: string): Position {
    return this.#position(this.#channels.get(name)?.records.at(-1)?.offset ?? 0);
  }

  async #commit(batch: readonly PendingAppend[]): Promise<void> {
    const told = new Map<string, LogRecord[]>();
    const settle: (() => void)[] = [];
    for (const pending of batch) {
      try {
        const appended = this.#apply(pending.append, told);
        settle.push(() => pending.resolve(appended));
      } catch (error) {
        settle.push(() => pending.reject(error as LogError));
      }
    }
    for (const [channel, records] of told) this.#followers.tell(channel, records, this.#epoch);
    for (const run of settle) run();
  }

  /** All of the append or, when it throws, nothing. */
  #apply(append: Append, told: Map<string, LogRecord[]>): readonly Appended[] {
    const now = this.#now();
    const fresh: LogRecord[] = [];
    const newest = new Map<string, LogRecord>();
    const keyed = new Map<string, LogRecord>();
    let bytes = 0;
    const appended = append.records.map((record): Appended => {
      const channel = this.#channels.get(record.channel);
      const key = record.key === undefined ? undefined : keyOf(record.sender, record.key);
      const earlier =
        key === undefined ? undefined : (channel?.keys.get(key) ?? keyed.get(record.channel + key));
      if (earlier !== undefined) {
        if (earlier.data !== record.data) throw keyConflict(record.channel);
        return { position: this.#position(earlier.offset), time: earlier.time, duplicate: true };
      }
      const last = newest.get(record.channel) ?? channel?.records.at(-1);
      const stored = { ...record, offset: (last?.offset ?? 0) + 1, time: Math.max(now, last?.time ?? 0) };
      bytes += bytesOf(stored);
      fresh.push(stored);
      newest.set(record.channel, stored);
      if (key !== undefined) keyed.set(record.channel + key, stored);
      return { position: this.#position(stored.offset), time: stored.time, duplicate: false };
    });
    const learns = fresh.length > 0 || append.records.length === 0;
    if (learns && append.unless !== undefined && this.#facts.has(append.unless)) {
      throw new LogError('fact_exists', `There is a fact ${append.unless}.`);
    }
    const growth = learns ? this.#growth(append.facts ?? []) : 0;
    if (bytes + growth > 0 && this.#bytes + bytes + growth > this.#maxBytes) {
      throw new LogError('full', `The log holds ${this.#bytes} bytes; its limit is ${this.#maxBytes}.`);
    }
    this.#bytes += bytes + growth;
    for (const record of fresh) this.#store(record, told);
    if (learns) this.#learn(append.facts ?? []);
    return appended;
  }

  #store(record: LogRecord, told: Map<string, LogRecord[]>): void {
    let channel = this.#channels.get(record.channel);
    if (channel === undefined) {
      channel = { records: [], oldest: 1, keys: new Map() };
      this.#channels.set(record.channel, channel);
      this.#names.push(record.channel);
    }
    channel.records.push(record);
    if (record.key !== undefined) channel.keys.set(keyOf(record.sender, record.key), record);
    const list = told.get(record.channel);
    if (list === undefined) told.set(record.channel, [record]);
    else list.push(record);
  }

  #learn(facts: readonly Fact[]): void {
    for (const { key, value } of facts) {
      if (value === null) this.#facts.delete(key);
      else this.#facts.set(key, value);
    }
  }

  /** The bytes that the facts would add; fewer than none when they remove more. */
  #growth(facts: readonly Fact[]): number {
    const after = new Map(facts.map(({ key, value }) => [key, value]));
    let bytes = 0;
    for (const [key, value] of after) {
      const before = this.#facts.get(key);
      if (before !== undefined) bytes -= factBytes(key, before);
      if (value !== null) bytes += factBytes(key, value);
    }
    return bytes;
  }
}

/** Lengths first, so that no sender and key can look like another pair. */
function keyOf(sender: string, key: string): string {
  return `${sender.length}:${sender}${key}`;
}

function bytesOf(record: LogRecord): number {
  return 128 + 2 * (record.data.length + record.sender.length + (record.key?.length ?? 0));
}

function factBytes(key: string, value: string): number {
  return 64 + 2 * (key.length + value.length);
}

function keyConflict(channel: string): LogError {
  return new LogError('key_conflict', `The key was used for other data in ${channel}.`);
}

/**
 * A log's storage in memory: for tests and simulation, and for servers whose conversations may end with the process.
 * Several logs may stand on what one process holds, each as a writer of its own.
 */
import { type AppendPlan, type Keyed, planAppend } from './append-plan.js';
import {
  type Append,
  type ChannelExtent,
  type Fact,
  type FactsAt,
  type Hole,
  LogError,
  type LogRecord,
  type TailRecord,
} from './log.js';
import { planRead, selectRecords } from './read-plan.js';
import type {
  ChannelRecords,
  Committed,
  Extent,
  Merged,
  MergedRequest,
  Placed,
  Storage,
  StorageState,
  TailPage,
} from './storage.js';

export interface MemoryStorageOptions {
  /** The most bytes that it holds; more is refused with `full`, until `trim` has made room. 256 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The name of its one epoch, which no other log may bear: readers of another log are told by it. */
  readonly epoch: string;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

interface Channel {
  /** Records from `oldest` on, without holes. */
  records: LogRecord[];
  oldest: number;
  /** The id of the newest record that was trimmed. */
  floor: number;
  readonly keys: Map<string, number>;
}

/** What stands in the order: a record, or where some are gone. */
interface Entry {
  readonly id: number;
  readonly record?: LogRecord;
  readonly hole?: Hole;
}

/** What is held, whoever writes it. */
interface Held {
  readonly channels: Map<string, Channel>;
  /** The channels in the order in which they began. */
  readonly names: string[];
  readonly facts: Map<string, Fact>;
  /** By id; trimmed ones are absent. */
  readonly records: Map<number, TailRecord>;
  readonly watchers: Set<{ readonly by: MemoryStorage; readonly changed: () => void }>;
  lastId: number;
  bytes: number;
}

export class MemoryStorage implements Storage {
  readonly durability = 'memory';
  readonly opened: StorageState;
  readonly #options: MemoryStorageOptions;
  readonly #held: Held;

  constructor(options: MemoryStorageOptions, held: Held = nothing()) {
    this.#options = options;
    this.#held = held;
    this.opened = { lastId: held.lastId, epochs: [{ name: options.epoch, first: 1 }] };
  }

  /** Another writer and reader of the same. */
  another(): MemoryStorage {
    return new MemoryStorage(this.#options, this.#held);
  }

  async commit(batch: readonly Append[]): Promise<Committed> {
    const records: TailRecord[] = [];
    const outcomes = batch.map((append): readonly Placed[] | LogError => {
      try {
        return this.#apply(append, records);
      } catch (error) {
        if (error instanceof LogError) return error;
        throw error;
      }
    });
    if (records.length > 0) {
      for (const { by, changed } of this.#held.watchers) if (by !== this) changed();
    }
    return { outcomes, records };
  }

  async state(): Promise<StorageState> {
    return { lastId: this.#held.lastId, epochs: this.opened.epochs };
  }

  async tail(after: number, limit: number, maxBytes: number): Promise<TailPage> {
    const records: TailRecord[] = [];
    let bytes = 0;
    for (let id = after + 1; id <= this.#held.lastId && records.length < limit; id++) {
      const record = this.#held.records.get(id);
      if (record === undefined) continue;
      bytes += Buffer.byteLength(record.data);
      if (records.length > 0 && bytes > maxBytes) break;
      records.push(record);
    }
    return { ...(await this.state()), records };
  }

  async read(request: Parameters<Storage['read']>[0], upTo: number): Promise<ChannelRecords> {
    const extent = this.#extent(request.channel, upTo);
    const channel = this.#held.channels.get(request.channel);
    const plan = planRead(request, extent);
    const records = selectRecords(
      channel?.records ?? [],
      channel?.oldest ?? 1,
      plan,
      request.newestFirst === true,
    );
    return { extent, records };
  }

  async readAfter({ channels, upTo, limit, maxBytes }: MergedRequest): Promise<Merged> {
    const found: Entry[] = [];
    for (const { channel: name, after } of channels) {
      const channel = this.#held.channels.get(name);
      if (channel === undefined) continue;
      const { floor, oldest, records } = channel;
      if (floor > after && floor <= upTo) {
        found.push({ id: floor, hole: { channel: name, id: floor, offset: oldest - 1 } });
      }
      const first = firstAfter(records, after);
      // One more than is asked for, to know whether there is more.
      for (const record of records.slice(first, first + limit + 1)) {
        if (record.id <= upTo) found.push({ id: record.id, record });
      }
    }
    found.sort((a, b) => a.id - b.id);
    const merged = { records: [] as LogRecord[], holes: [] as Hole[] };
    let bytes = 0;
    for (const [index, { record, hole }] of found.entries()) {
      if (record !== undefined) bytes += Buffer.byteLength(record.data);
      const full = record !== undefined && merged.records.length > 0 && bytes > maxBytes;
      if (index === limit || full) return { ...merged, whole: false };
      if (record !== undefined) merged.records.push(record);
      if (hole !== undefined) merged.holes.push(hole);
    }
    return { ...merged, whole: true };
  }

  async extents(channels: readonly string[], upTo: number): Promise<readonly Extent[]> {
    return channels.map((channel) => this.#extent(channel, upTo));
  }

  async facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>> {
    return { facts: keys.map((key) => this.#held.facts.get(key)), id: this.#held.lastId };
  }

  async list(prefix: string, limit: number, after?: string): Promise<FactsAt<readonly Fact[]>> {
    const from = after === undefined ? undefined : Buffer.from(after);
    const facts = [...this.#held.facts.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map((fact) => ({ fact, bytes: Buffer.from(fact.key) }))
      .filter(({ bytes }) => from === undefined || Buffer.compare(bytes, from) > 0)
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
      .slice(0, limit)
      .map(({ fact }) => fact);
    return { facts, id: this.#held.lastId };
  }

  async channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    return this.#held.names.slice(after, after + limit).map((channel, index) => {
      const { head, oldest } = this.#extent(channel, this.#held.lastId);
      return { channel, number: after + index + 1, oldest, head: head.offset };
    });
  }

  async trim(name: string, before: number): Promise<{ readonly oldest: number; readonly more: boolean }> {
    const channel = this.#held.channels.get(name);
    if (channel === undefined) return { oldest: 1, more: false };
    const count = Math.min(before, channel.oldest + channel.records.length - 1) - channel.oldest;
    for (const record of channel.records.splice(0, Math.max(count, 0))) {
      this.#held.bytes -= bytesOf(record);
      this.#held.records.delete(record.id);
      if (record.key !== undefined) channel.keys.delete(keyOf(record.sender, record.key));
      channel.oldest = record.offset + 1;
      channel.floor = record.id;
    }
    return { oldest: channel.oldest, more: false };
  }

  watch(changed: () => void): () => void {
    const watcher = { by: this, changed };
    this.#held.watchers.add(watcher);
    return () => this.#held.watchers.delete(watcher);
  }

  async close(): Promise<void> {}

  /** All of the append or, when it throws, nothing. */
  #apply(append: Append, into: TailRecord[]): readonly Placed[] {
    const plan = planAppend(append, {
      lastId: this.#held.lastId,
      now: this.#options.now(),
      headOf: (channel) => this.#held.channels.get(channel)?.records.at(-1)?.offset ?? 0,
      byKey: (channel, sender, key) => this.#byKey(channel, sender, key),
      fact: (key) => this.#held.facts.get(key),
    });
    const growth = this.#growth(plan);
    const maxBytes = this.#options.maxBytes ?? DEFAULT_MAX_BYTES;
    if (growth > 0 && this.#held.bytes + growth > maxBytes) {
      throw new LogError('full', `The log holds ${this.#held.bytes} bytes; its limit is ${maxBytes}.`);
    }
    this.#held.bytes += growth;
    for (const { key, value } of plan.changes) {
      if (value === null) this.#held.facts.delete(key);
      else this.#held.facts.set(key, { key, value, id: plan.factId });
    }
    const redactions = plan.applies ? (append.redact ?? []) : [];
    for (const { id, data } of redactions) this.#redact(id, data);
    for (const [index, record] of plan.records.entries()) {
      const first = index === 0;
      const tail: TailRecord = {
        ...record,
        ...(first && plan.changes.length > 0 ? { changes: plan.changes } : {}),
        ...(first && redactions.length > 0 ? { redactions } : {}),
      };
      this.#store(record, tail);
      into.push(tail);
    }
    return plan.placed;
  }

  #store(record: LogRecord, tail: TailRecord): void {
    let channel = this.#held.channels.get(record.channel);
    if (channel === undefined) {
      channel = { records: [], oldest: 1, floor: 0, keys: new Map() };
      this.#held.channels.set(record.channel, channel);
      this.#held.names.push(record.channel);
    }
    channel.records.push(record);
    if (record.key !== undefined) channel.keys.set(keyOf(record.sender, record.key), record.offset);
    this.#held.records.set(record.id, tail);
    this.#held.lastId = record.id;
  }

  #redact(id: number, data: string): void {
    const tail = this.#held.records.get(id);
    if (tail === undefined) return;
    const channel = this.#held.channels.get(tail.channel)!;
    const index = tail.offset - channel.oldest;
    channel.records[index] = { ...channel.records[index]!, data, redacted: true };
    this.#held.records.set(id, { ...tail, data, redacted: true });
  }

  #byKey(channel: string, sender: string, key: string): Keyed | undefined {
    const found = this.#held.channels.get(channel);
    const offset = found?.keys.get(keyOf(sender, key));
    return offset === undefined ? undefined : found!.records[offset - found!.oldest];
  }

  #extent(name: string, upTo: number): Extent {
    const channel = this.#held.channels.get(name);
    if (channel === undefined) return { head: { offset: 0, id: 0 }, oldest: 1, floor: 0 };
    const { records, floor } = channel;
    // Where all up to there was trimmed, the newest of it is where the channel ended.
    const gone = floor <= upTo ? { offset: channel.oldest - 1, id: floor } : { offset: 0, id: 0 };
    const last = records[firstAfter(records, upTo) - 1] ?? gone;
    const head = { offset: last.offset, id: last.id };
    return { head, oldest: Math.min(channel.oldest, head.offset + 1), floor };
  }

  /** The bytes that it would add; fewer than none when it removes more. */
  #growth({ records, changes }: AppendPlan): number {
    let bytes = 0;
    for (const record of records) bytes += bytesOf(record);
    for (const { key, value } of changes) {
      const before = this.#held.facts.get(key);
      if (before !== undefined) bytes -= factBytes(key, before.value);
      if (value !== null) bytes += factBytes(key, value);
    }
    return bytes;
  }
}

function nothing(): Held {
  return {
    channels: new Map(),
    names: [],
    facts: new Map(),
    records: new Map(),
    watchers: new Set(),
    lastId: 0,
    bytes: 0,
  };
}

/** The index of the first record with a greater id. */
function firstAfter(records: readonly LogRecord[], id: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (records[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
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

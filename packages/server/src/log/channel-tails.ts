/**
 * What a log keeps at hand in memory: each channel's head, and its most recent records, bounded in bytes over all
 * channels. Whoever catches up mostly reads here, and the disk is left to those who were away for long.
 */
import type { Position } from '@fullduplex/wire';
import type { LogRecord, ReadRequest, ReadResult } from './channel-log.js';
import { type Extent, gapOf, planRead, selectRecords } from './read-plan.js';

export interface ChannelTailsOptions {
  /** Records past this are let go, the longest held first. */
  readonly maxBytes: number;
  /** Channels past this that have no records here are forgotten, the longest known first, unless `isNeeded`. */
  readonly maxChannels: number;
  readonly isNeeded: (channel: string) => boolean;
}

interface Tail {
  readonly name: string;
  readonly epoch: string;
  head: number;
  oldest: number;
  /** Without holes, up to the head. */
  records: LogRecord[];
  /** Whether records before those of this process were fetched since the tail was last empty. */
  warm: boolean;
}

/** Records that came to a tail together; they leave it together. */
interface Held {
  readonly tail: Tail;
  readonly count: number;
}

export class ChannelTails {
  readonly #options: ChannelTailsOptions;
  readonly #tails = new Map<string, Tail>();
  /** In the order they came; the entries before `#first` have left. */
  #held: Held[] = [];
  #first = 0;
  #bytes = 0;

  constructor(options: ChannelTailsOptions) {
    this.#options = options;
  }

  /** Bytes that the records take. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#tails.size;
  }

  head(channel: string): Position | undefined {
    const tail = this.#tails.get(channel);
    return tail && { epoch: tail.epoch, offset: tail.head };
  }

  /** What storage says of a channel. What is known here is newer, and stays. */
  learn(channel: string, extent: Extent): void {
    if (this.#tails.has(channel)) return;
    this.#add(channel, extent.head.epoch, extent.head.offset, extent.oldest);
  }

  /** Records that were appended. Answers those that no one can have been told of: what lies after the known head. */
  push(channel: string, epoch: string, oldest: number, records: readonly LogRecord[]): readonly LogRecord[] {
    const first = records[0];
    if (first === undefined) return records;
    const tail = this.#tails.get(channel) ?? this.#add(channel, epoch, first.offset - 1, oldest);
    const fresh = records.filter((record) => record.offset > tail.head);
    if (fresh.length === 0) return fresh;
    tail.head = fresh.at(-1)!.offset;
    for (const record of fresh) tail.records.push(record);
    // A tail that holds all there is has nothing to be fetched.
    if (tail.head - tail.records.length < tail.oldest) tail.warm = true;
    this.#hold(tail, fresh);
    return fresh;
  }

  /** Whether it is worth fetching the records before those at hand, for a reader who begins there. */
  isCold(channel: string): boolean {
    const tail = this.#tails.get(channel);
    return tail !== undefined && !tail.warm && tail.head > 0;
  }

  /** The newest records as storage has them, for a tail that was cold. */
  warm(channel: string, records: readonly LogRecord[]): void {
    const tail = this.#tails.get(channel);
    if (tail === undefined || tail.warm) return;
    tail.warm = true;
    const start = tail.head - tail.records.length + 1;
    const older = records.filter((record) => record.offset < start);
    if (older.at(-1)?.offset !== start - 1) return;
    tail.records = [...older, ...tail.records];
    this.#hold(tail, older);
  }

  trimmed(channel: string, oldest: number): void {
    const tail = this.#tails.get(channel);
    if (tail !== undefined) tail.oldest = Math.max(tail.oldest, oldest);
  }

  /** The answer, when everything it takes is at hand. */
  read(request: ReadRequest): ReadResult | undefined {
    const tail = this.#tails.get(request.channel);
    if (tail === undefined) return undefined;
    const head = { epoch: tail.epoch, offset: tail.head };
    const plan = planRead(request, { head, oldest: tail.oldest });
    const start = tail.head - tail.records.length + 1;
    const newestFirst = request.newestFirst === true;
    if (plan.first <= plan.last && plan.first < start && !newestFirst) return undefined;
    const records = selectRecords(tail.records, start, plan, newestFirst);
    const first = records[0]?.offset;
    // The way back ended where the tail does, and not where the request wanted it to: there may be more.
    const ended = first === undefined ? plan.last < start : first === start && records.length < plan.limit;
    if (plan.first <= plan.last && plan.first < start && ended) return undefined;
    const gap = gapOf(plan, request, first);
    return gap === undefined ? { records, head } : { records, head, gap };
  }

  #add(name: string, epoch: string, head: number, oldest: number): Tail {
    if (this.#tails.size >= this.#options.maxChannels) this.#forget();
    const tail: Tail = { name, epoch, head, oldest, records: [], warm: false };
    this.#tails.set(name, tail);
    return tail;
  }

  #forget(): void {
    // Looks at a few only: where all of the longest known are needed, the bound gives way to the need.
    let looks = 16;
    for (const [name, tail] of this.#tails) {
      this.#tails.delete(name);
      // What has records is bounded by their bytes.
      if (tail.records.length === 0 && !this.#options.isNeeded(name)) return;
      // It goes to the end, as if it were new.
      this.#tails.set(name, tail);
      if (--looks === 0) return;
    }
  }

  #hold(tail: Tail, records: readonly LogRecord[]): void {
    this.#bytes += sizeOf(records);
    this.#held.push({ tail, count: records.length });
    while (this.#bytes > this.#options.maxBytes && this.#first < this.#held.length) {
      const held = this.#held[this.#first++]!;
      const gone = held.tail.records.splice(0, held.count);
      this.#bytes -= sizeOf(gone);
      if (held.tail.records.length === 0) held.tail.warm = false;
    }
    if (this.#first > 1024 && this.#first * 2 > this.#held.length) {
      this.#held = this.#held.slice(this.#first);
      this.#first = 0;
    }
  }
}

/** At two bytes a character, the most that a string takes. */
function sizeOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const { data, sender, key } of records)
    bytes += 192 + 2 * (data.length + sender.length + (key?.length ?? 0));
  return bytes;
}

/**
 * The newest records of all channels, in memory, bounded in bytes: whoever was away for a moment reads here, and the
 * storage is left to those who were away for long. What is here is complete: every record with an id beyond `floor`,
 * but for those of a channel that were trimmed.
 */
import type { ChannelPlace, LogRecord, Redaction, TailRecord } from './log.js';

/** The records of one channel, by offset and without holes; those before `first` were let go. */
interface ChannelRecords {
  records: LogRecord[];
  first: number;
  /** The id of the newest one that was trimmed. */
  trimmed: number;
}

/** A channel's records that are here. */
export interface HeldRecords {
  /** Without holes, the last one last. Those before the offset `oldest` must not be looked at. */
  readonly records: readonly LogRecord[];
  /** The offset that the first of `records` has, or had. */
  readonly start: number;
  readonly oldest: number;
}

export class RecentRecords {
  readonly #maxBytes: number;
  readonly #channels = new Map<string, ChannelRecords>();
  /** By id, without holes; those before `#first` were let go. */
  #order: LogRecord[] = [];
  #first = 0;
  #floor: number;
  #bytes = 0;

  /** @param floor the id that the first record will come after */
  constructor(maxBytes: number, floor: number) {
    this.#maxBytes = maxBytes;
    this.#floor = floor;
  }

  /** Everything with a greater id is here. */
  get floor(): number {
    return this.#floor;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records that adjoin what is here. */
  push(records: readonly TailRecord[]): void {
    for (const { changes: _changes, redactions, ...record } of records) {
      if (redactions !== undefined) this.#redact(redactions);
      this.#order.push(record);
      this.#bytes += sizeOf(record);
      const channel = this.#channels.get(record.channel);
      if (channel === undefined) {
        this.#channels.set(record.channel, { records: [record], first: 0, trimmed: 0 });
      } else {
        channel.records.push(record);
      }
    }
    while (this.#bytes > this.#maxBytes && this.#first < this.#order.length) this.#letGo();
    if (this.#first > 1024 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Begins anew after this id. */
  clear(floor: number): void {
    this.#channels.clear();
    this.#order = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#floor = floor;
  }

  /** The channel's records before the offset are gone. */
  trim(name: string, before: number): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const { records } = channel;
    while (channel.first < records.length && records[channel.first]!.offset < before) {
      const record = records[channel.first]!;
      records[channel.first++] = GONE;
      channel.trimmed = record.id;
      // Its place in the order stays, without what it held.
      const rest = { ...GONE, id: record.id, channel: name };
      this.#order[this.#indexOf(record.id)!] = rest;
      this.#bytes += sizeOf(rest) - sizeOf(record);
    }
  }

  /** The newest record of the channel that is here. */
  newest(name: string): LogRecord | undefined {
    const channel = this.#channels.get(name);
    return channel === undefined || isEmpty(channel) ? undefined : channel.records.at(-1);
  }

  /** The channel's records that are here, if there are any. */
  of(name: string): HeldRecords | undefined {
    const channel = this.#channels.get(name);
    if (channel === undefined || isEmpty(channel)) return undefined;
    const oldest = channel.records[channel.first]!.offset;
    return { records: channel.records, start: oldest - channel.first, oldest };
  }

  /** Whether everything that comes after the place is here, and nothing of it was trimmed. */
  reaches({ channel, after }: ChannelPlace): boolean {
    return after >= this.#floor && after >= (this.#channels.get(channel)?.trimmed ?? 0);
  }

  /** The oldest records that come after these places, all of which must be here (`reaches`); by id. */
  merge(places: readonly ChannelPlace[], limit: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    for (const place of places) {
      this.#collect(place, limit, found);
      // With so many, all that was told since is looked at sooner than it is put in order.
      if (found.length > 4 * limit && places.length > 1) return this.#walk(places, limit);
    }
    if (places.length > 1) found.sort((a, b) => a.id - b.id);
    return found.length > limit ? found.slice(0, limit) : found;
  }

  #collect({ channel: name, after }: ChannelPlace, limit: number, into: LogRecord[]): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const { records } = channel;
    let low = channel.first;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (records[middle]!.id <= after) low = middle + 1;
      else high = middle;
    }
    const end = Math.min(low + limit, records.length);
    for (let index = low; index < end; index++) into.push(records[index]!);
  }

  #walk(places: readonly ChannelPlace[], limit: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    const after = new Map(places.map((place) => [place.channel, place.after]));
    const lowest = places.reduce((least, place) => Math.min(least, place.after), Number.POSITIVE_INFINITY);
    const begin = this.#indexOf(lowest + 1) ?? this.#order.length;
    for (let index = begin; index < this.#order.length && found.length < limit; index++) {
      const record = this.#order[index]!;
      const place = after.get(record.channel);
      if (place !== undefined && record.id > place) found.push(record);
    }
    return found;
  }

  #letGo(): void {
    const record = this.#order[this.#first]!;
    // Let go of for the collector, too.
    this.#order[this.#first++] = GONE;
    this.#bytes -= sizeOf(record);
    this.#floor = record.id;
    const channel = this.#channels.get(record.channel);
    if (channel === undefined) return;
    if (channel.records[channel.first]?.id === record.id) channel.records[channel.first++] = GONE;
    if (isEmpty(channel)) {
      if (record.id >= channel.trimmed) this.#channels.delete(record.channel);
    } else if (channel.first > 64 && channel.first * 2 > channel.records.length) {
      channel.records = channel.records.slice(channel.first);
      channel.first = 0;
    }
  }

  #redact(redactions: readonly Redaction[]): void {
    for (const { id, data } of redactions) {
      const index = this.#indexOf(id);
      if (index === undefined) continue;
      const record = this.#order[index]!;
      const held = this.of(record.channel);
      // Where it was trimmed there is nothing left to redact.
      if (held === undefined || record.offset < held.oldest) continue;
      const redacted: LogRecord = { ...record, data, redacted: true };
      this.#bytes += sizeOf(redacted) - sizeOf(record);
      this.#order[index] = redacted;
      this.#channels.get(record.channel)!.records[record.offset - held.start] = redacted;
    }
  }

  /** Where the record with this id stands in the order, if it is here. */
  #indexOf(id: number): number | undefined {
    const oldest = this.#order[this.#first];
    if (oldest === undefined || id < oldest.id) return undefined;
    const index = this.#first + id - oldest.id;
    return index < this.#order.length ? index : undefined;
  }
}

const GONE: LogRecord = { id: 0, offset: 0, channel: '', sender: '', data: '', time: 0 };

function isEmpty({ records, first }: ChannelRecords): boolean {
  return first === records.length;
}

/** At two bytes a character, the most that a string takes. */
function sizeOf({ data, sender, key }: LogRecord): number {
  return 208 + 2 * (data.length + sender.length + (key?.length ?? 0));
}

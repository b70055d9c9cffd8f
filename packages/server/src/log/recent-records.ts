/**
 * The newest records of all channels, in memory, bounded in bytes: whoever was away for a moment reads here, and the
 * storage is left to those who were away for long. What is here is complete: every record with an id beyond `floor`.
 */
import type { LogRecord, Redaction, TailRecord } from './log.js';

/** The records of one channel, by id; those before `first` were let go. */
interface ChannelRecords {
  records: LogRecord[];
  first: number;
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
      if (channel === undefined) this.#channels.set(record.channel, { records: [record], first: 0 });
      else channel.records.push(record);
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

  /** The newest record of the channel that is here. */
  newest(channel: string): LogRecord | undefined {
    return this.#channels.get(channel)?.records.at(-1);
  }

  /** The channel's records that are here, by offset and without holes. */
  of(channel: string): readonly LogRecord[] {
    const found = this.#channels.get(channel);
    if (found === undefined) return [];
    return found.first === 0 ? found.records : found.records.slice(found.first);
  }

  /** The channel's records with a greater id, which must not lie before `floor`. */
  after(channel: string, id: number): readonly LogRecord[] {
    const found = this.#channels.get(channel);
    if (found === undefined || found.records.at(-1)!.id <= id) return [];
    let low = found.first;
    let high = found.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (found.records[middle]!.id <= id) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? found.records : found.records.slice(low);
  }

  #letGo(): void {
    const record = this.#order[this.#first]!;
    // Let go of for the collector, too.
    this.#order[this.#first++] = GONE;
    this.#bytes -= sizeOf(record);
    this.#floor = record.id;
    const channel = this.#channels.get(record.channel)!;
    channel.records[channel.first++] = GONE;
    if (channel.first === channel.records.length) this.#channels.delete(record.channel);
    else if (channel.first > 64 && channel.first * 2 > channel.records.length) {
      channel.records = channel.records.slice(channel.first);
      channel.first = 0;
    }
  }

  #redact(redactions: readonly Redaction[]): void {
    for (const { id, data } of redactions) {
      const start = this.#order[this.#first];
      if (start === undefined || id < start.id) continue;
      const index = this.#first + id - start.id;
      const record = this.#order[index];
      if (record === undefined || record.id !== id) continue;
      const redacted: LogRecord = { ...record, data, redacted: true };
      this.#bytes += sizeOf(redacted) - sizeOf(record);
      this.#order[index] = redacted;
      const { records } = this.#channels.get(record.channel)!;
      records[records.indexOf(record)] = redacted;
    }
  }
}

const GONE: LogRecord = { id: 0, offset: 0, channel: '', sender: '', data: '', time: 0 };

/** At two bytes a character, the most that a string takes. */
function sizeOf({ data, sender, key }: LogRecord): number {
  return 208 + 2 * (data.length + sender.length + (key?.length ?? 0));
}

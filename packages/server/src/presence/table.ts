/**
 * What this node tells others of who is here, as a table with versions: each change moves its entry to the table's end,
 * so that whoever has everything up to a version is told what came after it, in small parts. It keeps only which entries
 * there are; what they say is read as they are told.
 */
import type { ChannelEntry, SeatEntry, TableUpdate, UserEntry } from '../broker/broker.js';

/** What one entry says now. `gone` entries are told for a while, and then forgotten. */
export type Entry =
  | { readonly kind: 'channel'; readonly entry: ChannelEntry; readonly gone: boolean }
  | { readonly kind: 'user'; readonly entry: UserEntry; readonly gone: boolean }
  | { readonly kind: 'seat'; readonly entry: SeatEntry; readonly gone: boolean };

export type ReadEntry = (key: string) => Entry;

/** Entries of what is gone are kept up to so many, or as many as there are of what is not. */
const GONE_KEPT = 1000;

/** Bytes of an update besides its entries. */
const FRAME_BYTES = 200;

export class Table {
  readonly #read: ReadEntry;
  readonly #maxBytes: number;
  /** Keys in the order of their versions. */
  readonly #versions = new Map<string, number>();
  readonly #touched = new Set<string>();
  #version = 0;
  #forgotten = 0;
  /** The size at which what is gone is looked for. */
  #sweepAt = 2 * GONE_KEPT;

  /** @param maxBytes of one update */
  constructor(read: ReadEntry, maxBytes: number) {
    this.#read = read;
    this.#maxBytes = maxBytes - FRAME_BYTES;
  }

  /** The version that was told last. */
  get version(): number {
    return this.#version;
  }

  /** What went out of the table up to this version is no longer known. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Entries that are kept. */
  get size(): number {
    return this.#versions.size;
  }

  touch(key: string): void {
    // Again at the end, so that seats which are told anew stand behind their user.
    this.#touched.delete(key);
    this.#touched.add(key);
  }

  /** Takes the entries in without a word: who wants them asks. */
  fill(keys: Iterable<string>): void {
    for (const key of keys) this.#move(key);
  }

  /** Gives what was touched its versions, and tells it, the first so many parts of it. */
  flush(most: number): TableUpdate[] {
    const after = this.#version;
    const keys = [...this.#touched];
    this.#touched.clear();
    const entries = keys.map((key) => [key, this.#move(key)] as const);
    const updates = [...this.#parts(after, entries, most)];
    this.#sweep();
    return updates;
  }

  /** What came after the version, the first so many parts of it. */
  after(version: number, most: number): TableUpdate[] {
    const entries = [...this.#versions].filter(([, at]) => at > version);
    return [...this.#parts(version, entries, most)];
  }

  /** Forgets everything: there is nobody to tell it to. */
  clear(): void {
    this.#versions.clear();
    this.#touched.clear();
    this.#version += 1;
    this.#forgotten = this.#version;
  }

  #move(key: string): number {
    this.#version += 1;
    this.#versions.delete(key);
    this.#versions.set(key, this.#version);
    return this.#version;
  }

  *#parts(
    after: number,
    entries: readonly (readonly [key: string, version: number])[],
    most: number,
  ): Generator<TableUpdate> {
    let part = emptyPart();
    let [from, to, bytes, parts] = [after, after, 0, 0];
    for (const [key, version] of entries) {
      const read = this.#read(key);
      const size = Buffer.byteLength(JSON.stringify(read.entry)) + 1;
      if (bytes > 0 && bytes + size > this.#maxBytes) {
        yield { kind: 'table', after: from, to, ...part };
        parts += 1;
        if (parts >= most) return;
        part = emptyPart();
        [from, bytes] = [to, 0];
      }
      bytes += size;
      to = version;
      if (read.kind === 'channel') part.channels.push(read.entry);
      else if (read.kind === 'user') part.users.push(read.entry);
      else part.seats.push(read.entry);
    }
    // Versions that were overtaken since have no entries: the last part reaches the table's end all the same.
    if (bytes > 0 || from < this.#version) {
      yield { kind: 'table', after: from, to: this.#version, ...part };
    }
  }

  #sweep(): void {
    if (this.#versions.size < this.#sweepAt) return;
    const gone = [...this.#versions].filter(([key]) => this.#read(key).gone);
    const kept = Math.max(GONE_KEPT, this.#versions.size - gone.length);
    for (const [key, version] of gone.slice(0, Math.max(gone.length - kept, 0))) {
      this.#versions.delete(key);
      this.#forgotten = version;
    }
    this.#sweepAt = 2 * Math.max(GONE_KEPT, this.#versions.size);
  }
}

function emptyPart(): { channels: ChannelEntry[]; users: UserEntry[]; seats: SeatEntry[] } {
  return { channels: [], users: [], seats: [] };
}

/**
 * Puts what was committed into one order without holes, whoever committed it and however it comes: own commits are
 * handed in, others' are read from the storage. It trusts nothing that it is handed: ids and offsets are checked, and
 * where something is missing it is read.
 */
import { LogError, type TailRecord } from './log.js';
import type { StorageState, TailPage } from './storage.js';

export interface SequenceOptions {
  /** Where the order was taken up. */
  readonly position: number;
  /** Reads everything after the id; at least one record where there is any. */
  readonly read: (after: number) => Promise<TailPage>;
  /** Told in order, without holes; the first id is the position and one. */
  readonly told: (records: readonly TailRecord[]) => void;
  /** These ids are gone. */
  readonly skipped: (from: number, to: number) => void;
  readonly state: (state: StorageState) => void;
  /** Told why reading failed; it is tried again after a while, or when there is more. */
  readonly failed: (error: unknown) => void;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

interface Waiting {
  readonly id: number;
  readonly resolve: () => void;
  readonly reject: (error: LogError) => void;
}

/** Between two tries to read when the storage fails, in milliseconds. */
const RETRY = 200;

export class Sequence {
  readonly #options: SequenceOptions;
  #position: number;
  /** The first of the ids that were missing when they were last read; they are looked for once more. */
  #missed: number | undefined;
  #reading = false;
  #wanted = false;
  #waiting: Waiting[] = [];
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: SequenceOptions) {
    this.#options = options;
    this.#position = options.position;
  }

  get position(): number {
    return this.#position;
  }

  /** Records that were committed here, by id. They may come again, in parts, and late. */
  offer(records: readonly TailRecord[]): void {
    const last = records.at(-1);
    if (last === undefined || this.#closed) return;
    const fresh = records.filter(({ id }) => id > this.#position);
    // What does not adjoin is read with what is missing before it.
    if (fresh[0]?.id === this.#position + 1 && adjoin(fresh)) this.#tell(fresh);
    if (this.#position < last.id) this.poke();
  }

  /** There may be more in the storage. */
  poke(): void {
    if (this.#closed) return;
    this.#wanted = true;
    if (this.#reading) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#reading = true;
    void this.#read();
  }

  /** Resolves once the position has reached the id, which is committed. */
  reached(id: number): Promise<void> {
    if (id <= this.#position) return Promise.resolve();
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
    });
  }

  /** The order goes on anew after this id, which lies before the position; whoever waits for what was lost fails. */
  goBack(to: number): void {
    this.#position = to;
    this.#missed = undefined;
    const lost = new LogError('unavailable', 'The storage has gone back; what was committed may be lost.');
    for (const { reject } of this.#waiting.splice(0)) reject(lost);
    this.poke();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
  }

  async #read(): Promise<void> {
    try {
      while (this.#wanted && !this.#closed) {
        this.#wanted = false;
        const page = await this.#options.read(this.#position);
        if (this.#closed) return;
        this.#options.state(page);
        this.#take(page);
        // By what the storage has, and not by what it was said to have: it may have gone back.
        if (this.#position < page.lastId) this.#wanted = true;
      }
    } catch (error) {
      if (this.#closed) return;
      this.#options.failed(error);
      this.#cancel = this.#options.after(RETRY, () => this.poke());
    } finally {
      this.#reading = false;
    }
  }

  #take({ records, lastId }: TailPage): void {
    let run: TailRecord[] = [];
    let next = this.#position + 1;
    for (const record of records) {
      if (record.id < next) continue;
      if (record.id > next) {
        this.#tell(run);
        run = [];
        if (!this.#isGone(next)) return;
        this.#skip(next, record.id - 1);
      }
      run.push(record);
      next = record.id + 1;
    }
    this.#tell(run);
    if (records.length > 0 || lastId <= this.#position || !this.#isGone(this.#position + 1)) return;
    this.#skip(this.#position + 1, lastId);
  }

  /** Whether the id was missing the last time, too. */
  #isGone(id: number): boolean {
    const gone = this.#missed === id;
    this.#missed = gone ? undefined : id;
    if (!gone) this.#wanted = true;
    return gone;
  }

  #tell(records: readonly TailRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    this.#position = last.id;
    this.#options.told(records);
    this.#settle();
  }

  #skip(from: number, to: number): void {
    this.#position = to;
    this.#options.skipped(from, to);
    this.#settle();
  }

  #settle(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      if (one.id <= this.#position) one.resolve();
      else this.#waiting.push(one);
    }
  }
}

function adjoin(records: readonly TailRecord[]): boolean {
  return records.every((record, index) => index === 0 || record.id === records[index - 1]!.id + 1);
}

function closed(): LogError {
  return new LogError('closed', 'The log is closed.');
}

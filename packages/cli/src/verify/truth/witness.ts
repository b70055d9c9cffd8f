/** Looks at the storage now and then, and remembers what retention takes later. It judges nothing. */
import { sleep } from '../participant.js';
import { type Stored, type StoredRecord, Truth } from './truth.js';

/** Between two looks, in milliseconds. */
const INTERVAL = 2_000;

export class Witness {
  readonly #read: () => Promise<Stored>;
  readonly #past = new Map<number, StoredRecord>();

  constructor(read: () => Promise<Stored>) {
    this.#read = read;
  }

  /** Looks until the function that it gives is called; that resolves once it does no longer. */
  watch(): () => Promise<void> {
    const ended = new AbortController();
    const watching = this.#watch(ended.signal);
    return () => {
      ended.abort();
      return watching;
    };
  }

  /** What is kept now, with what was. */
  async look(): Promise<Truth> {
    const stored = await this.#read();
    for (const record of stored.records) {
      if (record.id !== undefined && !this.#past.has(record.id)) this.#past.set(record.id, record);
    }
    return new Truth(stored, [...this.#past.values()]);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // While the storage is away there is nothing to see.
      await this.look().catch(() => {});
      await sleep(INTERVAL, signal);
    }
  }
}

/** Where channels end, for more of them than recent records tell of: bounded, and those without news for longest go first. */
import type { Head } from './log.js';

export class HeadCache {
  readonly #max: number;
  readonly #heads = new Map<string, Head>();

  constructor(max: number) {
    this.#max = max;
  }

  get(channel: string): Head | undefined {
    return this.#heads.get(channel);
  }

  /** What the storage says; what is known here is newer, and stays. */
  learn(channel: string, head: Head): void {
    if (this.#heads.has(channel)) return;
    this.#set(channel, head);
  }

  /** A record was told. Where its offset does not adjoin the one known before, `failed` hears of it. */
  told(channel: string, offset: number, id: number, failed: (error: Error) => void): void {
    const before = this.#heads.get(channel);
    if (before !== undefined && before.offset + 1 !== offset) {
      failed(new Error(`In ${channel} the offset ${offset} came after ${before.offset}.`));
    }
    this.#set(channel, { offset, id });
  }

  clear(): void {
    this.#heads.clear();
  }

  #set(channel: string, head: Head): void {
    // To the end of the order in which they go.
    this.#heads.delete(channel);
    this.#heads.set(channel, head);
    if (this.#heads.size <= this.#max) return;
    const [oldest] = this.#heads.keys();
    if (oldest !== undefined) this.#heads.delete(oldest);
  }
}

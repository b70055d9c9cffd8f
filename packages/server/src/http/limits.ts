/** Rate limits by key: an address, or a user. Bounded in memory, whoever comes with however many keys. */
import { CommandError } from '@fullduplex/wire';
import { TokenBucket } from '../session/token-bucket.js';

const MAX_KEYS = 20_000;

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** @throws {CommandError} `too_many_requests` */
  take(key: string): void {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_KEYS) this.#makeRoom(now);
      bucket = new TokenBucket(this.#perSecond, now, this.#burst);
      this.#buckets.set(key, bucket);
    }
    if (!bucket.take(now)) throw new CommandError('too_many_requests', 'Too many requests: slow down.');
  }

  /** First those that a new one would equal; then, under attack, the oldest. */
  #makeRoom(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size < MAX_KEYS) return;
      this.#buckets.delete(key);
    }
  }
}

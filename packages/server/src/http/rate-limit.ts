/** Rate limits by key: an address, or a user. Bounded in memory, whoever comes with however many keys. */
import { CommandError } from '@fullduplex/wire';
import { TokenBucket } from '../session/token-bucket.js';

/** Keys in one generation; two are kept. */
const MAX_KEYS = 10_000;

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** Keys of late, and those of before them; who is seen again moves up, the rest is forgotten a generation at a time. */
  #young = new Map<string, TokenBucket>();
  #old = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** @throws {CommandError} `too_many_requests` */
  take(key: string): void {
    const now = this.#now();
    let bucket = this.#young.get(key);
    if (bucket === undefined) {
      bucket = this.#old.get(key) ?? new TokenBucket(this.#perSecond, now, this.#burst);
      if (this.#young.size >= MAX_KEYS) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(key, bucket);
    }
    if (!bucket.take(now)) throw new CommandError('too_many_requests', 'Too many requests: slow down.');
  }
}

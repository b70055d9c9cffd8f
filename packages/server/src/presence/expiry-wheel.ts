/**
 * What expires when, for very many entries on one timer: entries lie in buckets a tick wide, and one that was put
 * off is found out only when its old bucket comes up, so that putting off costs nothing.
 */

export interface Expiring {
  /** By the wheel's clock. May be changed at any time; call `moved` when it may have become earlier. */
  readonly expiresAt: number;
  /** The wheel's own: where it keeps the entry. Begins undefined. */
  bucket: number | undefined;
}

export interface ExpiryWheelOptions<Entry> {
  readonly now: () => number;
  readonly setTimer: (run: () => void, milliseconds: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
  /** The entry's time is over; it is in the wheel no more. */
  readonly onExpired: (entry: Entry) => void;
  /** How late an entry may be found out, in milliseconds; never early. 250 when absent. */
  readonly tick?: number;
}

export class ExpiryWheel<Entry extends Expiring> {
  readonly #options: ExpiryWheelOptions<Entry>;
  readonly #tick: number;
  readonly #buckets = new Map<number, Set<Entry>>();
  #timer: unknown;
  /** The bucket that the timer is set for. */
  #next = Number.POSITIVE_INFINITY;

  constructor(options: ExpiryWheelOptions<Entry>) {
    this.#options = options;
    this.#tick = options.tick ?? 250;
  }

  add(entry: Entry): void {
    this.#wakeFor(this.#put(entry));
  }

  /** The entry's time was changed. */
  moved(entry: Entry): void {
    // Later is the common case, and is left for the old bucket to find out.
    if (entry.bucket === undefined || this.#bucketFor(entry) >= entry.bucket) return;
    this.delete(entry);
    this.add(entry);
  }

  delete(entry: Entry): void {
    if (entry.bucket === undefined) return;
    const entries = this.#buckets.get(entry.bucket);
    if (entries?.delete(entry) && entries.size === 0) this.#buckets.delete(entry.bucket);
    entry.bucket = undefined;
  }

  /** Stops the timer and forgets every entry. */
  close(): void {
    if (this.#timer !== undefined) this.#options.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#next = Number.POSITIVE_INFINITY;
    this.#buckets.clear();
  }

  /** The first bucket that begins no earlier than the entry's time. */
  #bucketFor(entry: Entry): number {
    return Math.ceil(entry.expiresAt / this.#tick);
  }

  #put(entry: Entry): number {
    const bucket = this.#bucketFor(entry);
    entry.bucket = bucket;
    const entries = this.#buckets.get(bucket);
    if (entries === undefined) this.#buckets.set(bucket, new Set([entry]));
    else entries.add(entry);
    return bucket;
  }

  #wakeFor(bucket: number): void {
    // A timer that comes too early merely looks, and is set again.
    if (bucket >= this.#next) return;
    if (this.#timer !== undefined) this.#options.clearTimer(this.#timer);
    this.#next = bucket;
    const wait = Math.max(bucket * this.#tick - this.#options.now(), 0);
    this.#timer = this.#options.setTimer(() => this.#turn(), wait);
  }

  #turn(): void {
    this.#timer = undefined;
    this.#next = Number.POSITIVE_INFINITY;
    const now = this.#options.now();
    const due = [...this.#buckets.keys()]
      .filter((bucket) => bucket * this.#tick <= now)
      .sort((a, b) => a - b);
    for (const bucket of due) this.#empty(bucket, now);
    if (this.#buckets.size > 0) this.#wakeFor(Math.min(...this.#buckets.keys()));
  }

  #empty(bucket: number, now: number): void {
    const entries = this.#buckets.get(bucket) ?? new Set();
    this.#buckets.delete(bucket);
    for (const entry of entries) {
      // What one entry's end has others do may have taken this one out.
      if (entry.bucket !== bucket) continue;
      if (entry.expiresAt > now) {
        this.#put(entry);
      } else {
        entry.bucket = undefined;
        this.#options.onExpired(entry);
      }
    }
  }
}

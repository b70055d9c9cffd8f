/**
 * How long to wait before trying again: exponential with full jitter, so that clients which were cut together do not
 * come back together.
 */
export class Backoff {
  readonly #base: number;
  readonly #cap: number;
  readonly #random: () => number;
  #failures = 0;

  /** @param base span of the first wait, in milliseconds; `cap` is the longest span */
  constructor(base: number, cap: number, random: () => number) {
    this.#base = base;
    this.#cap = cap;
    this.#random = random;
  }

  /** Counts a failure; gives the wait after it in milliseconds, anywhere between 0 and the span. */
  next(): number {
    const span = Math.min(this.#cap, this.#base * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return this.#random() * span;
  }

  reset(): void {
    this.#failures = 0;
  }
}

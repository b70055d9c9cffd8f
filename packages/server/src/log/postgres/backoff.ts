/** When to try again to reach a database that cannot be reached: ever later, and not all nodes at once. */

export interface BackoffOptions {
  /** The first pause and the longest one, in milliseconds. */
  readonly first?: number;
  readonly longest?: number;
  /** Milliseconds, by a clock that only goes forward. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;
  #until = 0;
  #cause: unknown;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How long it is still to be left alone, in milliseconds; 0: try. */
  get pause(): number {
    return this.#failures === 0 ? 0 : Math.max(this.#until - this.#options.now(), 0);
  }

  /** Why it could not be reached the last time. */
  get cause(): unknown {
    return this.#cause;
  }

  failed(cause: unknown): void {
    const { first = 50, longest = 2000, now, random } = this.#options;
    const pause = Math.min(first * 2 ** this.#failures, longest);
    this.#failures = Math.min(this.#failures + 1, 20);
    this.#until = now() + pause * (0.5 + random() / 2);
    this.#cause = cause;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#cause = undefined;
  }
}

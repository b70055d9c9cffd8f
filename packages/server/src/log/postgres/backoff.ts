/** When to try again to reach a database that cannot be reached: ever later, and not all nodes at once. */

export interface BackoffOptions {
  /** From 0 to 1. */
  readonly random: () => number;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/** The first pause and the longest one, in milliseconds; each is cut by up to a half, by chance. */
const FIRST = 50;
const LONGEST = 2000;

export class Backoff {
  readonly #options: BackoffOptions;
  #next = FIRST;
  #resting = false;
  #cause: unknown;
  #cancel: (() => void) | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** It is to be left alone for a while. */
  get isResting(): boolean {
    return this.#resting;
  }

  /** Why it could not be reached the last time. */
  get cause(): unknown {
    return this.#cause;
  }

  failed(cause: unknown): void {
    const { random, after } = this.#options;
    this.#cause = cause;
    this.#cancel?.();
    this.#resting = true;
    this.#cancel = after(this.#next * (1 - random() / 2), () => {
      this.#resting = false;
    });
    this.#next = Math.min(this.#next * 2, LONGEST);
  }

  succeeded(): void {
    this.#cancel?.();
    this.#resting = false;
    this.#next = FIRST;
    this.#cause = undefined;
  }
}

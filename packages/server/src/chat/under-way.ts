/**
 * The facts that appends from here are changing: whoever names one of them waits, instead of failing for certain, and
 * what comes behind stays behind. What other nodes append is not known here; the log judges that.
 */
import type { Append } from '../log/log.js';

export class UnderWay {
  /** Settles once the last append that changes the fact is over. Never rejects. */
  readonly #changes = new Map<string, Promise<void>>();

  /** What is to be over before this is appended. */
  before({ when = [] }: Append): Promise<void> | undefined {
    if (this.#changes.size === 0) return undefined;
    for (const { key } of when) {
      const change = this.#changes.get(key);
      if (change !== undefined) return change;
    }
    return undefined;
  }

  add({ facts = [] }: Append, appending: Promise<unknown>): void {
    const end = (): void => {
      for (const { key } of facts) if (this.#changes.get(key) === over) this.#changes.delete(key);
    };
    const over = appending.then(end, end);
    for (const { key } of facts) this.#changes.set(key, over);
  }
}

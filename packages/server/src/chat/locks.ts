/** Lets what touches one thing happen one after the other, in the order it was asked for. Knows nothing of the things. */

export class Locks {
  /** What is last in line for each key. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether something runs, or waits, for the key. */
  isHeld(key: string): boolean {
    return this.#last.has(key);
  }

  /** Resolves once all that was asked for under the key until now is over. */
  async settled(key: string): Promise<void> {
    await this.#last.get(key)?.catch(() => {});
  }

  /** Runs the work once all that was asked for before it, under the same key, is over. */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const mine =
      before === undefined
        ? work()
        : before.then(
            () => work(),
            () => work(),
          );
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}

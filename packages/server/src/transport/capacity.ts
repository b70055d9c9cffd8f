/** How many connections and held requests there may be at once. */

export class Capacity {
  readonly #limit: number;
  readonly #counts: readonly (() => number)[];

  /** @param counts each gives how many of one kind there are now */
  constructor(limit: number, ...counts: (() => number)[]) {
    this.#limit = limit;
    this.#counts = counts;
  }

  hasRoom(): boolean {
    let taken = 0;
    for (const count of this.#counts) taken += count();
    return taken < this.#limit;
  }
}

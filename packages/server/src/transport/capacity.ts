/** How many connections and held requests there may be at once: in all, and WebSockets of one address. */

export class Capacity {
  readonly #limit: number;
  readonly #perAddress: number;
  readonly #counts: readonly (() => number)[];
  readonly #addresses = new Map<string, number>();

  /** @param counts each gives how many of one kind there are now */
  constructor(limit: number, perAddress: number, ...counts: (() => number)[]) {
    this.#limit = limit;
    this.#perAddress = perAddress;
    this.#counts = counts;
  }

  hasRoom(): boolean {
    let taken = 0;
    for (const count of this.#counts) taken += count();
    return taken < this.#limit;
  }

  /**
   * Counts one more of the address.
   *
   * @param address undefined where callers cannot be told apart by it
   * @returns what takes it back, to be called once; undefined: the address has as many as it may
   */
  enter(address: string | undefined): (() => void) | undefined {
    if (address === undefined) return nothing;
    const before = this.#addresses.get(address) ?? 0;
    if (before >= this.#perAddress) return undefined;
    this.#addresses.set(address, before + 1);
    return () => this.#leave(address);
  }

  #leave(address: string): void {
    const left = (this.#addresses.get(address) ?? 1) - 1;
    if (left > 0) this.#addresses.set(address, left);
    else this.#addresses.delete(address);
  }
}

function nothing(): void {}

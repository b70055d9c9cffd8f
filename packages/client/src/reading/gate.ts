/** Lets so many pieces of work run at once; the others wait for their turn. It must not know what they do. */

export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param atOnce how many run at once */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Handed on, so that nobody who comes now goes before who waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

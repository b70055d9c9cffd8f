/**
 * How far everything was told, in the log's one order: what one goes on from, over whatever transport. A place that is
 * reached counts only once nothing before it is still to be told. It must not know what is read.
 */
export class Place {
  /** Everything up to here was told. */
  #cursor: string | undefined;
  /** Everything up to here has come, but something of it is still to be told. */
  #reached: string | undefined;

  constructor(cursor: string | undefined) {
    this.#cursor = cursor;
  }

  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Everything up to here has come. */
  reach(cursor: string): void {
    this.#reached = cursor;
  }

  /** Reading began here, not at our place; where there is no such thing, we have none. */
  begin(cursor: string | undefined): void {
    this.#cursor = undefined;
    this.#reached = cursor;
  }

  /** Nothing up to what was reached is still to be told. */
  settle(): void {
    this.#cursor = this.#reached ?? this.#cursor;
    this.#reached = undefined;
  }
}

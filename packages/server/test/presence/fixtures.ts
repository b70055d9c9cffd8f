/** A clock that only moves when it is told to, and the timers that hang on it. */

export class FakeClock {
  #now = 10_000;
  #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #last = 0;
  /** How often a timer was set. */
  timersSet = 0;

  readonly now = (): number => this.#now;

  readonly setTimer = (run: () => void, milliseconds: number): number => {
    this.timersSet++;
    this.#timers.set(++this.#last, { at: this.#now + milliseconds, run });
    return this.#last;
  };

  readonly clearTimer = (timer: unknown): void => {
    this.#timers.delete(timer as number);
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Runs the timers of the next milliseconds, each at its time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, run }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      run();
    }
    this.#now = end;
  }

  /** Lets time pass with every timer late, as when the process was stopped. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
    this.advance(0);
  }
}

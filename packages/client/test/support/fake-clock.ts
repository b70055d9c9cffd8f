/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/types.js';

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers = new Set<Due>();

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): unknown {
    const timer = { at: this.#now + delay, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Due);
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** How long until the next timer, in milliseconds. */
  get next(): number | undefined {
    const next = Math.min(...[...this.#timers].map((timer) => timer.at));
    return Number.isFinite(next) ? next - this.#now : undefined;
  }

  /** Moves on, calling back whatever becomes due in its order, and letting what follows from it settle. */
  async advance(milliseconds: number): Promise<void> {
    await settled();
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settled();
    }
    this.#now = until;
    await settled();
  }
}

/** Resolves when everything that promises can do now is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

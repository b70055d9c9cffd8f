/** Timers that a test moves by hand. */
import type { Timers } from '../../src/state/typing.js';

export class FakeTimers implements Timers {
  #now = 0;
  #next = 1;
  readonly #waiting = new Map<number, { at: number; callback: () => void }>();

  set(callback: () => void, delay: number): unknown {
    const id = this.#next++;
    this.#waiting.set(id, { at: this.#now + delay, callback });
    return id;
  }

  clear(timer: unknown): void {
    this.#waiting.delete(timer as number);
  }

  /** Lets the time pass, and what was promised meanwhile come true. */
  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const [id, { at, callback }] of this.#waiting) {
      if (at > this.#now) continue;
      this.#waiting.delete(id);
      callback();
    }
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

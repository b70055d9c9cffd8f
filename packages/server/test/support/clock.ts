/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../src/time/clock.js';

export class FakeClock implements Clock {
  #wall = 1_700_000_000_000;
  #monotonic = 10_000;
  readonly #timers = new Set<{ at: number; run: () => void }>();
  /** How often a timer was set. */
  timersSet = 0;

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, callback: () => void): () => void {
    this.timersSet += 1;
    const timer = { at: this.#monotonic + ms, run: callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets so many milliseconds pass; what falls due runs at its own time. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#pass(Math.max(next.at - this.#monotonic, 0));
      next.run();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Lets time pass with every timer late, as when the process was stopped. */
  sleep(ms: number): void {
    this.#pass(ms);
    this.advance(0);
  }

  /** Sets what people read, forward or back, as somebody does who sets the machine's clock. */
  setWall(now: number): void {
    this.#wall = now;
  }

  #pass(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }
}

/** Cuts the work for one request into slices, so that others get their turns in between. */
import type { ChatClock } from './context.js';

/** In milliseconds. */
const SLICE = 5;

export class Slices {
  readonly #clock: ChatClock;
  #began: number;

  constructor(clock: ChatClock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** To be awaited between pieces of work that take much less than a slice each. */
  async pause(): Promise<void> {
    if (this.#clock.monotonic() - this.#began < SLICE) return;
    await new Promise<void>((resolve) => this.#clock.after(0, resolve));
    this.#began = this.#clock.monotonic();
  }
}

/** Cuts the work for one request into slices, so that others get their turns in between. */
import type { ChatClock } from './context.js';

/** In milliseconds. */
const SLICE = 5;

export class Slices {
  readonly #clock: Pick<ChatClock, 'now' | 'nextTurn'>;
  #began: number;

  constructor(clock: Pick<ChatClock, 'now' | 'nextTurn'>) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** To be awaited between pieces of work that take much less than a slice each. */
  async pause(): Promise<void> {
    if (this.#clock.now() - this.#began < SLICE) return;
    await this.#clock.nextTurn();
    this.#began = this.#clock.now();
  }
}

/** Tells the server how far one has read: the furthest once per channel, a moment after the last movement. */
import type { Timers } from './typing.js';

/** In milliseconds: someone who reads as messages come in says so a few times, not once for each. */
export const RECEIPT_DELAY = 800;

export class ReadReceipts {
  readonly #tell: (channel: string, offset: number) => Promise<unknown>;
  readonly #timers: Timers;
  readonly #waiting = new Map<string, number>();
  #timer: unknown;

  constructor(tell: (channel: string, offset: number) => Promise<unknown>, timers: Timers) {
    this.#tell = tell;
    this.#timers = timers;
  }

  read(channel: string, offset: number): void {
    if (offset <= (this.#waiting.get(channel) ?? 0)) return;
    this.#waiting.set(channel, offset);
    if (this.#timer === undefined) this.#timer = this.#timers.set(() => this.flush(), RECEIPT_DELAY);
  }

  /** Tells now. What could not be told waits for the next time. */
  flush(): void {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
    for (const [channel, offset] of this.#waiting) {
      this.#waiting.delete(channel);
      this.#tell(channel, offset).catch(() => {
        if ((this.#waiting.get(channel) ?? 0) < offset) this.#waiting.set(channel, offset);
      });
    }
  }

  close(): void {
    this.#timers.clear(this.#timer);
  }
}

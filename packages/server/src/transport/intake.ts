/**
 * How fast a plain connection is read: no more frames under way, and no more a second, than the limits say. Its pages
 * know no errors, so that what is too much is not refused but waits in the kernel.
 */

import { TokenBucket } from '../session/token-bucket.js';
import type { Clock } from '../time/clock.js';

export interface IntakeLimits {
  /** Frames that may be on their way to the log. */
  readonly pending: number;
  readonly perSecond: number;
}

interface Source {
  pause(): void;
  resume(): void;
}

/** How long nothing is read from a connection that sends too fast, in milliseconds. */
const THROTTLE = 200;

/** Reasons to read nothing for a while. */
const BUSY = 1;
const THROTTLED = 2;

export class Intake {
  readonly #source: Source;
  readonly #limits: IntakeLimits;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #pending = 0;
  #stops = 0;

  constructor(source: Source, limits: IntakeLimits, clock: Clock) {
    this.#source = source;
    this.#limits = limits;
    this.#clock = clock;
    this.#bucket = new TokenBucket(limits.perSecond, clock.now());
  }

  /** A frame came, and is on its way. */
  enter(): void {
    this.#pending += 1;
    if (this.#pending >= this.#limits.pending) this.#stop(BUSY);
    if (this.#bucket.take(this.#clock.now()) || (this.#stops & THROTTLED) !== 0) return;
    this.#stop(THROTTLED);
    this.#clock.after(THROTTLE, () => this.#goOn(THROTTLED));
  }

  /** It has arrived. */
  leave(): void {
    this.#pending -= 1;
    if (this.#pending <= this.#limits.pending / 2) this.#goOn(BUSY);
  }

  #stop(reason: number): void {
    if (this.#stops === 0) this.#source.pause();
    this.#stops |= reason;
  }

  #goOn(reason: number): void {
    if (this.#stops === 0) return;
    this.#stops &= ~reason;
    if (this.#stops === 0) this.#source.resume();
  }
}

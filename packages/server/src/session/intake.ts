/**
 * How fast a client is read: no more of it under way, and no more a second, than the limits say. What is too much waits in
 * the kernel; it knows nothing of what is read.
 */
import type { Clock } from '../time/clock.js';
import { TokenBucket } from './token-bucket.js';

export interface IntakeLimits {
  /** What may be on its way to the log. */
  readonly pending: number;
  readonly perSecond: number;
}

/** What is read. */
export interface Source {
  /** Reads no more; what has arrived may still be given. */
  pause(): void;
  resume(): void;
}

/** Reasons to read nothing for a while. */
export const STOP = {
  /** What was read first has to be answered before anything else. */
  connecting: 1,
  /** Too much is under way. */
  busy: 2,
  /** Too much came in too short a time. */
  throttled: 4,
  /** The client does not take what it is answered. */
  clogged: 8,
} as const;

type Reason = (typeof STOP)[keyof typeof STOP];

/** How long nothing is read from a client that sends too fast, in milliseconds. */
const THROTTLE = 200;

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
    this.#bucket = new TokenBucket(limits.perSecond, clock.monotonic());
  }

  /** Whether nothing is to be read now. */
  get stopped(): boolean {
    return this.#stops !== 0;
  }

  /** Whether nothing is to be read for another reason than this. */
  stoppedBut(reason: Reason): boolean {
    return (this.#stops & ~reason) !== 0;
  }

  /** One more came. False: that was too fast, and nothing is read for a moment. */
  take(): boolean {
    if (this.#bucket.take(this.#clock.monotonic())) return true;
    if ((this.#stops & STOP.throttled) === 0) {
      this.stop(STOP.throttled);
      this.#clock.after(THROTTLE, () => this.goOn(STOP.throttled));
    }
    return false;
  }

  /** Something of this weight is on its way. */
  enter(weight = 1): void {
    this.#pending += weight;
    if (this.#pending >= this.#limits.pending) this.stop(STOP.busy);
  }

  /** It has arrived. */
  leave(weight = 1): void {
    this.#pending -= weight;
    if (this.#pending <= this.#limits.pending / 2) this.goOn(STOP.busy);
  }

  stop(reason: Reason): void {
    const was = this.#stops;
    this.#stops |= reason;
    if (was === 0) this.#source.pause();
  }

  goOn(reason: Reason): void {
    if ((this.#stops & reason) === 0) return;
    this.#stops &= ~reason;
    if (this.#stops === 0) this.#source.resume();
  }
}

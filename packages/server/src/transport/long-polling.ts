/** Long polling: the answer as soon as there is one. A request that is held costs a place, and little else. */
import { CommandError } from '@fullduplex/wire';
import { News } from '../delivery/news.js';
import type { Batch } from '../delivery/place-reader.js';
import type { WheelMember } from '../time/timer-wheel.js';
import type { Caller } from './caller.js';
import type { Held } from './held.js';
import { answerBatch, answerError, EMPTY } from './sync-answer.js';

/** @param wait seconds */
export async function holdPoll(caller: Caller, wait: number): Promise<void> {
  caller.renewLease('long-polling', wait + caller.services.timing.pollingLease);
  const poll = new HeldPoll(caller, wait);
  try {
    await poll.begin();
  } catch (error) {
    poll.end();
    throw error;
  }
}

class HeldPoll implements Held, WheelMember {
  slot: number | undefined;
  readonly #caller: Caller;
  readonly #wait: number;
  #news: News | undefined;
  /** It was read, and nothing came since. */
  #idle = false;
  /** Something came while it was being read. */
  #woken = false;
  #ended = false;

  constructor(caller: Caller, wait: number) {
    this.#caller = caller;
    this.#wait = wait;
  }

  async begin(): Promise<void> {
    const caller = this.#caller;
    // First the listening, then the reading: nothing comes in between unseen.
    const [watch, besides] = await Promise.all([caller.holdWatch(), caller.besides()]);
    if (this.#ended || caller.exchange.gone) {
      this.end();
      return;
    }
    this.#news = new News(caller.services.hub, watch, besides, (before) => this.#wake(before));
    // The caller left, or has the answer.
    caller.exchange.onEnd(() => this.end());
    const batch = await caller.reader.read(caller.services.bounds);
    if (this.#ended || this.#answered(batch)) return;
    if (!caller.services.hasRoom()) {
      throw new CommandError('too_many_requests', 'No more requests can be held now.');
    }
    caller.services.held.add(this, caller.session);
    caller.services.pollWheel.set(this, this.#wait * 1000);
    this.#rest();
  }

  /** The time is up. */
  expire(): void {
    this.release();
  }

  release(): void {
    if (this.#ended) return;
    const { reader, services } = this.#caller;
    // Nothing came: what was looked at is told.
    if (this.#idle) reader.skipTo(services.hub.position);
    this.end();
    answerBatch(this.#caller, EMPTY);
  }

  /** Waits; or reads again, if something came meanwhile. */
  #rest(): void {
    this.#idle = !this.#woken;
    if (this.#woken) this.#readSoon();
  }

  #wake(before: number): void {
    this.#woken = true;
    if (!this.#idle) return;
    this.#idle = false;
    this.#caller.reader.skipTo(before);
    this.#readSoon();
  }

  /** Once for all that a commit brings to however many channels. */
  #readSoon(): void {
    setImmediate(() => void this.#read());
  }

  async #read(): Promise<void> {
    if (this.#ended) return;
    this.#woken = false;
    try {
      const { reader, services } = this.#caller;
      const batch = await reader.read(services.bounds);
      if (!this.#ended && !this.#answered(batch)) this.#rest();
    } catch (error) {
      if (this.#ended) return;
      this.end();
      const { exchange, headers, services } = this.#caller;
      answerError(exchange, headers, error, services);
    }
  }

  #answered(batch: Batch): boolean {
    if (batch.steps.length === 0 && !batch.more) return false;
    this.end();
    answerBatch(this.#caller, batch);
    return true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { services, session } = this.#caller;
    this.#news?.end();
    this.#caller.releaseWatch();
    services.pollWheel.delete(this);
    services.held.delete(this, session);
  }
}

/** Long polling: the answer as soon as there is one. A request that is held costs its positions, and little else. */
import { CommandError } from '@fullduplex/wire';
import type { WheelMember } from '../delivery/timer-wheel.js';
import type { Held } from './held.js';
import { answerBatch, EMPTY } from './polling.js';
import { answerError, type Caller } from './sync.js';

/** @param wait seconds */
export async function holdPoll(caller: Caller, wait: number): Promise<void> {
  const { reader, services } = caller;
  const batch = await reader.read(services.bounds);
  caller.renewLease('long-polling', wait + services.timing.pollingLease);
  if (batch.entries.length > 0 || batch.gaps.length > 0) {
    answerBatch(caller, batch);
    return;
  }
  if (!services.hasRoom()) throw new CommandError('too_many_requests', 'No more requests can be held now.');
  await new HeldPoll(caller, wait).begin();
}

class HeldPoll implements Held, WheelMember {
  slot: number | undefined;
  readonly #caller: Caller;
  #woken = false;
  #ended = false;

  constructor(caller: Caller, wait: number) {
    this.#caller = caller;
    const { services, session, exchange } = caller;
    services.held.add(this, session);
    services.pollWheel.set(this, wait * 1000);
    // The caller left, or has the answer.
    exchange.onEnd(() => this.#end());
  }

  async begin(): Promise<void> {
    try {
      if (await this.#caller.reader.watch(() => this.#wake())) this.#wake();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The time is up. */
  expire(): void {
    this.release();
  }

  release(): void {
    if (this.#ended) return;
    this.#end();
    answerBatch(this.#caller, EMPTY);
  }

  /** Once for all that a commit brings to however many channels, and when the chat knows of it too. */
  #wake(): void {
    if (this.#woken || this.#ended) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      void this.#answer();
    });
  }

  async #answer(): Promise<void> {
    if (this.#ended) return;
    const { reader, services } = this.#caller;
    try {
      const batch = await reader.read(services.bounds);
      if (this.#ended) return;
      if (batch.entries.length === 0 && batch.gaps.length === 0) {
        await this.begin();
        return;
      }
      this.#end();
      answerBatch(this.#caller, batch);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    const { exchange, headers, services } = this.#caller;
    answerError(exchange, headers, error, services);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { reader, services, session } = this.#caller;
    reader.unwatch();
    services.pollWheel.delete(this);
    services.held.delete(this, session);
  }
}

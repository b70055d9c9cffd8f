/** Reading by one request after another: what polling and long polling are, but for how long the server holds them. */
import type { TransportName } from '../types.js';
import { SyncTransport } from './sync-transport.js';
import type { Sink, TransportContext } from './transport.js';

/** A request that the server held shorter than this, and answered with nothing, is followed by a pause. In milliseconds. */
const HELD_AT_ALL = 500;

export interface Rhythm {
  /** How long a request asks to be held, in whole seconds; 0 to be answered at once. */
  readonly wait: number;
  /** Between an answer and the next request, in milliseconds. */
  readonly pause: number;
}

export class RequestTransport extends SyncTransport {
  readonly name: TransportName;
  readonly #rhythm: Rhythm;
  /** What the next request asks. The first is never held: its answer shows that the transport works. */
  #wait = 0;

  constructor(name: TransportName, context: TransportContext, sink: Sink, rhythm: Rhythm) {
    super(context, sink);
    this.name = name;
    this.#rhythm = rhythm;
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const wait = this.#wait;
    this.#wait = 0;
    const more = await this.#turn(wait, signal);
    if (!more && !signal.aborted) this.#wait = this.#rhythm.wait;
  }

  /** One request and what is to be done with its answer; says whether the next must not be held. */
  async #turn(wait: number, signal: AbortSignal): Promise<boolean> {
    const { context, reader } = this;
    const { clock } = context.http;
    if (reader.opened) await reader.name();
    const asked = clock.now();
    const answer = await reader.ask(wait, signal);
    reader.deliver(answer);
    if (answer.more || reader.unnamed) return true;
    // A snapshot is never held, and there is nothing after it yet.
    const released = wait > 0 && answer.publications.length === 0 && clock.now() - asked < HELD_AT_ALL;
    await this.#pause(released ? context.timing.backoffBase : this.#rhythm.pause, signal);
    return false;
  }

  #pause(delay: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.context.http;
    if (delay === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimer(resolve, delay);
      signal.addEventListener('abort', () => {
        clock.clearTimer(timer);
        resolve();
      });
    });
  }
}

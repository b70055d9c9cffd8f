/** Reading by one request after another: what polling and long polling are, but for how long the server holds them. */
import type { TransportName } from '../types.js';
import { SyncReader } from './sync.js';
import type { Sink, Transport, TransportContext } from './transport.js';

/** A request that the server held shorter than this, and answered with nothing, is followed by a pause. In milliseconds. */
const HELD_AT_ALL = 500;

export interface Rhythm {
  /** How long a request asks to be held, in whole seconds; 0 to be answered at once. */
  readonly wait: number;
  /** Between an answer and the next request, in milliseconds. */
  readonly pause: number;
}

export class RequestTransport implements Transport {
  readonly name: TransportName;
  readonly #context: TransportContext;
  readonly #reader: SyncReader;
  readonly #rhythm: Rhythm;
  /** Of the request or the pause that can be cut short. */
  #interruption = new AbortController();

  constructor(name: TransportName, context: TransportContext, sink: Sink, rhythm: Rhythm) {
    this.name = name;
    this.#context = context;
    this.#rhythm = rhythm;
    this.#reader = new SyncReader(context, sink);
    this.#reader.signal.addEventListener('abort', () => this.#interruption.abort());
    this.#run().catch((error: unknown) => this.#reader.fail(error));
  }

  follow(): void {
    this.#interruption.abort();
  }

  unfollow(): void {
    this.#reader.dropCursor();
    this.#interruption.abort();
  }

  check(): void {
    this.#interruption.abort();
  }

  close(): void {
    this.#reader.close();
  }

  async #run(): Promise<void> {
    const reader = this.#reader;
    // The first request is never held: its answer shows that the transport works.
    let wait = 0;
    while (!reader.ended) {
      this.#interruption = new AbortController();
      const more = await this.#turn(wait).catch(async (error: unknown) => {
        if (reader.ended || !(await this.#mayAskOtherwise(error))) throw error;
        return true;
      });
      wait = more || this.#interruption.signal.aborted ? 0 : this.#rhythm.wait;
    }
  }

  /** Whether the request failed for what it asked, or was cut short to ask something else. */
  async #mayAskOtherwise(error: unknown): Promise<boolean> {
    const reader = this.#reader;
    return this.#interruption.signal.aborted || reader.forgetCursor(error) || reader.weedOut(error);
  }

  /** One request and what is to be done with its answer; says whether the next must not be held. */
  async #turn(wait: number): Promise<boolean> {
    const reader = this.#reader;
    const { clock } = this.#context.http;
    const snapshot = await reader.snapshot();
    if (snapshot) reader.deliver(snapshot);
    const unjoined = reader.unjoined();
    if (snapshot && unjoined.length === 0) {
      // There is nothing after it yet.
      await this.#pause(this.#rhythm.pause);
      return false;
    }
    const asked = clock.now();
    const answer = await reader.ask(unjoined.length > 0 ? 0 : wait, this.#interruption.signal);
    reader.deliver(answer);
    await reader.start(unjoined);
    if (answer.more || unjoined.length > 0) return true;
    const released = wait > 0 && answer.publications.length === 0 && clock.now() - asked < HELD_AT_ALL;
    await this.#pause(released ? this.#context.timing.backoffBase : this.#rhythm.pause);
    return false;
  }

  #pause(delay: number): Promise<void> {
    const { clock } = this.#context.http;
    const { signal } = this.#interruption;
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

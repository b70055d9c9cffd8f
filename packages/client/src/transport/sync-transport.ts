/**
 * What polling, long polling and server-sent events share as transports: a reader, and rounds of asking that are cut
 * short when there is something else to ask. How a round asks is theirs.
 */
import type { TransportName } from '../types.js';
import { SyncReader } from './sync.js';
import type { Sink, Transport, TransportContext } from './transport.js';

export abstract class SyncTransport implements Transport {
  abstract readonly name: TransportName;
  protected readonly context: TransportContext;
  protected readonly reader: SyncReader;
  #interruption = new AbortController();

  constructor(context: TransportContext, sink: Sink) {
    this.context = context;
    this.reader = new SyncReader(context, sink);
    this.reader.signal.addEventListener('abort', () => this.#interruption.abort());
  }

  /** One round; it ends early, by an error or not, when the signal aborts. */
  protected abstract round(signal: AbortSignal): Promise<void>;

  /** Begins to read. To be called once. */
  start(): this {
    this.#run().catch((error: unknown) => this.reader.fail(error));
    return this;
  }

  follow(): void {
    this.#interruption.abort();
  }

  unfollow(): void {
    this.#interruption.abort();
  }

  check(): void {
    this.#interruption.abort();
  }

  close(): void {
    this.reader.close();
  }

  async #run(): Promise<void> {
    const { reader } = this;
    while (!reader.ended) {
      this.#interruption = new AbortController();
      const { signal } = this.#interruption;
      try {
        await this.round(signal);
      } catch (error) {
        if (reader.ended) return;
        // Cut short to ask something else, or refused for what was asked: then it is asked otherwise.
        if (!signal.aborted && !reader.forgetCursor(error) && !(await reader.weedOut(error))) throw error;
      }
    }
  }
}

/**
 * Messages on their way out: those of a few milliseconds are put together, by whom they are for, so that a storm of
 * small ones costs few envelopes. What would pass the bound while the network is slow is lost.
 */
import type { Clock } from '../time/clock.js';
import type { Topic, Topics } from './broker.js';
import { encodeMessage, sealEnvelopes } from './messages.js';

/** An envelope on its way. */
export interface Letter {
  readonly envelope: string;
  /** A node's id; undefined: all. */
  readonly to: string | undefined;
}

export interface OutgoingOptions {
  readonly node: string;
  readonly clock: Clock;
  /** How long messages are put together, in milliseconds. */
  readonly coalesce: number;
  /** Sends all that there is. Rejects where it could not. */
  readonly send: (letters: readonly Letter[]) => Promise<void>;
  /** What went wrong; the messages in it are lost. Of a network that is down told once, until it works again. */
  readonly failed: (error: unknown) => void;
}

/** What may wait to be sent, in characters. */
const MAX_WAITING = 4 * 1024 * 1024;

export class Outgoing {
  readonly #options: OutgoingOptions;
  #waiting = new Map<string | undefined, string[]>();
  #size = 0;
  #cancel: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();
  #busy = false;
  #failing = false;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  add<T extends Topic>(topic: T, payload: Topics[T], to: string | undefined): void {
    const message = encodeMessage(topic, payload);
    if (message === undefined) {
      this.#options.failed(new RangeError(`A message of ${topic} is too large to be sent.`));
      return;
    }
    if (this.#size + message.length > MAX_WAITING) return;
    this.#size += message.length;
    const messages = this.#waiting.get(to);
    if (messages === undefined) this.#waiting.set(to, [message]);
    else messages.push(message);
    this.#schedule();
  }

  /** Sends what waits. Resolves when that has succeeded or failed. */
  async flush(): Promise<void> {
    // What is being sent is waited for, so that a slow network is not given more and more.
    await this.#sending;
    if (this.#waiting.size > 0) await this.#send();
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#busy) return;
    this.#cancel = this.#options.clock.after(this.#options.coalesce, () => {
      this.#cancel = undefined;
      void this.#send();
    });
  }

  #send(): Promise<void> {
    const { node, send, failed } = this.#options;
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#size = 0;
    this.#busy = true;
    const letters = [...waiting].flatMap(([to, messages]) =>
      sealEnvelopes(node, messages).map((envelope) => ({ envelope, to })),
    );
    this.#sending = send(letters)
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => {
          if (!this.#failing) failed(error);
          this.#failing = true;
        },
      )
      .then(() => {
        this.#busy = false;
        if (this.#waiting.size > 0) this.#schedule();
      });
    return this.#sending;
  }
}

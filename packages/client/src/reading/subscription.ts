/**
 * One channel as the app asked for it: from a position of its own, as events or as an async iterator. A slow iterator
 * holds a bounded number of publications and reads the log for the rest.
 */
import type { Gap, Position } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import { Emitter } from '../emitter.js';
import type {
  ClientError,
  Clock,
  Listener,
  ReceivedPublication,
  Subscription,
  SubscriptionEvents,
  Unsubscribe,
} from '../types.js';
import { ChannelReader, type ReaderOptions } from './channel-reader.js';
import type { Asker, Channels } from './channels.js';

export interface ChannelSubscriptionOptions {
  readonly channel: string;
  readonly channels: Channels;
  readonly from: Position | undefined;
  readonly history: ReaderOptions['history'];
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** Publications that an iterator holds. */
  readonly iteratorBuffer: number;
}

/** How many an iterator that has fallen behind reads from the log at once. */
const PAGE = 100;

export class ChannelSubscription implements Subscription, Asker {
  readonly channel: string;
  readonly #options: ChannelSubscriptionOptions;
  readonly #emitter = new Emitter<SubscriptionEvents>();
  /** Has a position of its own, which may be far behind that of the channel's other readers. */
  readonly #reader: ChannelReader;
  #closed = false;
  #error: ClientError | undefined;

  constructor(options: ChannelSubscriptionOptions) {
    this.channel = options.channel;
    this.#options = options;
    this.#reader = new ChannelReader(
      {
        channel: options.channel,
        history: options.history,
        clock: options.clock,
        backoff: options.backoff,
        onPublication: (publication) => this.#emitter.emit('publication', publication),
        onGap: (gap) => this.#emitter.emit('gap', gap),
        onChange: () => {},
      },
      options.from,
    );
    options.channels.ask(options.channel, this, options.from);
  }

  get position(): Position | undefined {
    return this.#reader.position;
  }

  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: Listener<SubscriptionEvents[Name]>,
  ): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#options.channels.release(this.channel, this);
    this.#end(undefined);
  }

  started(): void {
    const position = this.#options.channels.position(this.channel);
    if (position) this.#reader.resume({ ...position, recovered: false, publications: [] });
    // Nobody knows yet where the channel stands: the log does.
    else this.#reader.fill();
  }

  publication(publication: ReceivedPublication): void {
    this.#reader.receive(publication, publication.epoch);
  }

  gap(gap: Gap): void {
    // While it reads the log it finds the gap by itself, and what is left before it.
    if (this.#reader.behind === 0) this.#reader.gap(gap);
    else this.#reader.resume({ epoch: gap.epoch, offset: gap.head, recovered: false, publications: [] });
  }

  refused(error: ClientError): void {
    this.#end(error);
  }

  #end(error: ClientError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#reader.stop();
    this.#emitter.emit('closed', error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedPublication, void, undefined> {
    let queue: ReceivedPublication[] = [];
    let overflowed = false;
    /** Whether the log began anew since what was given last. */
    let anew = false;
    let last = this.position;
    let wake = (): void => {};
    const stop = [
      this.on('publication', (publication) => {
        overflowed ||= queue.length >= this.#options.iteratorBuffer;
        if (!overflowed) queue.push(publication);
        wake();
      }),
      this.on('gap', ({ reason }) => {
        anew ||= reason === 'epoch';
      }),
      this.on('closed', () => wake()),
    ];
    try {
      while (!this.#closed) {
        const ready = queue;
        queue = [];
        for (const publication of ready) {
          const { epoch, offset } = publication;
          // What came live may have been read from the log as well.
          if (epoch === last?.epoch && offset <= last.offset) continue;
          last = { epoch, offset };
          yield publication;
          if (this.#closed) break;
        }
        if (queue.length > 0 || this.#closed) continue;
        if (overflowed && last) {
          queue = await this.#readAfter(anew ? 0 : last.offset);
          anew = false;
          const read = queue.at(-1);
          // Caught up: what comes live from now on follows without a hole.
          overflowed = read !== undefined && read.offset < (this.position?.offset ?? 0);
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      if (this.#error && this.#error.code !== 'closed') throw this.#error;
    } finally {
      for (const off of stop) off();
    }
  }

  async #readAfter(after: number): Promise<ReceivedPublication[]> {
    const { channel } = this;
    const page = await this.#options.history(channel, { after, limit: PAGE });
    if (page.gap) this.#emitter.emit('gap', page.gap);
    return page.publications.map((publication) => ({ channel, epoch: page.epoch, ...publication }));
  }
}

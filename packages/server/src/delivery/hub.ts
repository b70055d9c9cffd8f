/**
 * Who follows which channel: one feed per channel that has readers, kept a while after the last of them. It must not
 * know what a record means, nor who may read it.
 */
import type { ChannelLog } from '../log/channel-log.js';
import type { AudienceFactory } from './audience.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { Feed } from './feed.js';
import type { Format } from './format.js';

export interface HubOptions {
  readonly log: ChannelLog;
  readonly audience: AudienceFactory;
  /** What one page read for a reader that catches up may hold. */
  readonly pageBytes?: number;
  /** What may wait in an outlet before a live reader is let go of, where no audience sees to it. */
  readonly outboxBytes?: number;
  /** How long a channel that nobody reads any more is still followed, in milliseconds. */
  readonly linger?: number;
  readonly clock?: Clock;
  /** Called for each commit's records of a channel that is followed. */
  readonly published?: (records: number) => void;
}

export class Hub {
  readonly log: ChannelLog;
  readonly outboxBytes: number;
  readonly #options: HubOptions;
  readonly #pageBytes: number;
  readonly #linger: number;
  readonly #clock: Clock;
  readonly #feeds = new Map<string, Feed>();
  readonly #opening = new Map<string, Promise<Feed>>();

  constructor(options: HubOptions) {
    this.log = options.log;
    this.#options = options;
    this.outboxBytes = options.outboxBytes ?? 256 * 1024;
    this.#pageBytes = options.pageBytes ?? 64 * 1024;
    this.#linger = options.linger ?? 5000;
    this.#clock = options.clock ?? systemClock;
  }

  /** How many channels are followed. */
  get size(): number {
    return this.#feeds.size;
  }

  /**
   * The channel's feed, held until `release`d as often as it was opened. At once where it is followed already, so that
   * a storm of readers costs no turn each.
   */
  open(channel: string): Feed | Promise<Feed> {
    const feed = this.#feeds.get(channel);
    if (feed !== undefined) return this.hold(feed);
    return this.#follow(channel).then((opened) => {
      // The feed may have been let go of, and even followed anew, while this waited its turn.
      if (this.#feeds.get(channel) !== opened) return this.open(channel);
      return this.hold(opened);
    });
  }

  /** Holds a feed that somebody holds already, once more. */
  hold(feed: Feed): Feed {
    feed.holders += 1;
    return feed;
  }

  release(feed: Feed): void {
    feed.holders -= 1;
    if (feed.holders > 0) return;
    this.#clock.after(this.#linger, () => {
      if (feed.holders > 0 || this.#feeds.get(feed.channel) !== feed) return;
      this.#feeds.delete(feed.channel);
      feed.stop();
    });
  }

  /** The feed if the channel is followed now; not held. */
  peek(channel: string): Feed | undefined {
    return this.#feeds.get(channel);
  }

  /** Sends something that is not stored to all who read the channel live in the format now. */
  announce(channel: string, format: Format, text: string): void {
    this.#feeds.get(channel)?.announce(format, text);
  }

  /** Stops following everything. */
  close(): void {
    for (const feed of this.#feeds.values()) feed.stop();
    this.#feeds.clear();
  }

  #follow(channel: string): Promise<Feed> {
    const known = this.#opening.get(channel);
    if (known !== undefined) return known;
    const feed = new Feed(
      channel,
      this.log,
      this.#options.audience,
      this.#pageBytes,
      this.#options.published,
    );
    const opening = feed.start().then(
      () => {
        this.#opening.delete(channel);
        this.#feeds.set(channel, feed);
        return feed;
      },
      (error: unknown) => {
        this.#opening.delete(channel);
        throw error;
      },
    );
    this.#opening.set(channel, opening);
    return opening;
  }
}

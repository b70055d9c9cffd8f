/**
 * Who follows which channel: one feed per channel that has readers, one encoding of each publication for all readers
 * of a format. It must not know what a record means, nor who may read it.
 */
import type { Position } from '@fullduplex/wire';
import type { ChannelLog, Following, LogRecord, ReadResult } from '../log/channel-log.js';
import type { Audience, AudienceFactory, Outlet } from './audience.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { channelPublicationJson, type Format } from './format.js';

/** Told of what is new in a channel. Must not throw. */
export interface FeedListener {
  published(feed: Feed, records: readonly LogRecord[]): void;
}

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

const PAGE_RECORDS = 512;
/** Of a commit that brought more records than this, those who wait read the log. */
const MAX_LATEST = 32;

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
    if (feed !== undefined) {
      feed.holders += 1;
      return feed;
    }
    return this.#follow(channel).then((opened) => {
      // The feed may have been let go of, and even followed anew, while this waited its turn.
      if (this.#feeds.get(channel) !== opened) return this.open(channel);
      opened.holders += 1;
      return opened;
    });
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

/** Those who share a format, and how far they were sent the channel. */
interface Share {
  readonly audience: Audience;
  offset: number;
}

/** One channel while someone reads it. */
export class Feed {
  readonly channel: string;
  epoch = '';
  /** Of the last record its readers were told. */
  offset = 0;
  holders = 0;
  readonly #log: ChannelLog;
  readonly #makeAudience: AudienceFactory;
  readonly #pageBytes: number;
  readonly #count: ((records: number) => void) | undefined;
  #shares: Map<Format, Share> | undefined;
  #listeners: Set<FeedListener> | undefined;
  /** What the last commit brought, kept while someone listens: most who wait need nothing else. */
  #latest: readonly LogRecord[] = [];
  #latestJson: readonly string[] | undefined;
  #following: Following | undefined;

  constructor(
    channel: string,
    log: ChannelLog,
    makeAudience: AudienceFactory,
    pageBytes: number,
    count?: (records: number) => void,
  ) {
    this.channel = channel;
    this.#log = log;
    this.#makeAudience = makeAudience;
    this.#pageBytes = pageBytes;
    this.#count = count;
  }

  async start(): Promise<void> {
    const following = await this.#log.follow(this.channel, (records, epoch) => this.#told(records, epoch));
    this.#following = following;
    this.epoch = following.head.epoch;
    // The listener may have been told of more between the log's answer and this line.
    this.offset = Math.max(this.offset, following.head.offset);
  }

  stop(): void {
    this.#following?.stop();
    this.#shares?.clear();
    this.#listeners?.clear();
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.offset };
  }

  /** Of the last record that those who share the format were sent: where one that leaves them now stands. */
  offsetOf(format: Format): number {
    return this.#shares?.get(format)?.offset ?? this.offset;
  }

  /** Adds the outlet to those who are sent everything after `offset`. */
  join(format: Format, outlet: Outlet): void {
    this.#shares ??= new Map();
    let share = this.#shares.get(format);
    if (share === undefined) {
      const audience = this.#makeAudience((fallen) => fallen.fellBehind(this.channel));
      share = { audience, offset: this.offset };
      this.#shares.set(format, share);
    }
    share.audience.add(outlet);
  }

  leave(format: Format, outlet: Outlet): void {
    const audience = this.#shares?.get(format)?.audience;
    audience?.delete(outlet);
    if (audience?.size === 0) this.#shares?.delete(format);
  }

  /** How many are sent the format now. */
  audienceSize(format: Format): number {
    return this.#shares?.get(format)?.audience.size ?? 0;
  }

  listen(listener: FeedListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  unlisten(listener: FeedListener): void {
    this.#listeners?.delete(listener);
  }

  announce(format: Format, text: string): void {
    this.#shares?.get(format)?.audience.send(text);
  }

  /** What the last commit brought as JSON, encoded once for all who ask, if that is all that came after the offset. */
  latestAfter(offset: number): readonly string[] | undefined {
    const first = this.#latest[0];
    if (first === undefined || first.offset !== offset + 1) return undefined;
    this.#latestJson ??= this.#latest.map((record) =>
      channelPublicationJson(this.channel, this.epoch, record),
    );
    return this.#latestJson;
  }

  /** A page of what comes after the offset, up to what its readers were told. */
  read(after: number, maxBytes = this.#pageBytes, limit = PAGE_RECORDS): Promise<ReadResult> {
    const { channel, epoch } = this;
    // What was committed but not told yet comes live: without this bound the seam would give it twice.
    return this.#log.read({ channel, epoch, after, before: this.offset + 1, limit, maxBytes });
  }

  #told(records: readonly LogRecord[], epoch: string): void {
    const last = records.at(-1);
    if (last === undefined) return;
    this.epoch = epoch;
    this.offset = last.offset;
    this.#latest = (this.#listeners?.size ?? 0) > 0 && records.length <= MAX_LATEST ? records : [];
    this.#latestJson = undefined;
    if (this.#shares !== undefined) {
      for (const [format, share] of this.#shares) this.#send(format, share, records, last.offset);
    }
    if (this.#listeners !== undefined) {
      for (const listener of this.#listeners) listener.published(this, records);
    }
    this.#count?.(records.length);
  }

  #send(format: Format, share: Share, records: readonly LogRecord[], last: number): void {
    for (const { text, offset } of format.encode(this.channel, records)) {
      // First the offset: sending may find that an outlet overflows, which then leaves with this message as its last.
      share.offset = offset;
      share.audience.send(text);
    }
    share.offset = last;
  }
}

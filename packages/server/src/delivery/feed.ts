/**
 * One channel while someone reads it: who is live in which format, who listens, and how far they were all told. It must
 * not know what a record means, nor who may read it.
 */
import type { Position } from '@fullduplex/wire';
import type { ChannelLog, Following, LogRecord, ReadResult } from '../log/channel-log.js';
import type { Audience, AudienceFactory, Outlet } from './audience.js';
import { channelPublicationJson, type Format } from './format.js';

/** Told of what is new in a channel. Must not throw. */
export interface FeedListener {
  published(feed: Feed, records: readonly LogRecord[]): void;
}

const PAGE_RECORDS = 512;
/** Of a commit that brought more records than this, those who wait read the log. */
const MAX_LATEST = 32;

/** Those who share a format, and how far they were sent the channel. */
interface Share {
  readonly audience: Audience;
  offset: number;
}

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

/**
 * One channel while someone on this node reads it: who is live in which format, who listens, and how far they were all
 * told. It must not know what a record means, nor who may read it.
 */
import type { LogRecord } from '../log/log.js';
import type { Audience, AudienceFactory, Outlet } from './audience.js';
import { type Format, PUSHES } from './format.js';

/** Told of what is new in a channel. Must not throw. */
export interface FeedListener {
  published(feed: Feed, records: readonly LogRecord[]): void;
}

/** Those who share a format, and how far they were sent the channel. */
interface Share {
  readonly audience: Audience;
  offset: number;
}

export class Feed {
  readonly channel: string;
  holders = 0;
  readonly #makeAudience: AudienceFactory;
  /** Of the last record its readers were told; undefined while that is not known. */
  #offset: number | undefined;
  #shares: Map<Format, Share> | undefined;
  #listeners: Set<FeedListener> | undefined;

  constructor(channel: string, makeAudience: AudienceFactory) {
    this.channel = channel;
    this.#makeAudience = makeAudience;
  }

  /** Whether it is known where the channel ends. */
  get known(): boolean {
    return this.#offset !== undefined;
  }

  /** Of the last record its readers were told: the channel's head, as of the record that was dispatched last. */
  get offset(): number {
    return this.#offset ?? 0;
  }

  /** Where the channel ends, as the log says; what was told meanwhile is newer, and stays. */
  learn(offset: number): void {
    this.#offset ??= offset;
  }

  /** What was told is not all there was: where the channel ends is not known any more. */
  forget(): void {
    this.#offset = undefined;
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

  /** Sends something that is not stored. */
  announce(format: Format, text: string): void {
    this.#shares?.get(format)?.audience.send(text);
  }

  /** Records of the channel, one after the other in the order of everything. */
  told(records: readonly LogRecord[], epoch: string): void {
    const last = records.at(-1)!.offset;
    this.#offset = last;
    if (this.#shares !== undefined) {
      // Readers of everything first: where they stand is told by what was dispatched, whatever is sent to others then.
      const own = this.#shares.get(PUSHES);
      if (own !== undefined) this.#send(PUSHES, own, records, epoch);
      for (const [format, share] of this.#shares) {
        if (format !== PUSHES) this.#send(format, share, records, epoch);
      }
    }
    if (this.#listeners === undefined) return;
    for (const listener of this.#listeners) listener.published(this, records);
  }

  #send(format: Format, share: Share, records: readonly LogRecord[], epoch: string): void {
    for (const { text, offset } of format.encode(this.channel, records, epoch)) {
      // First the offset: sending may find that an outlet overflows, which then leaves with this message as its last.
      share.offset = offset;
      share.audience.send(text);
    }
    share.offset = records.at(-1)!.offset;
  }
}

/**
 * One reader's position in one channel that it reads for itself, apart from all else. It is live (what comes is pushed
 * to it) or catching up: then it reads the log at its own pace, and becomes live where the two meet. Falling behind
 * costs it nothing but its place among the live.
 */
import type { Gap, Position } from '@fullduplex/wire';
import { LogError, type LogRecord } from '../log/log.js';
import type { Outlet } from './audience.js';
import type { Feed, FeedListener } from './feed.js';
import type { Format } from './format.js';
import type { Hub, LiveReader } from './hub.js';

/** What a follower reads for. None of these may throw. */
export interface Reader {
  readonly outlet: Outlet;
  /** While it is in doubt whether it may read: resolves once that is known. */
  readonly doubted?: Promise<void> | undefined;
  /** What was read while catching up, and all of it for a reader without a format. */
  write(feed: Feed, records: readonly LogRecord[]): void;
  /** What can no longer be had; the reading goes on behind it, unless the follower is ended here. */
  missed(follower: Follower, gap: Gap): void;
  /** The log could not be read; the follower stands still. */
  failed(follower: Follower, error: unknown): void;
}

export type FollowerState =
  /** Stands still until `start`. */
  | 'paused'
  /** Catching up: reads the log. */
  | 'reading'
  /** Catching up: waits until the reader has room again. */
  | 'waiting'
  | 'live'
  | 'ended';

/** How much may wait in the outlet before a reader that catches up is given no more. In bytes. */
export const HIGH_WATER = 64 * 1024;
const PAGE_RECORDS = 512;

export class Follower implements FeedListener, LiveReader {
  readonly feed: Feed;
  readonly reader: Reader;
  readonly #hub: Hub;
  readonly #format: Format | undefined;
  #offset: number;
  #state: FollowerState = 'paused';
  /** Counts what was begun, so that a reading that was overtaken knows it. */
  #turn = 0;

  /**
   * Takes over the feed that was held for it, and releases it at the end.
   *
   * @param offset of the last record the reader has; not beyond the channel's head
   * @param format what to share with others while live; without it each record is given to `reader.write`
   */
  constructor(hub: Hub, feed: Feed, reader: Reader, offset: number, format?: Format) {
    this.#hub = hub;
    this.feed = feed;
    this.reader = reader;
    this.#offset = offset;
    this.#format = format;
  }

  get state(): FollowerState {
    return this.#state;
  }

  get position(): Position {
    return { epoch: this.#hub.epoch, offset: this.#state === 'live' ? this.#liveOffset() : this.#offset };
  }

  /** Begins, or goes on after the reader's outlet has room again. Harmless at any time. */
  start(): void {
    if (this.#state !== 'paused' && this.#state !== 'waiting') return;
    if (this.reader.doubted === undefined && this.feed.known && this.#offset >= this.feed.offset) {
      this.#join();
      return;
    }
    this.#state = 'reading';
    void this.#catchUp(++this.#turn);
  }

  /** Stands still where it is; `start` goes on. */
  pause(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.#turn++;
    this.#state = 'paused';
  }

  /** The reader's backlog passed the limit, and nothing is pushed to it any more. */
  fellBehind(): void {
    if (this.#state !== 'live') return;
    this.#leave();
    this.#state = 'waiting';
  }

  wentBack(): void {
    this.pause();
    this.reader.failed(this, new LogError('unavailable', 'The log has lost its end.'));
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.#state = 'ended';
    this.#hub.release(this.feed);
  }

  /** As a listener, live and without a format. */
  published(feed: Feed, records: readonly LogRecord[]): void {
    this.reader.write(feed, records);
    // No audience watches over this outlet.
    if (this.reader.outlet.backlog > this.#hub.outboxBytes) this.fellBehind();
  }

  #liveOffset(): number {
    return this.#format === undefined ? this.feed.offset : this.feed.offsetOf(this.#format);
  }

  #join(): void {
    this.#state = 'live';
    this.#hub.enter(this);
    if (this.#format === undefined) this.feed.listen(this);
    else this.feed.join(this.#format, this.reader.outlet);
  }

  #leave(): void {
    if (this.#state !== 'live') return;
    this.#offset = this.#liveOffset();
    this.#hub.leave(this);
    if (this.#format === undefined) this.feed.unlisten(this);
    else this.feed.leave(this.#format, this.reader.outlet);
  }

  async #catchUp(turn: number): Promise<void> {
    // Whether it was ended, or began anew, while it waited for the log.
    const overtaken = (): boolean => this.#turn !== turn || this.#state !== 'reading';
    try {
      for (;;) {
        while (this.reader.doubted !== undefined) await this.reader.doubted;
        if (overtaken()) return;
        if (this.reader.outlet.backlog > HIGH_WATER) {
          this.#state = 'waiting';
          return;
        }
        const { channel } = this.feed;
        const { pageBytes, log, epoch } = this.#hub;
        const page = { channel, epoch, after: this.#offset, limit: PAGE_RECORDS, maxBytes: pageBytes };
        const { records, head, gap } = await log.read(page);
        if (overtaken()) return;
        if (gap !== undefined) {
          this.#offset = gap.to;
          this.reader.missed(this, gap);
          if (overtaken()) return;
        }
        const last = records.at(-1);
        if (last !== undefined) {
          // The position moves before the reader is called, which may end or restart this follower.
          this.#offset = last.offset;
          this.reader.write(this.feed, records);
          if (overtaken()) return;
        } else if (gap === undefined && this.#offset < head.offset) {
          throw new Error(`The log has nothing after ${this.#offset} in ${channel}.`);
        }
        // What was dispatched since it was read is known to the feed; nothing was, where the feed knows nothing.
        this.feed.learn(head.offset);
        if (this.#offset < this.feed.offset) continue;
        this.#join();
        return;
      }
    } catch (error) {
      if (overtaken()) return;
      this.#state = 'paused';
      this.reader.failed(this, error);
    }
  }
}

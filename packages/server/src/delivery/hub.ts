/**
 * Dispatches what the log tells, in its one order, to the channels that have readers on this node. It must not know
 * what a record means, nor who may read it.
 */

import { epochAt } from '../log/epochs.js';
import type { Log, Follower as LogFollower, TailRecord } from '../log/log.js';
import type { AudienceFactory } from './audience.js';
import { Feed } from './feed.js';
import type { Format } from './format.js';

export interface HubOptions {
  readonly log: Log;
  readonly audience: AudienceFactory;
  /** What one page read for a reader that catches up may hold. 64 KiB. */
  readonly pageBytes?: number;
  /** What may wait in an outlet before a live reader is let go of, where no audience sees to it. 256 KiB. */
  readonly outboxBytes?: number;
  /** Called with a record that changed facts, before any reader is given it. */
  readonly changed?: (record: TailRecord) => void;
  /** Called when records were missed for good, or never were: whatever was remembered may be wrong. */
  readonly skipped?: () => void;
  /** Called with how many records were dispatched to readers, for each run of them. */
  readonly published?: (records: number) => void;
}

/** A reader that waits for what is dispatched, and is to be told when that is not all there is. */
export interface LiveReader {
  /** This node has lost the thread: the reader stands still at what it was given. */
  pause(): void;
  /** To be read on from there. */
  start(): void;
  /** The log has lost its end, and what the reader has of it: there is no place to read on from. */
  wentBack(): void;
}

/** What is framed together at the most, in characters of data. */
const RUN_LENGTH = 64 * 1024;

export class Hub implements LogFollower {
  readonly log: Log;
  readonly outboxBytes: number;
  readonly pageBytes: number;
  readonly #options: HubOptions;
  readonly #feeds = new Map<string, Feed>();
  readonly #readers = new Set<LiveReader>();
  readonly #unfollow: () => void;
  #position: number;
  /** How often the log has lost its end. */
  #losses = 0;

  constructor(options: HubOptions) {
    this.log = options.log;
    this.#options = options;
    this.outboxBytes = options.outboxBytes ?? 256 * 1024;
    this.pageBytes = options.pageBytes ?? 64 * 1024;
    this.#position = options.log.position;
    this.#unfollow = options.log.follow(this);
  }

  /** Everything up to this id was dispatched: who is live has it queued. */
  get position(): number {
    return this.#position;
  }

  /** Another number each time that the log has lost its end: places from before it may be good for nothing. */
  get losses(): number {
    return this.#losses;
  }

  /** The present epoch's name. */
  get epoch(): string {
    return this.log.epochs.at(-1)!.name;
  }

  /** How many channels have readers here. */
  get size(): number {
    return this.#feeds.size;
  }

  /** The channel's feed, held until `release`d as often as it was held. Where the channel ends may not be known. */
  hold(channel: string): Feed {
    let feed = this.#feeds.get(channel);
    if (feed === undefined) {
      feed = new Feed(channel, this.#options.audience);
      this.#feeds.set(channel, feed);
    }
    feed.holders += 1;
    return feed;
  }

  /** The same, and where the channel ends is known. At once where it is at hand. @throws {LogError} */
  open(channel: string): Feed | Promise<Feed> {
    const feed = this.hold(channel);
    if (feed.known) return feed;
    return this.learn([feed]).then(
      () => feed,
      (error: unknown) => {
        this.release(feed);
        throw error;
      },
    );
  }

  /** Finds out where the channels end, in one go. @throws {LogError} */
  async learn(feeds: readonly Feed[]): Promise<void> {
    const unknown = feeds.filter((feed) => !feed.known);
    if (unknown.length === 0) return;
    const heads = await this.log.heads(unknown.map(({ channel }) => channel));
    for (const [index, feed] of unknown.entries()) feed.learn(heads[index]!.offset);
  }

  release(feed: Feed): void {
    feed.holders -= 1;
    if (feed.holders === 0) this.#feeds.delete(feed.channel);
  }

  /** The feed if the channel has readers here; not held. */
  peek(channel: string): Feed | undefined {
    return this.#feeds.get(channel);
  }

  /** Sends something that is not stored to all on this node who read the channel live in the format. */
  announce(channel: string, format: Format, text: string): void {
    this.#feeds.get(channel)?.announce(format, text);
  }

  /** Counts a live reader, to be told when it has to read anew. */
  enter(reader: LiveReader): void {
    this.#readers.add(reader);
  }

  leave(reader: LiveReader): void {
    this.#readers.delete(reader);
  }

  close(): void {
    this.#unfollow();
    this.#feeds.clear();
    this.#readers.clear();
  }

  // As a follower of the log.

  told(records: readonly TailRecord[]): void {
    const { changed, published } = this.#options;
    for (let at = 0; at < records.length; ) {
      const first = records[at]!;
      if (first.changes !== undefined) changed?.(first);
      const feed = this.#feeds.get(first.channel);
      const end = feed === undefined ? at + 1 : endOfRun(records, at);
      const run = records.slice(at, end);
      at = end;
      this.#position = run.at(-1)!.id;
      if (feed === undefined) continue;
      feed.told(run, epochAt(this.log.epochs, this.#position));
      published?.(run.length);
    }
  }

  skipped(_from: number, to: number): void {
    // What was remembered is doubted before anybody reads by it. Those who are live leave at what they were given, and
    // read from there; the log tells what cannot be had.
    this.#options.skipped?.();
    const readers = Array.from(this.#readers);
    for (const reader of readers) reader.pause();
    this.#forget(to);
    for (const reader of readers) reader.start();
  }

  wentBack(to: number): void {
    this.#losses += 1;
    this.#options.skipped?.();
    for (const reader of Array.from(this.#readers)) reader.wentBack();
    this.#forget(to);
  }

  #forget(position: number): void {
    for (const feed of this.#feeds.values()) feed.forget();
    this.#position = position;
  }
}

/** Records of one channel that come one after the other, and change nothing but by the first of them. */
function endOfRun(records: readonly TailRecord[], start: number): number {
  const { channel } = records[start]!;
  let length = records[start]!.data.length;
  let end = start + 1;
  for (; end < records.length; end++) {
    const record = records[end]!;
    length += record.data.length;
    if (record.channel !== channel || record.changes !== undefined || length > RUN_LENGTH) break;
  }
  return end;
}

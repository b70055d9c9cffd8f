/**
 * One reader of everything a user belongs to, from a cursor: what polling, long polling and server-sent events have in
 * common. It keeps no queue for the caller; all it knows are positions, and the log is read from there.
 */
import type { Gap, Position } from '@fullduplex/wire';
import type { LogRecord } from '../log/channel-log.js';
import { type Cursor, encodeCursor } from './cursor.js';
import type { Feed, FeedListener } from './feed.js';
import { channelPublicationJson } from './format.js';
import type { Hub } from './hub.js';
import { joinedAt, type Start } from './joined-at.js';

/** What the reader's user may read, asked anew each time: it changes while a request is held. */
export interface Scope {
  readonly user: string;
  /** What the user belongs to now, their own feed first. */
  channels(): readonly string[];
  /** Whether the user may read a channel they do not belong to. */
  mayRead(channel: string): boolean;
}

export interface Bounds {
  readonly bytes: number;
  readonly publications: number;
}

export interface Entry {
  readonly channel: string;
  readonly position: Position;
  /** The publication, complete in itself. */
  readonly json: string;
}

export interface Batch {
  /** In order within a channel. */
  readonly entries: readonly Entry[];
  /** To be told before the entries. */
  readonly gaps: readonly Gap[];
  /** It was cut at the bounds. */
  readonly more: boolean;
}

export interface Step {
  /** Whether it is a gap; otherwise a publication. */
  readonly gap: boolean;
  readonly json: string;
  readonly cursor: string;
}

export class CursorReader implements FeedListener {
  readonly #hub: Hub;
  readonly #scope: Scope;
  readonly #cursor: Cursor;
  #watched: Feed[] = [];
  #wake: (() => void) | undefined;

  /** @param asked channels to read from now on besides those in the cursor */
  constructor(hub: Hub, scope: Scope, cursor: Cursor, asked: Iterable<string> = []) {
    this.#hub = hub;
    this.#scope = scope;
    this.#cursor = cursor;
    for (const channel of asked) cursor.asked.add(channel);
  }

  /** A reader of what comes from now on, in what the user belongs to and in what is asked for besides. */
  static async fromNow(hub: Hub, scope: Scope, asked: Iterable<string>): Promise<CursorReader> {
    const own = scope.channels();
    const extra = new Set(asked);
    for (const channel of own) extra.delete(channel);
    const channels = [...own, ...extra];
    const heads = await hub.log.heads(channels);
    const positions = new Map(channels.map((channel, index) => [channel, heads[index]!]));
    return new CursorReader(hub, scope, { positions, asked: extra });
  }

  get positions(): ReadonlyMap<string, Position> {
    return this.#cursor.positions;
  }

  get cursor(): string {
    return encodeCursor(this.#cursor);
  }

  /**
   * What comes after the positions, which move behind it.
   *
   * @throws {LogError} then the positions stand behind what other channels gave, which is lost: begin anew
   */
  async read(bounds: Bounds): Promise<Batch> {
    const gaps: Gap[] = [];
    await this.#align(gaps);
    return this.#collect(bounds, gaps);
  }

  /** The same one by one, each with the cursor after it. */
  async readSteps(bounds: Bounds): Promise<{ readonly steps: readonly Step[]; readonly more: boolean }> {
    const early: Gap[] = [];
    await this.#align(early);
    const { asked } = this.#cursor;
    const positions = new Map(this.#cursor.positions);
    const { entries, gaps, more } = await this.#collect(bounds, early);
    const steps: Step[] = [];
    for (const gap of gaps) {
      positions.set(gap.channel, { epoch: gap.epoch, offset: gap.oldest - 1 });
      steps.push({ gap: true, json: JSON.stringify(gap), cursor: encodeCursor({ positions, asked }) });
    }
    for (const { channel, position, json } of entries) {
      positions.set(channel, position);
      steps.push({ gap: false, json, cursor: encodeCursor({ positions, asked }) });
    }
    return { steps, more };
  }

  /** Calls `wake` at each publication from now on. True: there is something to read already. */
  async watch(wake: () => void): Promise<boolean> {
    this.#wake = wake;
    const { positions } = this.#cursor;
    const watched = new Set<string>();
    this.#watched = this.#watched.filter((feed) => {
      const kept = positions.has(feed.channel);
      if (kept) watched.add(feed.channel);
      else this.#let(feed);
      return kept;
    });
    for (const channel of positions.keys()) {
      if (watched.has(channel)) continue;
      const opened = this.#hub.open(channel);
      const feed = opened instanceof Promise ? await opened : opened;
      if (this.#wake === undefined) {
        this.#hub.release(feed);
        return false;
      }
      feed.listen(this);
      this.#watched.push(feed);
    }
    return this.#watched.some((feed) => !equal(feed.position, positions.get(feed.channel)));
  }

  unwatch(): void {
    this.#wake = undefined;
    for (const feed of this.#watched) this.#let(feed);
    this.#watched = [];
  }

  published(): void {
    this.#wake?.();
  }

  async #collect(bounds: Bounds, gaps: Gap[]): Promise<Batch> {
    const entries: Entry[] = [];
    let room = bounds.bytes;
    let more = false;
    for (const channel of await this.#withNews()) {
      const limit = bounds.publications - entries.length;
      if (room <= 0 || limit <= 0) {
        more = true;
        break;
      }
      const before = entries.length;
      more = (await this.#readChannel(channel, { bytes: room, publications: limit }, entries, gaps)) || more;
      for (let at = before; at < entries.length; at++) room -= entries[at]!.json.length;
    }
    return { entries, gaps, more };
  }

  #let(feed: Feed): void {
    feed.unlisten(this);
    this.#hub.release(feed);
  }

  /** Makes the positions be of just what the user belongs to, and of what they asked for and may read. */
  async #align(gaps: Gap[]): Promise<void> {
    const { positions, asked } = this.#cursor;
    const own = new Set(this.#scope.channels());
    for (const channel of asked) {
      if (own.has(channel) || !this.#scope.mayRead(channel)) asked.delete(channel);
    }
    for (const channel of positions.keys()) {
      if (!own.has(channel) && !asked.has(channel)) positions.delete(channel);
    }
    for (const channel of own) {
      if (positions.has(channel)) continue;
      const start = await this.#startOf(channel);
      // On the way in: the joining wakes the reader again.
      if (start === undefined) continue;
      positions.set(channel, start.position);
      if (start.gap !== undefined) gaps.push(start.gap);
    }
    for (const channel of asked) {
      if (positions.has(channel)) continue;
      const [head] = await this.#hub.log.heads([channel]);
      positions.set(channel, head!);
    }
  }

  /** Where the reader begins in a channel that the user joined after the cursor was made. */
  async #startOf(channel: string): Promise<Start | undefined> {
    if (channel.startsWith('room:')) return joinedAt(this.#hub.log, channel, this.#scope.user);
    // A conversation of two is new to the reader as a whole.
    const [head] = await this.#hub.log.heads([channel]);
    return { position: { epoch: head!.epoch, offset: 0 } };
  }

  async #withNews(): Promise<string[]> {
    const { positions } = this.#cursor;
    const unknown: string[] = [];
    const news = new Set<string>();
    for (const [channel, position] of positions) {
      const feed = this.#hub.peek(channel);
      if (feed === undefined) unknown.push(channel);
      else if (!equal(feed.position, position)) news.add(channel);
    }
    if (unknown.length > 0) {
      const heads = await this.#hub.log.heads(unknown);
      for (const [index, channel] of unknown.entries()) {
        if (!equal(heads[index]!, positions.get(channel))) news.add(channel);
      }
    }
    // The user's own feed first, as in the positions.
    return [...positions.keys()].filter((channel) => news.has(channel));
  }

  /** True: there is more than the bounds allow. */
  async #readChannel(channel: string, bounds: Bounds, entries: Entry[], gaps: Gap[]): Promise<boolean> {
    const { positions } = this.#cursor;
    const after = positions.get(channel)!;
    const feed = this.#hub.peek(channel);
    if (feed?.epoch === after.epoch) {
      const latest = feed.latestAfter(after.offset);
      if (latest !== undefined && latest.length <= bounds.publications) {
        let offset = after.offset;
        for (const json of latest) {
          offset += 1;
          entries.push({ channel, position: { epoch: feed.epoch, offset }, json });
        }
        positions.set(channel, feed.position);
        return false;
      }
    }
    const { records, head, gap } = await this.#hub.log.read({
      channel,
      after: after.offset,
      epoch: after.epoch,
      limit: Math.min(bounds.publications, 10_000),
      maxBytes: bounds.bytes,
    });
    if (gap !== undefined) {
      gaps.push(gap);
      positions.set(channel, { epoch: gap.epoch, offset: gap.oldest - 1 });
    }
    for (const record of records) entries.push(toEntry(channel, head.epoch, record));
    const last = entries.at(-1);
    if (records.length > 0 && last !== undefined) positions.set(channel, last.position);
    return positions.get(channel)!.offset < head.offset;
  }
}

function toEntry(channel: string, epoch: string, record: LogRecord): Entry {
  return {
    channel,
    position: { epoch, offset: record.offset },
    json: channelPublicationJson(channel, epoch, record),
  };
}

function equal(a: Position, b: Position | undefined): boolean {
  return b !== undefined && a.offset === b.offset && a.epoch === b.epoch;
}

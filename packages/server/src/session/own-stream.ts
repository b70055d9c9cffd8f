/**
 * What the server keeps a session subscribed to because its user belongs there, read as one: from one place, in the
 * log's order. Live, it is in the audience of each channel; behind, it reads all of them together and becomes live at
 * the seam. It must not know how a command looks.
 */
import type { Gap } from '@fullduplex/wire';
import type { Outlet } from '../delivery/audience.js';
import { encodeCursor } from '../delivery/cursor.js';
import type { Feed } from '../delivery/feed.js';
import { HIGH_WATER } from '../delivery/follower.js';
import { PUSHES } from '../delivery/format.js';
import type { Hub, LiveReader } from '../delivery/hub.js';
import type { Memberships } from '../delivery/memberships.js';
import { gapOf } from '../delivery/place-reader.js';
import { type Hole, LogError, type LogRecord } from '../log/log.js';

/** What an own stream tells of, and asks. None of these may throw. */
export interface OwnStreamReader {
  readonly outlet: Outlet;
  /** Whether the session reads the channel by itself. */
  isApart(channel: string): boolean;
  /** The channel's records begin after the offset; to be told before the first of them. */
  began(channel: string, offset: number): void;
  ended(channel: string): void;
  /** Retention took what comes next of a channel; it goes on behind it. */
  lost(gap: Gap): void;
  /** The log could not be read; the stream stands still. */
  broke(error: unknown): void;
}

type State = 'paused' | 'reading' | 'waiting' | 'live' | 'ended';

const PAGE_RECORDS = 512;

export class OwnStream implements LiveReader {
  readonly memberships: Memberships;
  readonly #hub: Hub;
  readonly #reader: OwnStreamReader;
  readonly #unwatch: () => void;
  /** The channels that the session was told of. */
  readonly #feeds = new Map<string, Feed>();
  #place: number;
  #state: State = 'paused';
  #turn = 0;
  /** The place that the client was given last. */
  #told: number;

  constructor(hub: Hub, memberships: Memberships, reader: OwnStreamReader, place: number) {
    this.#hub = hub;
    this.memberships = memberships;
    this.#reader = reader;
    this.#place = place;
    this.#told = place;
    this.#unwatch = memberships.watch((channel, from) => {
      if (from === undefined) this.#leftChannel(channel);
      else this.#joinedChannel(channel);
    });
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  /** The id up to which everything was queued to the outlet. */
  get place(): number {
    return this.#state === 'live' ? this.#hub.position : this.#place;
  }

  has(channel: string): boolean {
    return this.#feeds.has(channel);
  }

  channels(): Iterable<string> {
    return this.#feeds.keys();
  }

  /** The client was told of the channel and where it ends: it need not be again. Takes over the feed, which is held. */
  adopt(feed: Feed): void {
    this.#feeds.set(feed.channel, feed);
  }

  /** The client does not want the channel, and is not told. */
  drop(channel: string): void {
    const feed = this.#feeds.get(channel);
    if (feed === undefined) return;
    this.#feeds.delete(channel);
    if (this.#state === 'live') feed.leave(PUSHES, this.#reader.outlet);
    this.#hub.release(feed);
  }

  /** Begins, or goes on after the outlet has room again. Harmless at any time. */
  start(): void {
    if (this.#state !== 'paused' && this.#state !== 'waiting') return;
    const isSure = this.memberships.doubted === undefined;
    if (isSure && this.#place === this.#hub.position && this.#isTold()) {
      this.#join();
      return;
    }
    this.#state = 'reading';
    void this.#catchUp(++this.#turn);
  }

  /** An audience let go of the outlet, and nothing more of that channel is pushed: so nothing of any is. */
  fellBehind(): void {
    if (this.#state !== 'live') return;
    this.#leave();
    this.#state = 'waiting';
  }

  /** Stands still where it is; `start` goes on. */
  pause(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.#turn++;
    this.#state = 'paused';
  }

  wentBack(): void {
    this.pause();
    this.#reader.broke(new LogError('unavailable', 'The log has lost its end.'));
  }

  /** The cursor that the client is to be given by itself, if it was not given that place yet. */
  silentCursor(): string | undefined {
    const { place } = this;
    if (this.#state !== 'live' || place === this.#told) return undefined;
    this.#told = place;
    return encodeCursor(this.#hub.epoch, place);
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.#state = 'ended';
    this.#unwatch();
    for (const feed of this.#feeds.values()) this.#hub.release(feed);
    this.#feeds.clear();
  }

  /** Whether the client knows of all that its user belongs to. */
  #isTold(): boolean {
    for (const channel of this.memberships.channels.keys()) {
      if (!this.#feeds.has(channel) && !this.#reader.isApart(channel)) return false;
    }
    return true;
  }

  #join(): void {
    this.#state = 'live';
    this.#hub.enter(this);
    for (const feed of this.#feeds.values()) feed.join(PUSHES, this.#reader.outlet);
  }

  #leave(): void {
    if (this.#state !== 'live') return;
    this.#place = this.#hub.position;
    // Before anything else: leaving may have more be written, and that may call back.
    this.#state = 'paused';
    this.#hub.leave(this);
    for (const feed of this.#feeds.values()) feed.leave(PUSHES, this.#reader.outlet);
  }

  /** Called before the record is dispatched that brought it. */
  #joinedChannel(channel: string): void {
    if (this.#state !== 'live' || this.#feeds.has(channel) || this.#reader.isApart(channel)) return;
    const feed = this.#hub.hold(channel);
    if (feed.known) {
      this.#begin(feed, feed.offset);
      feed.join(PUSHES, this.#reader.outlet);
      return;
    }
    this.#hub.release(feed);
    // Where the channel ends has to be asked first; what comes meanwhile is read.
    this.pause();
    this.start();
  }

  #leftChannel(channel: string): void {
    if (!this.#feeds.has(channel)) return;
    this.drop(channel);
    this.#reader.ended(channel);
  }

  #begin(feed: Feed, offset: number): void {
    this.#feeds.set(feed.channel, feed);
    this.#reader.began(feed.channel, offset);
  }

  async #catchUp(turn: number): Promise<void> {
    const overtaken = (): boolean => this.#turn !== turn || this.#state !== 'reading';
    const { log, pageBytes } = this.#hub;
    try {
      // Not in the midst of a dispatch: what the log would give then goes beyond what is known of memberships.
      await Promise.resolve();
      while (!overtaken()) {
        while (this.memberships.doubted !== undefined) await this.memberships.doubted;
        if (overtaken()) return;
        const channels = [];
        for (const [channel, from] of this.memberships.channels) {
          if (this.#reader.isApart(channel)) continue;
          channels.push({ channel, after: Math.max(this.#place, from - 1) });
        }
        const page = await log.readAfter({ channels, limit: PAGE_RECORDS, maxBytes: pageBytes });
        if (overtaken()) return;
        if (page.holes.length > 0) {
          const heads = await log.heads(page.holes.map(({ channel }) => channel));
          if (overtaken()) return;
          this.#write(
            page.records,
            page.holes,
            heads.map(({ offset }) => offset),
          );
        } else {
          this.#write(page.records, [], []);
        }
        if (overtaken()) return;
        this.#place = page.through;
        if (page.through < log.position) {
          // Only where there is more to come: asking has all that waits be written.
          if (this.#reader.outlet.backlog <= HIGH_WATER) continue;
          this.#state = 'waiting';
          return;
        }
        if (!(await this.#beginQuiet(overtaken))) return;
        if (this.#place < this.#hub.position || !this.#isTold()) continue;
        this.#join();
        return;
      }
    } catch (error) {
      if (overtaken()) return;
      this.#state = 'paused';
      this.#reader.broke(error);
    }
  }

  /** Begins the channels that nothing came from. False when it was overtaken. */
  async #beginQuiet(overtaken: () => boolean): Promise<boolean> {
    const quiet: Feed[] = [];
    for (const channel of this.memberships.channels.keys()) {
      if (!this.#feeds.has(channel) && !this.#reader.isApart(channel)) quiet.push(this.#hub.hold(channel));
    }
    if (quiet.length === 0) return true;
    const position = this.#hub.position;
    try {
      await this.#hub.learn(quiet);
    } catch (error) {
      for (const feed of quiet) this.#hub.release(feed);
      throw error;
    }
    const gone = overtaken();
    for (const feed of quiet) {
      // What came in the meantime has to be read first, and begins the channel then.
      const begins = !gone && position === this.#hub.position && this.memberships.channels.has(feed.channel);
      if (begins && !this.#feeds.has(feed.channel)) this.#begin(feed, feed.offset);
      else this.#hub.release(feed);
    }
    return !gone;
  }

  #write(records: readonly LogRecord[], holes: readonly Hole[], heads: readonly number[]): void {
    let hole = 0;
    const tellHolesBefore = (id: number): void => {
      for (; hole < holes.length && holes[hole]!.id < id; hole++) {
        const { channel } = holes[hole]!;
        if (!this.memberships.channels.has(channel)) continue;
        // What is told of the gap says where the channel goes on.
        if (!this.#feeds.has(channel)) this.#feeds.set(channel, this.#hub.hold(channel));
        this.#reader.lost(gapOf(holes[hole]!, this.#hub.epoch, heads[hole]!));
      }
    };
    for (let at = 0; at < records.length; ) {
      const { channel, id, offset } = records[at]!;
      tellHolesBefore(id);
      const until = holes[hole]?.id ?? Number.POSITIVE_INFINITY;
      let end = at + 1;
      while (end < records.length && records[end]!.channel === channel && records[end]!.id < until) end++;
      // Judged once more: the user may have been removed while it was read.
      if (this.memberships.channels.has(channel)) {
        if (!this.#feeds.has(channel)) this.#begin(this.#hub.hold(channel), offset - 1);
        for (const { text } of PUSHES.encode(channel, records.slice(at, end), this.#hub.epoch)) {
          this.#reader.outlet.send(text);
        }
      }
      at = end;
    }
    tellHolesBefore(Number.POSITIVE_INFINITY);
  }
}

/**
 * Keeps no more of each channel than a policy says. It looks at channels that got records, and at ids that have grown
 * old, instead of at everything; one node does it for all. It goes in small steps, so that appends and readers are let
 * in between; it must not know what a record means.
 */
import { Horizon } from './horizon.js';
import { Keeper } from './keeper.js';
import type { Log, TailRecord } from './log.js';

/** What is kept has to satisfy both. A channel's newest record is kept whatever the policy. */
export interface RetentionPolicy {
  /** Records of each channel, the newest ones. */
  readonly records?: number | undefined;
  /**
   * Milliseconds that a record is kept at least, of the log's own time (`horizon.ts`); it goes within an hour after, or
   * an eighth of them where that is less. Ten minutes at least.
   */
  readonly age?: number | undefined;
}

export interface RetentionOptions {
  readonly log: Pick<
    Log,
    'position' | 'append' | 'facts' | 'list' | 'channels' | 'read' | 'tail' | 'follow' | 'trim'
  >;
  readonly policy: RetentionPolicy;
  readonly clock: {
    /** Milliseconds since 1970; may jump, and go back. */
    now(): number;
    /** Milliseconds by a clock that never goes back. */
    monotonic(): number;
    /** Calls back once, after so many milliseconds. Returns what takes it back. */
    after(ms: number, callback: () => void): () => void;
  };
  /** Runs the function once others were let in. */
  readonly defer: (run: () => void) => void;
  /** This node's name, of this start of it: of several nodes on one storage one does it. */
  readonly node: string;
  /** From the end of one sweep to the beginning of the next, in milliseconds. */
  readonly interval: number;
  /** What hangs on the records `from` to `to` of the channel, which are gone, is to go as well. */
  readonly removed: (channel: string, from: number, to: number) => Promise<void>;
  /** Told why a sweep was broken off; the next one goes on with its work. */
  readonly failed: (error: unknown) => void;
}

/** Nothing younger is removed, in milliseconds: who reads on in time is never told of a gap. */
const MIN_AGE = 5 * 60_000;
const HOUR = 3_600_000;
/** Channels that are looked at in one step, and in one sweep, when all of them are. */
const PAGE = 200;
const PAGES = 25;
/** Old records that are looked at in one step. */
const TAIL = 500;
/** Records that are removed in one step. */
const STEP = 250;

/** Channels with the last offset that each had at some moment. */
interface Seen {
  /** By the monotonic clock. */
  readonly at: number;
  readonly channels: Map<string, number>;
}

export class Retention {
  readonly #options: RetentionOptions;
  readonly #keeper: Keeper;
  readonly #horizon: Horizon;
  /** Channels that got records since the last sweep. */
  #touched = new Map<string, number>();
  /** Those of earlier sweeps, until all their records are old enough to go. */
  #seen: Seen[] = [];
  /** How far all channels were gone through, by number; undefined: to the end. */
  #next: number | undefined = 0;
  #keeps = false;
  #sweeping: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #unfollow: (() => void) | undefined;
  #stopped = false;

  constructor(options: RetentionOptions) {
    const { log, clock, policy, node } = options;
    this.#options = options;
    this.#keeper = new Keeper({ log, node, prefix: 'retention/keeper/' });
    const spacing = policy.age === undefined ? undefined : Math.min(HOUR, policy.age / 8);
    this.#horizon = new Horizon({ log, clock, spacing });
  }

  /** Sweeps now, and then at every interval. A policy that keeps everything sweeps never. */
  start(): void {
    const { policy, log } = this.#options;
    if (policy.records === undefined && policy.age === undefined) return;
    this.#unfollow = log.follow({
      told: (records) => this.#told(records),
      skipped: () => this.#beginAnew(),
      wentBack: () => this.#beginAnew(),
    });
    this.#run();
  }

  /** Resolves once nothing of it is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unfollow?.();
    this.#cancel?.();
    await this.#sweeping;
  }

  #run(): void {
    const { clock, interval, failed } = this.#options;
    this.#sweeping = this.#sweep()
      .catch(failed)
      .then(() => {
        this.#sweeping = undefined;
        if (!this.#stopped) this.#cancel = clock.after(interval, () => this.#run());
      });
  }

  #told(records: readonly TailRecord[]): void {
    if (!this.#keeps) return;
    for (const { channel, offset } of records) this.#touch(channel, 1, offset);
  }

  #touch(channel: string, oldest: number, head: number): void {
    const { age, records = Number.POSITIVE_INFINITY } = this.#options.policy;
    if (age !== undefined || head - oldest >= records) this.#touched.set(channel, head);
  }

  #beginAnew(): void {
    this.#touched.clear();
    this.#seen = [];
    this.#next = 0;
  }

  async #sweep(): Promise<void> {
    const { clock, interval } = this.#options;
    const time = await this.#horizon.witness();
    // A round outlasts the longest that the log's time can go on from one sweep to the next.
    const keeps = await this.#keeper.keeps(Math.floor(time / (3 * interval)));
    if (keeps !== this.#keeps) this.#beginAnew();
    this.#keeps = keeps;
    if (!keeps) return;
    await this.#horizon.note();
    const old = await this.#removeOld();
    await this.#goThroughAll();
    this.#seen.push({ at: clock.monotonic(), channels: this.#touched });
    this.#touched = new Map();
    await this.#lookAtSeen(old);
  }

  /** Removes what the policy's age has passed. Answers the id up to which that was done. */
  async #removeOld(): Promise<number> {
    const { policy } = this.#options;
    if (policy.age === undefined) return 0;
    // The log's time goes at most twice as fast as time does.
    const age = Math.max(policy.age, 2 * MIN_AGE);
    for (let range = await this.#horizon.expired(age); range !== undefined && !this.#stopped; ) {
      await this.#removeRange(range.after, range.upTo);
      if (this.#stopped) break;
      await this.#horizon.passed(range.upTo);
      range = await this.#horizon.expired(age);
    }
    return this.#horizon.dealtWith();
  }

  /** Removes the records of these ids, but for those that are their channel's newest. */
  async #removeRange(after: number, upTo: number): Promise<void> {
    for (let place = after; !this.#stopped; ) {
      const records = (await this.#options.log.tail(place, TAIL)).filter(({ id }) => id <= upTo);
      const last = records.at(-1);
      if (last === undefined) return;
      const ends = new Map(records.map(({ channel, offset }) => [channel, offset]));
      for (const [channel, offset] of ends) await this.#trim(channel, () => offset + 1);
      place = last.id;
      await this.#rest();
    }
  }

  /** After a start all channels are gone through once, some of them in each sweep. */
  async #goThroughAll(): Promise<void> {
    for (let page = 0; page < PAGES && this.#next !== undefined && !this.#stopped; page++) {
      const extents = await this.#options.log.channels(this.#next, PAGE);
      for (const { channel, oldest, head } of extents) {
        if (oldest < head && !this.#touched.has(channel)) this.#touch(channel, oldest, head);
      }
      this.#next = extents.at(-1)?.number;
      await this.#rest();
    }
  }

  /** Looks at the channels whose records were all there long enough ago. */
  async #lookAtSeen(old: number): Promise<void> {
    const { clock, policy } = this.#options;
    let looked = 0;
    for (let [seen] = this.#seen; seen !== undefined; [seen] = this.#seen) {
      if (clock.monotonic() - seen.at < MIN_AGE) return;
      for (const [channel, last] of seen.channels) {
        if (this.#stopped) return;
        await this.#trim(channel, (oldest, head) => {
          const byCount = policy.records === undefined ? 0 : head - policy.records + 1;
          // One that stayed as its channel's newest, and no longer is that.
          const byAge = oldest.id <= old ? oldest.offset + 1 : 0;
          return Math.min(Math.max(byCount, byAge), last + 1);
        });
        seen.channels.delete(channel);
        if (++looked % PAGE === 0) await this.#rest();
      }
      if (this.#seen[0] === seen) this.#seen.shift();
    }
  }

  /** Removes what lies before the offset, but never the head. */
  async #trim(
    channel: string,
    before: (oldest: { readonly offset: number; readonly id: number }, head: number) => number,
  ): Promise<void> {
    const { log, removed } = this.#options;
    const { records, head } = await log.read({ channel, limit: 1 });
    const [oldest] = records;
    if (oldest === undefined) return;
    const end = Math.min(before(oldest, head.offset), head.offset);
    for (let from = oldest.offset; from < end && !this.#stopped; from += STEP) {
      const next = Math.min(from + STEP, end);
      await log.trim(channel, next);
      await removed(channel, from, next - 1);
      await this.#rest();
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => this.#options.defer(resolve));
  }
}

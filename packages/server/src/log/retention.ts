/**
 * Keeps no more of each channel than a policy says: sweeps over all of them from time to time and trims what is too
 * much. It goes in small steps, so that appends and readers are let in between; it must not know what a record means.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChannelExtent, ChannelLog } from './log.js';

/** What is kept has to satisfy both. A channel's newest record is kept whatever the policy. */
export interface RetentionPolicy {
  /** Records of each channel, the newest ones. */
  readonly records?: number | undefined;
  /** Milliseconds since a record was appended. */
  readonly age?: number | undefined;
}

export interface RetentionOptions {
  readonly log: Pick<ChannelLog, 'channels' | 'read' | 'trim'>;
  readonly policy: RetentionPolicy;
  readonly clock: {
    /** Milliseconds since 1970. */
    now(): number;
    /** Calls back once, after so many milliseconds. Returns what takes it back. */
    after(ms: number, callback: () => void): () => void;
  };
  /** From the end of one sweep to the beginning of the next, in milliseconds. */
  readonly interval: number;
  /** What hangs on the records `from` to `to` of the channel, which are gone, is to go as well. */
  readonly removed: (channel: string, from: number, to: number) => Promise<void>;
  /** Told why a sweep was broken off; the next one goes on with its work. */
  readonly failed: (error: unknown) => void;
}

/** Channels that are looked at in one step. */
const PAGE = 100;
/** Records that are removed in one step. */
const STEP = 250;

export class Retention {
  readonly #options: RetentionOptions;
  #sweeping: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Sweeps now, and then at every interval. A policy that keeps everything sweeps never. */
  start(): void {
    const { policy, clock, interval, failed } = this.#options;
    if (policy.records === undefined && policy.age === undefined) return;
    this.#sweeping = this.sweep()
      .catch(failed)
      .then(() => {
        this.#sweeping = undefined;
        if (!this.#stopped) this.#cancel = clock.after(interval, () => this.start());
      });
  }

  /** Resolves once nothing of it is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  /** Looks at every channel once. @throws {LogError} */
  async sweep(): Promise<void> {
    for (let last = 0; !this.#stopped; ) {
      const page = await this.#options.log.channels(last, PAGE);
      for (const extent of page) await this.#trim(extent);
      const end = page.at(-1);
      if (end === undefined) return;
      last = end.number;
      await nextTurn();
    }
  }

  async #trim(extent: ChannelExtent): Promise<void> {
    const { log, removed } = this.#options;
    const { channel } = extent;
    const before = await this.#firstKept(extent);
    for (let from = extent.oldest; from < before && !this.#stopped; from += STEP) {
      const next = Math.min(from + STEP, before);
      await log.trim(channel, next);
      await removed(channel, from, next - 1);
      await nextTurn();
    }
  }

  /** The first offset that the policy keeps. */
  async #firstKept(extent: ChannelExtent): Promise<number> {
    const { policy, clock } = this.#options;
    const { oldest, head, oldestTime } = extent;
    const first = policy.records === undefined ? oldest : Math.max(oldest, head - policy.records + 1);
    if (policy.age === undefined) return first;
    const since = clock.now() - policy.age;
    return oldestTime >= since ? first : this.#firstSince(since, extent.channel, first, head);
  }

  /** The first offset from `low` on that was not appended before the time; the head, which stays, if all were. */
  async #firstSince(time: number, channel: string, low: number, head: number): Promise<number> {
    let first = low;
    let end = head;
    // Time never goes back within a channel, so that each look halves what is left.
    while (first < end) {
      const middle = Math.floor((first + end) / 2);
      const request = { channel, after: middle - 1, before: middle + 1, limit: 1 };
      const [record] = (await this.#options.log.read(request)).records;
      if (record === undefined || record.time < time) first = middle + 1;
      else end = middle;
    }
    return first;
  }
}

/**
 * What one user's held requests wait for: anything new in what the user belongs to. It hangs on the user, not on a
 * request, and stays a while after the last, so that the next poll need not listen to each channel anew.
 */
import type { LogRecord } from '../log/log.js';
import type { Clock } from '../time/clock.js';
import type { Feed, FeedListener } from './feed.js';
import type { Hub } from './hub.js';
import type { Memberships } from './memberships.js';

/** Something is new. @param before up to this id nothing came since the last call, or since the waiting began */
export type Wake = (before: number) => void;

export class UserWatch implements FeedListener {
  readonly memberships: Memberships;
  holders = 0;
  readonly #hub: Hub;
  readonly #feeds = new Map<string, Feed>();
  readonly #waiting = new Set<Wake>();
  readonly #unwatch: () => void;

  constructor(hub: Hub, memberships: Memberships) {
    this.#hub = hub;
    this.memberships = memberships;
    for (const channel of memberships.channels.keys()) this.#listen(channel);
    this.#unwatch = memberships.watch((channel, from) => {
      if (from === undefined) this.#let(channel);
      else this.#listen(channel);
      // What is readable has changed; and what was joined may have a past to be read.
      this.#wake(hub.position);
    });
  }

  /** Calls back at whatever comes from now on, until it is taken away. */
  wait(wake: Wake): void {
    this.#waiting.add(wake);
  }

  unwait(wake: Wake): void {
    this.#waiting.delete(wake);
  }

  published(_feed: Feed, records: readonly LogRecord[]): void {
    this.#wake(records[0]!.id - 1);
  }

  close(): void {
    this.#unwatch();
    for (const channel of this.#feeds.keys()) this.#let(channel);
  }

  #listen(channel: string): void {
    if (this.#feeds.has(channel)) return;
    const feed = this.#hub.hold(channel);
    this.#feeds.set(channel, feed);
    feed.listen(this);
  }

  #let(channel: string): void {
    const feed = this.#feeds.get(channel);
    if (feed === undefined) return;
    this.#feeds.delete(channel);
    feed.unlisten(this);
    this.#hub.release(feed);
  }

  #wake(before: number): void {
    for (const wake of this.#waiting) wake(before);
  }
}

export interface UserWatchesOptions {
  readonly hub: Hub;
  /** @throws {LogError} */
  readonly memberships: (user: string) => Promise<Memberships>;
  readonly clock: Pick<Clock, 'after'>;
  /** How long a watch stays after its last holder, in milliseconds. */
  readonly linger: number;
}

export class UserWatches {
  readonly #options: UserWatchesOptions;
  readonly #watches = new Map<string, UserWatch>();

  constructor(options: UserWatchesOptions) {
    this.#options = options;
  }

  /** How many users are watched for. */
  get size(): number {
    return this.#watches.size;
  }

  /** The user's watch, held until it is `release`d as often. @throws {LogError} */
  async hold(user: string): Promise<UserWatch> {
    if (!this.#watches.has(user)) {
      const memberships = await this.#options.memberships(user);
      if (!this.#watches.has(user)) this.#watches.set(user, new UserWatch(this.#options.hub, memberships));
    }
    const watch = this.#watches.get(user)!;
    watch.holders += 1;
    return watch;
  }

  release(user: string, watch: UserWatch): void {
    watch.holders -= 1;
    if (watch.holders > 0) return;
    const { clock, linger } = this.#options;
    clock.after(linger, () => {
      if (watch.holders > 0 || this.#watches.get(user) !== watch) return;
      this.#watches.delete(user);
      watch.close();
    });
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}

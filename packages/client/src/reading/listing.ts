/**
 * Asks page by page for all that the user belongs to, where the server began by telling a part of it. It must not know
 * what is done with what it finds.
 */
import type { CommandResults, Position } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import { ClientError, type Clock } from '../types.js';

export type StatePage = CommandResults['me.state'];

export interface ListingOptions {
  readonly state: (page: { limit: number; after?: string }) => Promise<StatePage>;
  readonly clock: Clock;
  /** Between attempts to get a page. */
  readonly backoff: Backoff;
}

export interface Found {
  channel(channel: string, head: Position): void;
  user(user: string): void;
  /** All of it was told, with nothing between that `note` was called for. */
  all(channels: ReadonlySet<string>): void;
}

/** Conversations asked for at once. */
const PAGE = 200;

export class Listing {
  readonly #options: ListingOptions;
  /** What has changed since the first page was asked for: news of it is younger than any page. */
  #changed = new Set<string>();
  #running: object | undefined;
  #retry: unknown;

  constructor(options: ListingOptions) {
    this.#options = options;
  }

  /** Whether there is more to be found. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Begins, or begins again. */
  start(found: Found): void {
    this.stop();
    const run = {};
    this.#running = run;
    this.#changed = new Set();
    this.#list(run, found).catch((error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
      if (this.#running !== run) return;
      const { clock, backoff } = this.#options;
      // What does not pass by itself waits for the next connection.
      if (error.retryable) this.#retry = clock.setTimer(() => this.start(found), backoff.next());
    });
  }

  stop(): void {
    this.#running = undefined;
    this.#options.clock.clearTimer(this.#retry);
  }

  /** Something was told of the channel otherwise. */
  note(channel: string): void {
    this.#changed.add(channel);
  }

  async #list(run: object, found: Found): Promise<void> {
    const listed = new Set<string>();
    let after: string | undefined;
    do {
      const page = await this.#options.state({ limit: PAGE, ...(after !== undefined && { after }) });
      if (this.#running !== run) return;
      this.#options.backoff.reset();
      found.user(page.user);
      for (const { channel, epoch, offset } of page.channels) {
        listed.add(channel);
        if (!this.#changed.has(channel)) found.channel(channel, { epoch, offset });
      }
      after = page.next;
    } while (after !== undefined);
    this.#running = undefined;
    found.all(new Set([...listed, ...this.#changed]));
  }
}

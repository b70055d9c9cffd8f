/** What one held request waits for: anything new in what its user belongs to, and in the channels it asks for besides. */
import type { LogRecord } from '../log/log.js';
import type { Feed, FeedListener } from './feed.js';
import type { Hub, LiveReader } from './hub.js';
import type { UserWatch, Wake } from './user-watch.js';

export class News implements FeedListener, LiveReader {
  readonly #hub: Hub;
  readonly #watch: UserWatch | undefined;
  readonly #feeds: readonly Feed[];
  readonly #wake: Wake;
  #ended = false;

  /** Begins at once. @param watch held by the caller until `end` was called */
  constructor(hub: Hub, watch: UserWatch | undefined, besides: readonly string[], wake: Wake) {
    this.#hub = hub;
    this.#watch = watch;
    this.#wake = wake;
    this.#feeds = besides.map((channel) => hub.hold(channel));
    for (const feed of this.#feeds) feed.listen(this);
    watch?.wait(wake);
    hub.enter(this);
  }

  published(_feed: Feed, records: readonly LogRecord[]): void {
    this.#wake(records[0]!.id - 1);
  }

  /** Who waits stands still already. */
  pause(): void {}

  /** Something may have come that nobody was told of. */
  start(): void {
    this.#wake(0);
  }

  /** The reading will find out. */
  wentBack(): void {
    this.#wake(0);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#hub.leave(this);
    this.#watch?.unwait(this.#wake);
    for (const feed of this.#feeds) {
      feed.unlisten(this);
      this.#hub.release(feed);
    }
  }
}

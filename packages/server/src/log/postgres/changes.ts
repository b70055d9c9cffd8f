/**
 * How nodes learn that another one has committed: each notifies after its commits, and each looks for itself besides,
 * since notifications may be lost. It does not know what was committed.
 */

export interface ChangesOptions {
  readonly notify: () => Promise<unknown>;
  /** Calls back with the node that notified. Returns what ends it. */
  readonly listen: (notified: (node: string) => void, began: () => void) => () => void;
  /** This node. */
  readonly node: string;
  /** What the storage's last id is. */
  readonly lastId: () => Promise<number>;
  /** The greatest id that this node has seen. */
  readonly seen: () => number;
  /** Told once when the storage cannot be reached, and again only after it was. */
  readonly failed: (error: unknown) => void;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/** Notifications are sent at most once in so many milliseconds: each takes a lock on all of PostgreSQL. */
const NOTIFY_INTERVAL = 5;
/** From the end of one look to the next; an answer takes a little, too. */
const POLL_INTERVAL = 45;
/** A look that has no answer by then counts as one that failed, in milliseconds. */
const LATE = 1000;

export class Changes {
  readonly #options: ChangesOptions;
  #notifying = false;
  #again = false;
  #closed = false;
  #watchers = 0;
  /** The last look failed, or has no answer yet. */
  #failing = false;
  /** Why was told. */
  #told = false;
  #cancel: (() => void) | undefined;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** This node has committed. */
  committed(): void {
    if (this.#notifying) {
      this.#again = true;
      return;
    }
    this.#notifying = true;
    // Who was not reached looks for itself.
    const sent = this.#options.notify().catch(() => {});
    this.#options.after(NOTIFY_INTERVAL, () => {
      void sent.then(() => {
        this.#notifying = false;
        if (this.#again && !this.#closed) this.committed();
      });
    });
    this.#again = false;
  }

  watch(changed: () => void): () => void {
    const { node, listen } = this.#options;
    const unlisten = listen((by) => {
      if (by !== node) changed();
    }, changed);
    this.#watchers++;
    this.#poll(changed);
    return () => {
      this.#watchers--;
      this.#cancel?.();
      unlisten();
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #poll(changed: () => void): void {
    const { after, lastId, seen, failed } = this.#options;
    this.#cancel = after(POLL_INTERVAL, () => {
      // There may be more, for all that is known here; and whoever reads learns whether that goes.
      this.#cancel = after(LATE, () => {
        if (!this.#failing) changed();
        this.#failing = true;
      });
      const cancelLate = this.#cancel;
      void lastId()
        .then(
          (id) => {
            this.#failing = false;
            this.#told = false;
            if (id !== seen() && this.#watchers > 0) changed();
          },
          (error: unknown) => {
            if (this.#watchers === 0 || this.#closed) return;
            if (!this.#failing) changed();
            this.#failing = true;
            if (!this.#told) failed(error);
            this.#told = true;
          },
        )
        .finally(() => {
          cancelLate();
          if (this.#watchers > 0 && !this.#closed) this.#poll(changed);
        });
    });
  }
}

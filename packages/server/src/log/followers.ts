/**
 * Who listens to which channel of a log, and the telling. Both logs share it; it knows nothing of where records are
 * kept, nor of what is durable: it is told only what is.
 */
import type { Listener, LogRecord } from './channel-log.js';

export class Followers {
  readonly #channels = new Map<string, Set<{ readonly listener: Listener }>>();

  /** Adds a listener, as often as it is given; the answer takes it away again and may be called twice. */
  add(channel: string, listener: Listener): () => void {
    const entry = { listener };
    let entries = this.#channels.get(channel);
    if (entries === undefined) {
      entries = new Set();
      this.#channels.set(channel, entries);
    }
    entries.add(entry);
    return () => {
      const current = this.#channels.get(channel);
      if (current?.delete(entry) && current.size === 0) this.#channels.delete(channel);
    };
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /**
   * Tells every listener of the channel. One that throws breaks its contract: the others are told all the same, and
   * its error surfaces as an uncaught one, where nobody can overlook it.
   */
  tell(channel: string, records: readonly LogRecord[], epoch: string): void {
    const entries = this.#channels.get(channel);
    if (entries === undefined) return;
    // Who begins to follow while others are told has these records to read.
    for (const entry of Array.from(entries)) {
      if (!entries.has(entry)) continue;
      try {
        entry.listener(records, epoch);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#channels.clear();
  }
}

/**
 * The line behind something that is not ready to be sent yet: a message being compressed in the thread pool, a blob being
 * read, a message being streamed. It owns the order of what waits behind it; there is none as long as nothing waits.
 */
import type { SendCallback } from './outbox.js';

interface Waiting {
  /** Hands it to the outbox, and calls `done` when what comes after may follow. */
  readonly begin: (done: () => void) => void;
  readonly bytes: number;
  readonly callback: SendCallback | undefined;
}

export class Gate {
  private readonly waiting: Waiting[] = [];
  private readonly onEmpty: () => void;
  private running: Waiting | undefined = undefined;
  /** Bytes of what waits, as they were given. */
  bytes = 0;

  constructor(onEmpty: () => void) {
    this.onEmpty = onEmpty;
  }

  push(begin: (done: () => void) => void, bytes: number, callback: SendCallback | undefined): void {
    this.waiting.push({ begin, bytes, callback });
    this.bytes += bytes;
    if (this.running === undefined) this.next();
  }

  private next(): void {
    while (this.running === undefined) {
      const next = this.waiting.shift();
      if (next === undefined) {
        this.onEmpty();
        return;
      }
      this.running = next;
      let inside = true;
      next.begin(() => {
        if (this.running !== next) return;
        this.running = undefined;
        this.bytes -= next.bytes;
        if (!inside) this.next();
      });
      inside = false;
    }
  }

  /** The connection is gone: nothing that waits will be sent. */
  drop(error: Error): void {
    const dropped = this.waiting.splice(0);
    if (this.running !== undefined) dropped.unshift(this.running);
    this.running = undefined;
    this.bytes = 0;
    for (const { callback } of dropped) callback?.(error);
  }
}

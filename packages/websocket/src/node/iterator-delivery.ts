/** Messages to whoever reads them by `for await`, one after another, each to one loop. */
import type { Delivery, Kept } from './delivery.js';
import type { Message } from './inbox.js';

interface Reader {
  resolve(message: Message | undefined): void;
  reject(error: Error): void;
}

export class IteratorDelivery implements Delivery {
  private readonly kept: Kept;
  private readonly onLeft: () => void;
  private readonly waiting: Reader[] = [];
  private isOver = false;
  private error: Error | undefined = undefined;
  /** How many loops are under way. */
  private loops = 0;

  /** @param onLeft - called when the last loop was left, and the connection is still there */
  constructor(kept: Kept, onLeft: () => void) {
    this.kept = kept;
    this.onLeft = onLeft;
  }

  message(data: Buffer, isBinary: boolean): void {
    const reader = this.waiting.shift();
    if (reader === undefined) this.kept.inbox.push(data, isBinary);
    else reader.resolve({ data, isBinary });
  }

  handOver(): Kept {
    return this.kept;
  }

  takeUp(): void {}

  closing(): void {}

  /** Nothing more will come. With an error, each loop is told when all that came before it was taken. */
  ended(error: Error | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.error = error;
    for (const reader of this.waiting.splice(0)) {
      if (error === undefined) reader.resolve(undefined);
      else reader.reject(error);
    }
  }

  private next(): Promise<Message | undefined> {
    const message = this.kept.inbox.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.error !== undefined) return Promise.reject(this.error);
    if (this.isOver) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** Text as strings, binary messages as buffers. Leaving the loop leaves the rest here. */
  iterate(): AsyncIterableIterator<string | Buffer> {
    let isLeft = false;
    this.loops++;
    const leave = (): void => {
      if (isLeft) return;
      isLeft = true;
      this.loops--;
      if (this.loops === 0 && !this.isOver) this.onLeft();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        if (isLeft) return { done: true, value: undefined };
        try {
          const message = await this.next();
          if (message !== undefined) {
            return { done: false, value: message.isBinary ? message.data : message.data.toString() };
          }
        } catch (error) {
          leave();
          throw error;
        }
        leave();
        return { done: true, value: undefined };
      },
      return(value) {
        leave();
        return Promise.resolve({ done: true, value });
      },
    };
  }
}

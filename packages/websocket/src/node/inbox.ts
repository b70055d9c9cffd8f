/**
 * Messages that have come and that nobody has taken yet: because no listener is there so far, or because they are read
 * by iteration. It owns how many bytes may wait, and tells when reading should stop and may go on.
 */

export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** What a message costs beside its bytes. */
const BOOKKEEPING = 128;

interface Waiter {
  resolve(message: Message | undefined): void;
  reject(error: Error): void;
}

export class Inbox {
  private readonly limit: number;
  private readonly onLevel: (full: boolean) => void;
  private messages: Message[] = [];
  private first = 0;
  private held = 0;
  private full = false;
  private readonly waiters: Waiter[] = [];
  private ended = false;
  private error: Error | undefined = undefined;
  /** How many iterations are under way. */
  readers = 0;

  /**
   * @param limit - bytes that may wait, bookkeeping included, before `onLevel(true)` is called
   * @param onLevel - called when it is full, and again when half of it was taken
   */
  constructor(limit: number, onLevel: (full: boolean) => void) {
    this.limit = limit;
    this.onLevel = onLevel;
  }

  get size(): number {
    return this.messages.length - this.first;
  }

  /** Whether someone waits for a message, or will. */
  get isRead(): boolean {
    return this.readers > 0;
  }

  push(data: Buffer, isBinary: boolean): void {
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ data, isBinary });
      return;
    }
    // A small message must not keep the whole chunk alive that it came in.
    const own = data.buffer.byteLength > 2 * data.length ? copy(data) : data;
    this.messages.push({ data: own, isBinary });
    this.held += own.length + BOOKKEEPING;
    if (!this.full && this.held >= this.limit) {
      this.full = true;
      this.onLevel(true);
    }
  }

  /** The oldest message; `undefined` when none waits. */
  shift(): Message | undefined {
    const message = this.messages[this.first];
    if (message === undefined) return undefined;
    this.first++;
    if (this.first > 64 && this.first * 2 > this.messages.length) {
      this.messages = this.messages.slice(this.first);
      this.first = 0;
    }
    this.held -= message.data.length + BOOKKEEPING;
    if (this.full && this.held * 2 <= this.limit) {
      this.full = false;
      this.onLevel(false);
    }
    return message;
  }

  /** The next message; `undefined` once the connection is gone and all were taken. */
  next(): Promise<Message | undefined> {
    const message = this.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.error !== undefined) {
      const { error } = this;
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** Nothing more will come. With an error, one reader is told when all that came before it was taken. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    for (const waiter of this.waiters.splice(0)) {
      if (this.error === undefined) {
        waiter.resolve(undefined);
      } else {
        waiter.reject(this.error);
        this.error = undefined;
      }
    }
  }

  /** Throws away what waits. */
  clear(): void {
    this.messages = [];
    this.first = 0;
    this.held = 0;
    if (!this.full) return;
    this.full = false;
    this.onLevel(false);
  }
}

function copy(data: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(data.length);
  own.set(data);
  return own;
}

/** Reads an inbox by `for await`: text as strings, binary messages as buffers. Leaving the loop leaves the rest there. */
export function iterate(inbox: Inbox): AsyncIterableIterator<string | Buffer> {
  let over = false;
  inbox.readers++;
  const leave = (): void => {
    if (!over) inbox.readers--;
    over = true;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (over) return { done: true, value: undefined };
      try {
        const message = await inbox.next();
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

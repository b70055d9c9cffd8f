/**
 * Messages that have come and that nobody has taken yet. It owns how many bytes of them may wait, and tells when reading
 * should stop and may go on; who takes them is a delivery's to say.
 */

export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** What a message costs beside its bytes. */
const BOOKKEEPING = 128;

/** Bytes that wait, against a limit. */
export class ByteLimit {
  private readonly limit: number;
  private readonly onLevel: (reached: boolean) => void;
  private bytes = 0;
  reached = false;

  /**
   * @param limit - bytes that may wait before `onLevel(true)` is called
   * @param onLevel - called when it is reached, and again when half of it is left
   */
  constructor(limit: number, onLevel: (reached: boolean) => void) {
    this.limit = limit;
    this.onLevel = onLevel;
  }

  /** So many bytes more wait, or fewer. */
  change(bytes: number): void {
    this.bytes += bytes;
    const reached = this.reached ? this.bytes * 2 > this.limit : this.bytes > 0 && this.bytes >= this.limit;
    if (reached === this.reached) return;
    this.reached = reached;
    this.onLevel(reached);
  }
}

export class Inbox {
  readonly limit: ByteLimit;
  private messages: Message[] = [];
  private first = 0;

  constructor(limit: ByteLimit) {
    this.limit = limit;
  }

  get size(): number {
    return this.messages.length - this.first;
  }

  push(data: Buffer, isBinary: boolean): void {
    // A small message must not keep the whole chunk alive that it came in.
    const own = data.buffer.byteLength > 2 * data.length ? copy(data) : data;
    this.messages.push({ data: own, isBinary });
    this.limit.change(own.length + BOOKKEEPING);
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
    this.limit.change(-message.data.length - BOOKKEEPING);
    return message;
  }

  /** Throws away what waits. */
  clear(): void {
    while (this.shift() !== undefined);
  }
}

function copy(data: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(data.length);
  own.set(data);
  return own;
}

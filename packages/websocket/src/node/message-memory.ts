/**
 * Memory for messages that are put together of pieces, where the application has agreed that a message is valid until its
 * listener returns: what was a message then is one again. Memory that a stream still refers to is not used again.
 */

/** Pieces that are kept, and bytes of all of them. */
const MOST_PIECES = 8;
const MOST_BYTES = 16 * 1024 * 1024;

export class MessageMemory {
  private free: Buffer[] = [];
  private freeBytes = 0;
  /** What was given from here and may come back. */
  private readonly given = new WeakSet<object>();

  /** Memory for so many bytes; its content does not matter. */
  take(bytes: number): Buffer {
    // One that is much too large is left for a message that needs it.
    const at = this.free.findIndex(({ length }) => length >= bytes && length <= 2 * bytes);
    let whole: Buffer;
    if (at < 0) {
      whole = Buffer.allocUnsafeSlow(bytes);
    } else {
      whole = this.free.splice(at, 1)[0]!;
      this.freeBytes -= whole.length;
    }
    this.given.add(whole.buffer);
    return whole.length === bytes ? whole : whole.subarray(0, bytes);
  }

  /** Nobody refers to the message any more: its memory may be that of another one. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.given.delete(buffer)) return;
    if (this.free.length >= MOST_PIECES || this.freeBytes + buffer.byteLength > MOST_BYTES) return;
    this.free.push(Buffer.from(buffer as ArrayBuffer));
    this.freeBytes += buffer.byteLength;
  }

  /** A stream refers to the bytes for longer: should they be from here, they do not come back. */
  keep({ buffer }: Uint8Array): void {
    this.given.delete(buffer);
  }
}

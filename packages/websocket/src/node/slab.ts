/**
 * The memory that small frames are written into before they go to their sockets: one block for the whole process. It
 * knows no sockets; whoever hands a part of it to one that has not taken the bytes at once says so with `pin`.
 */

export const SLAB_BYTES = 128 * 1024;

class Slab {
  bytes: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  used = 0;
  private pinned = false;

  /** Whether this many bytes fit into what is left. */
  fits(bytes: number): boolean {
    return this.used + bytes <= this.bytes.length;
  }

  /** Some part is still referred to, so that the block must not be written over. */
  pin(): void {
    this.pinned = true;
  }

  /** Nothing is waiting to be written any more. */
  rewind(): void {
    if (!this.pinned) this.used = 0;
  }

  /** A new block; the old one lives as long as someone refers to it. */
  replace(): void {
    this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.used = 0;
    this.pinned = false;
  }
}

export const slab = new Slab();

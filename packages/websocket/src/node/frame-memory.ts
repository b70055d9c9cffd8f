/**
 * Memory that frames are written into before they go to their streams. It knows no streams: whoever leaves a part of a
 * block to one that has not taken the bytes yet pins the block meanwhile.
 */

export const BLOCK_BYTES = 128 * 1024;

export class Block {
  readonly bytes: Buffer;
  used = 0;
  /** How many streams refer to some part of it. */
  pins = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }
}

/** A block that is filled by all who send in a turn, and filled again in the next one. */
export class FrameMemory {
  block = new Block(BLOCK_BYTES);

  /** Whether this many bytes fit into what is left. */
  fits(bytes: number): boolean {
    return this.block.used + bytes <= BLOCK_BYTES;
  }

  /** Nothing in it is waiting to be written any more: it is filled from the beginning, where no stream refers to it. */
  rewind(): void {
    if (this.block.pins === 0) this.block.used = 0;
  }

  /** A new block; the old one lives as long as someone refers to it. */
  replace(): void {
    this.block = new Block(BLOCK_BYTES);
  }
}

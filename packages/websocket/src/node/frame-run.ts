/** The frames that were sent to a group in one turn, one behind the other in memory. It knows no members. */
import { encodeBinary, encodeText, textFrameBound } from './encode.js';
import { Block } from './frame-memory.js';

const LEAST_CAPACITY = 4096;

export class FrameRun {
  /** The memory that slices lie in: pinned by streams that refer to it. */
  block: Block | undefined = undefined;
  private readonly ends: number[] = [];
  /** Whether some of the frames are compressed. */
  compressed = false;

  /** How many frames there are. */
  get count(): number {
    return this.ends.length;
  }

  get length(): number {
    return this.block === undefined ? 0 : this.block.used;
  }

  /** @param first - FIN, RSV1 and the opcode */
  push(first: number, payload: string | Uint8Array): void {
    if (typeof payload === 'string') {
      const block = this.room(textFrameBound(payload, false));
      block.used = encodeText(block.bytes, block.used, first, payload, -1);
    } else {
      const block = this.room(payload.length + 10);
      block.used = encodeBinary(block.bytes, block.used, first, payload, -1);
    }
    this.ends.push(this.block!.used);
  }

  /** The frames from one to another, which is not among them. Valid until `clear` has reused the memory. */
  slice(from: number, to: number): Uint8Array {
    const begin = from === 0 ? 0 : this.ends[from - 1]!;
    return this.block!.bytes.subarray(begin, to === 0 ? 0 : this.ends[to - 1]!);
  }

  /**
   * Begins anew, in the same memory where nobody refers to it any more and it is not larger than so many bytes.
   *
   * @returns whether the memory is kept
   */
  clear(most: number): boolean {
    this.ends.length = 0;
    this.compressed = false;
    const { block } = this;
    if (block === undefined || block.pins > 0 || block.bytes.length > most) {
      this.block = undefined;
      return false;
    }
    block.used = 0;
    return true;
  }

  private room(bytes: number): Block {
    const old = this.block;
    if (old !== undefined && old.used + bytes <= old.bytes.length) return old;
    const used = old?.used ?? 0;
    const grown = new Block(Math.max(LEAST_CAPACITY, 2 * (used + bytes)));
    old?.bytes.copy(grown.bytes, 0, 0, used);
    grown.used = used;
    this.block = grown;
    return grown;
  }
}

/** The frames that were sent to a group in one turn, one behind the other in memory. It knows no members. */
import { encodeBinary, encodeText, textFrameBound } from './encode.js';

const LEAST_CAPACITY = 4096;

export class FrameRun {
  private bytes: Buffer | undefined = undefined;
  private used = 0;
  private readonly ends: number[] = [];

  /** How many frames there are. */
  get count(): number {
    return this.ends.length;
  }

  get length(): number {
    return this.used;
  }

  /** @param first - FIN, RSV1 and the opcode */
  push(first: number, payload: string | Uint8Array): void {
    if (typeof payload === 'string') {
      const target = this.room(textFrameBound(payload, false));
      this.used = encodeText(target, this.used, first, payload, -1);
    } else {
      const target = this.room(payload.length + 10);
      this.used = encodeBinary(target, this.used, first, payload, -1);
    }
    this.ends.push(this.used);
  }

  /** The frames from one to another, which is not among them. Valid until `clear(true)`. */
  slice(from: number, to: number): Uint8Array {
    const begin = from === 0 ? 0 : this.ends[from - 1]!;
    return this.bytes!.subarray(begin, to === 0 ? 0 : this.ends[to - 1]!);
  }

  /** Begins anew, in the same memory where nobody refers to it any more. */
  clear(reuse: boolean): void {
    if (!reuse) this.bytes = undefined;
    this.used = 0;
    this.ends.length = 0;
  }

  private room(bytes: number): Buffer {
    const { bytes: old } = this;
    if (old !== undefined && this.used + bytes <= old.length) return old;
    const grown = Buffer.allocUnsafeSlow(Math.max(LEAST_CAPACITY, 2 * (this.used + bytes)));
    old?.copy(grown, 0, 0, this.used);
    this.bytes = grown;
    return grown;
  }
}

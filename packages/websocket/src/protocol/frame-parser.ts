/**
 * Bytes to frames, however they were cut. It owns where in a frame the input stands; what a frame means and what is
 * allowed is its sink's to say. It changes the bytes it is given (payloads are unmasked in place) and keeps no
 * reference to them.
 */
import { headerLengthOf, MAX_HEADER_BYTES, readKey, readPayloadLength } from './frame-header.js';
import { applyMask, rotateKey } from './mask.js';
import { MASK } from './opcode.js';

/** What a parser tells. Each method answers whether to go on; after `false` nothing more is parsed in this call. */
export interface FrameSink {
  /** The first two bytes of a frame: FIN, RSV and opcode; MASK and the short length. */
  frameBegins(first: number, second: number): boolean;
  /** The payload's length in bytes; -1 when it is beyond 2^53 - 1. Told once, before any of the payload. */
  frameLength(length: number): boolean;
  /** A piece of the payload, unmasked, valid as long as the chunk it lies in. The last one may be empty. */
  framePayload(piece: Uint8Array, last: boolean): boolean;
}

const HEADER = 0;
const PAYLOAD = 1;

export class FrameParser {
  private readonly sink: FrameSink;
  private state: typeof HEADER | typeof PAYLOAD = HEADER;
  /** The beginning of a header that was cut; shared by nobody, absent as long as no header was cut. */
  private stash: Uint8Array | undefined = undefined;
  private stashed = 0;
  private masked = false;
  private key = 0;
  /** Bytes of the payload still to come. */
  private remaining = 0;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  /** Bytes of the payload that have not come yet. */
  get missing(): number {
    return this.state === PAYLOAD ? this.remaining : 0;
  }

  /** Parses from `from` on and returns where it stopped: the chunk's end, unless the sink said stop. */
  parse(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    let at = from;
    while (at < end) {
      if (this.state === HEADER) {
        at = this.stashed === 0 ? this.wholeHeader(chunk, at) : this.cutHeader(chunk, at);
        if (at < 0) return -at;
        if (this.state === HEADER) continue;
      }
      const next = Math.min(end, at + this.remaining);
      // The header was the last of the chunk, and the payload is still to come.
      if (next === at && this.remaining > 0) return at;
      if (this.masked && next > at) {
        applyMask(chunk, at, next, this.key);
        this.key = rotateKey(this.key, next - at);
      }
      this.remaining -= next - at;
      const last = this.remaining === 0;
      if (last) this.state = HEADER;
      const piece = chunk.subarray(at, next);
      at = next;
      if (!this.sink.framePayload(piece, last)) return at;
    }
    return at;
  }

  /** A header at `at`, if all of it is there; else it is put by. Returns the next position, negated to stop. */
  private wholeHeader(chunk: Uint8Array, at: number): number {
    const available = chunk.length - at;
    if (available < 2) return this.putBy(chunk, at);
    const second = chunk[at + 1]!;
    if (!this.sink.frameBegins(chunk[at]!, second)) return -(at + 2);
    const size = headerLengthOf(second);
    if (available < size) return this.putBy(chunk, at);
    return this.enterPayload(chunk, at, size) ? at + size : -(at + size);
  }

  private putBy(chunk: Uint8Array, at: number): number {
    this.stash ??= new Uint8Array(MAX_HEADER_BYTES);
    this.stash.set(chunk.subarray(at));
    this.stashed = chunk.length - at;
    return chunk.length;
  }

  /** Goes on with a header that was cut, a byte at a time. */
  private cutHeader(chunk: Uint8Array, from: number): number {
    const stash = this.stash!;
    let at = from;
    while (at < chunk.length) {
      stash[this.stashed++] = chunk[at++]!;
      if (this.stashed === 2 && !this.sink.frameBegins(stash[0]!, stash[1]!)) return -at;
      if (this.stashed >= 2 && this.stashed === headerLengthOf(stash[1]!)) {
        this.stashed = 0;
        return this.enterPayload(stash, 0, headerLengthOf(stash[1]!)) ? at : -at;
      }
    }
    return at;
  }

  private enterPayload(header: Uint8Array, at: number, size: number): boolean {
    const length = readPayloadLength(header, at);
    this.masked = (header[at + 1]! & MASK) !== 0;
    if (this.masked) this.key = readKey(header, at + size - 4);
    this.remaining = length;
    this.state = PAYLOAD;
    return this.sink.frameLength(length);
  }
}

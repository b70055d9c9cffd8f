/**
 * Where a connection's frames go: the contract, and the plain output that encodes each of them at once, for tests,
 * browsers and adapters without a queue of their own.
 */
import { headerLength, writeHeader } from './frame-header.js';
import { applyMask } from './mask.js';

/** Called when the transport has taken a frame, or with the error why it never will. */
export type FrameWritten = (error?: Error | null) => void;

/** Takes frames in the order in which they are to be written. `first` is FIN, the reserved bits and the opcode. */
export interface FrameOutput {
  /** @param compress - whether the payload may be compressed, and RSV1 set (RFC 7692, section 6) */
  data(first: number, payload: string | Uint8Array, compress: boolean, written?: FrameWritten): void;
  /** A ping or pong, which may overtake data that is not ready. */
  control(first: number, payload: Uint8Array, written?: FrameWritten): void;
  /** The close frame: the last one. */
  close(first: number, payload: Uint8Array, written: FrameWritten): void;
}

/** Encodes frames as bytes to be written. */
export class FrameBuffer implements FrameOutput {
  private readonly maskingKey: (() => number) | undefined;
  private pieces: Uint8Array[] = [];
  private waiting: FrameWritten[] = [];

  /** @param maskingKey - gives a fresh, unpredictable unsigned number of 32 bits; in the role of a client, and only there */
  constructor(maskingKey?: () => number) {
    this.maskingKey = maskingKey;
  }

  /** What is to be written, in order, and to be forgotten here. Whoever takes it has the callbacks called. */
  dataToSend(): Uint8Array[] {
    const { pieces, waiting } = this;
    this.pieces = [];
    this.waiting = [];
    for (const written of waiting) written();
    return pieces;
  }

  data(first: number, payload: string | Uint8Array, _compress: boolean, written?: FrameWritten): void {
    this.write(first, payload, written);
  }

  control(first: number, payload: Uint8Array, written?: FrameWritten): void {
    this.write(first, payload, written);
  }

  close(first: number, payload: Uint8Array, written: FrameWritten): void {
    this.write(first, payload, written);
  }

  private write(first: number, payload: string | Uint8Array, written: FrameWritten | undefined): void {
    const content = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    const key = this.maskingKey === undefined ? -1 : this.maskingKey();
    const frame = new Uint8Array(headerLength(content.length, key >= 0) + content.length);
    const begin = writeHeader(frame, 0, first, content.length, key);
    frame.set(content, begin);
    if (key >= 0) applyMask(frame, begin, frame.length, key);
    this.pieces.push(frame);
    if (written !== undefined) this.waiting.push(written);
  }
}

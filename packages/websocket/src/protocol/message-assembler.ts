/**
 * A message whose bytes come in more than one piece, put together as they come. It owns how much memory that takes:
 * at most four times what has arrived, plus a small constant, whatever length was announced and however small the
 * fragments are.
 */
import { type Utf8Check, Utf8Validator } from './utf8.js';

/** Gives memory for that many bytes; its content does not matter. */
export type Allocate = (bytes: number) => Uint8Array;

const LEAST_CAPACITY = 64;
/** Pieces of at least so many bytes are kept as they are, where their memory holds little else. */
const LEAST_PIECE = 4096;
const MOST_MEMORY = 4;

export class PartialMessage {
  readonly isBinary: boolean;
  readonly compressed: boolean;
  private readonly allocate: Allocate;
  private readonly utf8: Utf8Validator | undefined;
  /** What came before that which is in `bytes`: large pieces, in the memory that they came in. */
  private pieces: Uint8Array[] | undefined = undefined;
  /** Bytes of the pieces. */
  private before = 0;
  private bytes: Uint8Array | undefined = undefined;
  private used = 0;

  /** @param check - checks UTF-8 as it comes; `undefined` where there is nothing to check yet */
  constructor(isBinary: boolean, compressed: boolean, allocate: Allocate, check: Utf8Check | undefined) {
    this.isBinary = isBinary;
    this.compressed = compressed;
    this.allocate = allocate;
    this.utf8 = check === undefined ? undefined : new Utf8Validator(check);
  }

  /** Bytes that have arrived. */
  get length(): number {
    return this.before + this.used;
  }

  /** Bytes of memory held, at most. */
  get held(): number {
    return MOST_MEMORY * this.before + this.capacity;
  }

  private get capacity(): number {
    return this.bytes === undefined ? 0 : this.bytes.length;
  }

  /**
   * Takes the piece in: most are copied to their place.
   *
   * @param missing - how many more bytes its frame announced; memory for them is taken as what has arrived warrants
   * @param final - whether its frame is the message's last one
   * @returns whether the text is valid so far
   */
  append(piece: Uint8Array, missing: number, final: boolean): boolean {
    if (this.utf8 !== undefined && !this.utf8.push(piece)) return false;
    const needed = this.used + piece.length;
    if (needed > this.capacity) {
      // How long the message will be nobody knows: rather than to copy it whenever it has grown, it is joined at its end.
      if (!final && isLarge(piece)) {
        this.keep(piece);
        return true;
      }
      this.grow(needed, missing, final);
    }
    if (piece.length > 0) this.bytes!.set(piece, this.used);
    this.used = needed;
    return true;
  }

  private keep(piece: Uint8Array): void {
    this.pieces ??= [];
    if (this.used > 0) this.pieces.push(this.bytes!.subarray(0, this.used));
    this.pieces.push(piece);
    this.before += this.used + piece.length;
    this.bytes = undefined;
    this.used = 0;
  }

  private grow(needed: number, missing: number, final: boolean): void {
    const announced = Math.min(needed + missing, MOST_MEMORY * needed);
    // Where more frames follow there is room for them: to take just what is announced copies all of it for each frame.
    const ahead = this.capacity > 0 && (!final || missing === 0) ? 2 * needed : 0;
    const capacity = Math.max(LEAST_CAPACITY, announced, ahead);
    const grown = this.allocate(capacity);
    if (this.bytes !== undefined) grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }

  /** Whether the text may end where it does. */
  get endsWell(): boolean {
    return this.utf8 === undefined || this.utf8.complete;
  }

  /** The message; the memory is the caller's from now on. */
  take(): Uint8Array {
    const { pieces } = this;
    const bytes = this.bytes ?? this.allocate(0);
    if (pieces === undefined) {
      if (this.used === bytes.length) return bytes;
      if (bytes.length <= 2 * this.used) return bytes.subarray(0, this.used);
    }
    const exact = this.allocate(this.length);
    let at = 0;
    for (const piece of pieces ?? []) {
      exact.set(piece, at);
      at += piece.length;
    }
    exact.set(bytes.subarray(0, this.used), at);
    return exact;
  }
}

/** Whether a piece may be kept without keeping much more memory than its own. */
function isLarge({ buffer, length }: Uint8Array): boolean {
  return length >= LEAST_PIECE && MOST_MEMORY * length >= buffer.byteLength;
}

/** A message whose pieces are passed on as they come: nothing is held but the state of the check. */
export class StreamedMessage {
  readonly handler: { piece(bytes: Uint8Array): void; end(): void };
  private readonly utf8: Utf8Validator | undefined;
  private passed = 0;

  constructor(handler: StreamedMessage['handler'], check: Utf8Check | undefined) {
    this.handler = handler;
    this.utf8 = check === undefined ? undefined : new Utf8Validator(check);
  }

  /** Bytes that were passed on. */
  get length(): number {
    return this.passed;
  }

  /** Passes a piece on; answers whether the text is valid so far. */
  take(piece: Uint8Array): boolean {
    if (this.utf8 !== undefined && !this.utf8.push(piece)) return false;
    this.passed += piece.length;
    if (piece.length > 0) this.handler.piece(piece);
    return true;
  }

  /** Whether the text may end where it does. */
  get endsWell(): boolean {
    return this.utf8 === undefined || this.utf8.complete;
  }
}

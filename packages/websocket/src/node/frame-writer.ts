/**
 * The frames of one connection on their way to its stream: side by side in memory, and written by one call at the end of
 * the turn. It owns bytes and the stream's backlog; which frame comes next is the send queue's to say.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketError } from '../protocol/errors.js';
import { headerLength, writeHeader } from '../protocol/frame-header.js';
import type { FrameWritten } from '../protocol/frame-output.js';
import { applyMask } from '../protocol/mask.js';
import { encodeBinary, encodeText, textFrameBound } from './encode.js';
import type { Block } from './frame-memory.js';
import { afterThis, type Flushable, type Turn } from './turn.js';
import { callUser } from './user-code.js';

/** Who is told of the stream's backlog. */
export interface BacklogOwner {
  /** The peer is slow: so many bytes could not be written at once. */
  backlog(bytes: number): void;
  /** The stream had a backlog and has written all of it. */
  drained(): void;
}

/** Larger payloads are not copied, unless they have to wait. */
const COPY_LIMIT = 32 * 1024;
/** With more than this waiting, it is written before the turn is over. */
const FLUSH_LIMIT = 64 * 1024;
const EMPTY = Buffer.alloc(0);

export class FrameWriter implements Flushable {
  protected readonly stream: Duplex;
  protected readonly turn: Turn;
  /** Gives a masking key, in the role of a client; absent in the role of a server. */
  private readonly maskingKey: (() => number) | undefined;
  readonly owner: BacklogOwner;
  /** Whether what `writableLength` does not count any more is the kernel's: so it is with TCP, and not with TLS. */
  private readonly isPlain: boolean;
  /** What is queued before the open region. */
  private segments: Uint8Array[] | undefined = undefined;
  /** The open region: the latest frames, side by side in the turn's memory. */
  private region: Block | undefined = undefined;
  private start = 0;
  private end = 0;
  /** Bytes in segments. */
  private bytes = 0;
  private callbacks: FrameWritten[] | undefined = undefined;
  /** Blocks that the segments or the stream refer to. */
  private pinned: Block[] | undefined = undefined;
  /** Called by a stream that is not plain after each write; made when first needed. */
  private onWritten: (() => void) | undefined = undefined;
  private scheduled = false;
  private corked = false;
  private watching = false;
  /** Whether the peer reads more slowly than is being sent. */
  backlogged = false;

  constructor(stream: Duplex, turn: Turn, maskingKey: (() => number) | undefined, owner: BacklogOwner) {
    this.stream = stream;
    this.turn = turn;
    this.maskingKey = maskingKey;
    this.owner = owner;
    this.isPlain = stream instanceof Socket && !(stream instanceof TLSSocket);
  }

  /** Whether nothing can be written any more. */
  get ended(): boolean {
    return this.stream.destroyed;
  }

  /** Whether frames are masked: the role of a client. */
  get masks(): boolean {
    return this.maskingKey !== undefined;
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return this.bytes + this.end - this.start + this.stream.writableLength;
  }

  /** Whether anything waits for longer than this turn. */
  get waits(): boolean {
    return this.stream.writableLength > 0;
  }

  /** Whether nothing is queued here. */
  get idle(): boolean {
    return this.start === this.end && this.segments === undefined;
  }

  /** Queues a frame behind those before it. Memory of more than 32 KiB is the caller's, and written at once. */
  put(first: number, payload: string | Uint8Array, written?: FrameWritten): void {
    if (typeof payload === 'string') {
      if (payload.length * 3 <= COPY_LIMIT) this.text(first, payload);
      else this.binary(first, Buffer.from(payload, 'utf8'), true);
    } else {
      this.binary(first, payload, false);
    }
    if (written !== undefined) {
      this.callbacks ??= [];
      this.callbacks.push(written);
    }
    if (payload.length > COPY_LIMIT || this.bytes + this.end - this.start > FLUSH_LIMIT) this.flush();
  }

  /** Queues frames that are encoded, in a block that others write to as well; or in memory that nobody changes. */
  putEncoded(bytes: Uint8Array, block: Block | undefined): void {
    if (block !== undefined) this.pin(block);
    this.putSegment(bytes);
  }

  /** Has it called with what is queued now. */
  protected whenWritten(written: FrameWritten): void {
    this.callbacks ??= [];
    this.callbacks.push(written);
  }

  /** Writes encoded frames past the queue, which must be idle. */
  writeEncoded(bytes: Uint8Array, block: Block | undefined): void {
    this.write(bytes, block);
  }

  private putSegment(bytes: Uint8Array): void {
    this.closeRegion();
    this.segments ??= [];
    this.segments.push(bytes);
    this.bytes += bytes.length;
    this.schedule();
  }

  /** Between `true` and `false` nothing is scheduled to be written; what was queued meanwhile is written then. */
  cork(on: boolean): void {
    this.corked = on;
    this.turn.countCorked(on);
    if (on || this.idle) return;
    if (this.waitsForTurn) {
      this.schedule();
      return;
    }
    this.flush();
    this.turn.rewindWhenIdle();
  }

  /** Whether more may come in this turn from elsewhere, so that it is better to wait for its end. */
  protected get waitsForTurn(): boolean {
    return false;
  }

  private schedule(): void {
    if (this.scheduled || this.corked) return;
    this.scheduled = true;
    this.turn.flushAtEnd(this);
  }

  private reserve(bytes: number): void {
    if (this.turn.memory.fits(bytes)) return;
    // Corked, it is not among those that are written when there is no room.
    if (this.corked) this.flush();
    this.turn.reserve(bytes);
  }

  /** Has the open region continue at the memory's next free byte. */
  private open(): Block {
    const { block } = this.turn.memory;
    if (this.region === block && this.end === block.used) return block;
    this.closeRegion();
    this.region = block;
    this.start = block.used;
    this.end = block.used;
    return block;
  }

  private closeRegion(): void {
    if (this.start === this.end) return;
    const block = this.region!;
    this.pin(block);
    this.segments ??= [];
    this.segments.push(block.bytes.subarray(this.start, this.end));
    this.bytes += this.end - this.start;
    this.start = this.end;
  }

  private extend(block: Block, to: number): void {
    this.end = to;
    block.used = to;
    if (!this.scheduled && !this.corked) this.schedule();
  }

  /** A short text, encoded right into its place. */
  private text(first: number, text: string): void {
    this.reserve(textFrameBound(text, this.maskingKey !== undefined));
    const block = this.open();
    const key = this.maskingKey === undefined ? -1 : this.maskingKey();
    this.extend(block, encodeText(block.bytes, this.end, first, text, key));
  }

  /** @param ours - the memory is not the caller's, so that it may be kept, and masked in place */
  private binary(first: number, payload: Uint8Array, ours: boolean): void {
    const { length } = payload;
    const key = this.maskingKey === undefined ? -1 : this.maskingKey();
    const header = headerLength(length, key >= 0);
    if (length <= COPY_LIMIT) {
      this.reserve(header + length);
      const block = this.open();
      this.extend(block, encodeBinary(block.bytes, this.end, first, payload, key));
      return;
    }
    this.reserve(header);
    const block = this.open();
    this.extend(block, writeHeader(block.bytes, this.end, first, length, key));
    let bytes = payload;
    // What the stream cannot take now would be the caller's to change until it can.
    if (!ours && (key >= 0 || this.stream.writableLength > 0)) bytes = Buffer.from(payload);
    if (key >= 0) applyMask(bytes, 0, length, key);
    this.putSegment(bytes);
  }

  flush(): void {
    this.scheduled = false;
    const { segments } = this;
    if (segments === undefined) {
      if (this.start !== this.end) {
        const block = this.region!;
        const bytes = block.bytes.subarray(this.start, this.end);
        this.start = this.end;
        this.write(bytes, block);
      }
      return;
    }
    this.closeRegion();
    this.segments = undefined;
    const total = this.bytes;
    this.bytes = 0;
    const { memory } = this.turn;
    if (total <= COPY_LIMIT && memory.fits(total)) this.write(join(segments, memory.block), memory.block);
    else this.writeEach(segments);
  }

  private write(bytes: Uint8Array, block: Block | undefined): void {
    if (this.stream.writableEnded) {
      this.tellTooLate();
      return;
    }
    const { callbacks } = this;
    this.callbacks = undefined;
    const written = callbacks === undefined ? this.notice() : this.tell(callbacks);
    if (written === undefined) this.stream.write(bytes);
    else this.stream.write(bytes, written);
    this.look(block);
  }

  private writeEach(segments: readonly Uint8Array[]): void {
    const { stream } = this;
    if (stream.writableEnded) {
      this.tellTooLate();
      return;
    }
    const { callbacks } = this;
    this.callbacks = undefined;
    const last = segments.length - 1;
    stream.cork();
    for (let at = 0; at < last; at++) stream.write(segments[at]);
    const written = callbacks === undefined ? this.notice() : this.tell(callbacks);
    if (written === undefined) stream.write(segments[last]);
    else stream.write(segments[last], written);
    stream.uncork();
    if (stream.writableLength > 0) for (const segment of segments) this.turn.messages.keep(segment);
    this.look(undefined);
  }

  /** To write would be an error of the stream's, which would take with it what it has not written yet. */
  private tellTooLate(): void {
    const { callbacks } = this;
    this.callbacks = undefined;
    this.unpin();
    if (callbacks === undefined) return;
    const error = new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before it was sent');
    afterThis(() => {
      for (const callback of callbacks) callUser(callback, undefined, error);
    });
  }

  private tell(callbacks: readonly FrameWritten[]): (error?: Error | null) => void {
    return (error) => {
      if (!this.isPlain) this.settle();
      for (const callback of callbacks) callUser(callback, undefined, error ?? undefined);
    };
  }

  /** What a stream that is not plain calls when it has written: `writableLength` alone does not tell when. */
  private notice(): (() => void) | undefined {
    if (this.isPlain) return undefined;
    this.onWritten ??= () => this.settle();
    return this.onWritten;
  }

  /** Looks at what the stream has made of a write. */
  private look(block: Block | undefined): void {
    if (this.stream.writableLength === 0) {
      if (this.pinned !== undefined) this.unpin();
      return;
    }
    if (block !== undefined) this.pin(block);
    if (this.watching || this.stream.writableEnded) return;
    this.watching = true;
    if (this.isPlain) {
      // The kernel has not taken all of it, so the peer is slow. A stream tells of having drained only when it was above
      // its mark; the callback of a last, empty write tells always.
      this.beBacklogged();
      this.stream.write(EMPTY, () => this.drainedOrNot());
    } else {
      this.turn.lookLater(() => {
        this.watching = false;
        if (this.stream.writableLength > 0 && !this.backlogged && !this.ended) this.beBacklogged();
      });
    }
  }

  private drainedOrNot(): void {
    this.watching = false;
    if (this.ended || this.stream.writableLength === 0) this.settle();
    else this.look(undefined);
  }

  private beBacklogged(): void {
    if (this.backlogged) return;
    this.backlogged = true;
    this.owner.backlog(this.stream.writableLength);
  }

  /** Something was written: perhaps all of it. */
  private settle(): void {
    if (this.stream.writableLength > 0 && !this.ended) return;
    if (this.idle) this.unpin();
    if (!this.backlogged) return;
    this.backlogged = false;
    if (!this.ended) this.owner.drained();
  }

  private pin(block: Block): void {
    this.pinned ??= [];
    if (this.pinned.includes(block)) return;
    this.pinned.push(block);
    block.pins++;
  }

  private unpin(): void {
    const { pinned } = this;
    if (pinned === undefined) return;
    this.pinned = undefined;
    for (const block of pinned) block.pins--;
  }

  /** The stream is gone, and with it what it referred to. */
  protected release(): void {
    this.unpin();
  }
}

/** Puts the segments side by side behind what the block holds. */
function join(segments: readonly Uint8Array[], block: Block): Uint8Array {
  const begin = block.used;
  let at = begin;
  for (const segment of segments) {
    block.bytes.set(segment, at);
    at += segment.length;
  }
  block.used = at;
  return block.bytes.subarray(begin, at);
}

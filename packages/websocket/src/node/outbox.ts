/**
 * What waits to be written to one connection: frames of its own and of the groups it is in, in the order they were
 * sent, and written by one call at the end of the turn. It owns framing and bytes; what may be sent in which state is
 * the link's to say.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import { headerLength, writeHeader } from '../protocol/frame-header.js';
import { applyMask } from '../protocol/mask.js';
import { RSV1 } from '../protocol/opcode.js';
import type { Deflater } from './deflate.js';
import { encodeBinary, encodeText, textFrameBound } from './encode.js';
import { Gate } from './gate.js';
import { slab } from './slab.js';
import { countCorked, type Flushable, flushAtTurnEnd, reserve, rewindWhenIdle } from './turn.js';

export type SendCallback = (error?: Error | null) => void;

/** A source of frames that are the same for many: a group, as one of its members' outboxes sees it. */
export interface SharedFrames {
  /** Appends to the outbox what was sent to the group and has not been handed to this outbox yet. */
  handOver(outbox: Outbox): void;
  /** Sends to this outbox no more. */
  leave(outbox: Outbox): void;
}

export interface OutboxOwner {
  /** So many bytes could not be written at once. */
  backlog(bytes: number): void;
  /** The stream had a backlog and has written all of it. */
  drained(): void;
}

/** Larger payloads are not copied. */
const COPY_LIMIT = 32 * 1024;

/** With more than this waiting, it is written before the turn is over. */
const FLUSH_LIMIT = 64 * 1024;

const EMPTY = Buffer.alloc(0);

export class Outbox implements Flushable {
  private readonly stream: Duplex;
  /** Gives a masking key, in the role of a client; absent in the role of a server. */
  private readonly maskingKey: (() => number) | undefined;
  private readonly owner: OutboxOwner;
  /** Whether the stream is known to have let go of what it has counted as written. */
  private readonly plain: boolean;
  /** Called before anything of the connection's own is queued, so that what its groups sent goes before it. */
  shared: SharedFrames | undefined = undefined;
  /** What is queued before the open region. */
  private segments: Uint8Array[] | undefined = undefined;
  /** The open region: the latest frames, side by side in the slab. */
  private region: Buffer | undefined = undefined;
  private start = 0;
  private end = 0;
  /** Bytes in segments. */
  private bytes = 0;
  private callbacks: SendCallback[] | undefined = undefined;
  private queued = false;
  private corked = false;
  private watching = false;
  /** What waits behind a message that is not ready; absent while there is none. */
  private gate: Gate | undefined = undefined;
  /** Compresses this side's messages, where that was negotiated. */
  readonly deflater: Deflater | undefined;

  constructor(
    stream: Duplex,
    maskingKey: (() => number) | undefined,
    owner: OutboxOwner,
    deflater: Deflater | undefined,
  ) {
    this.stream = stream;
    this.maskingKey = maskingKey;
    this.owner = owner;
    this.deflater = deflater;
    this.plain = stream instanceof Socket;
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
    return this.bytes + this.end - this.start + this.stream.writableLength + (this.gate?.bytes ?? 0);
  }

  /** Whether the peer reads more slowly than is being sent. */
  get backlogged(): boolean {
    return this.stream.writableLength > 0;
  }

  /** Whether anything waits for longer than this turn. */
  get waits(): boolean {
    return this.gate !== undefined || this.stream.writableLength > 0;
  }

  /** Whether the stream may still refer to memory it was given. */
  get pinning(): boolean {
    return !this.plain || this.stream.writableLength > 0;
  }

  /** Whether nothing is queued here, so that a group's bytes may go past the queue. */
  get idle(): boolean {
    return this.start === this.end && this.segments === undefined && this.gate === undefined;
  }

  /**
   * Queues a frame.
   *
   * @param first - FIN, RSV1 and the opcode
   * @param callback - called when the stream has written the frame, or with the error
   */
  frame(first: number, payload: string | Uint8Array, callback?: SendCallback): void {
    if (this.gate === undefined) this.put(first, payload, callback);
    else this.wait(first, payload, callback);
  }

  private wait(first: number, payload: string | Uint8Array, callback: SendCallback | undefined): void {
    this.shared?.handOver(this);
    const begin = (done: () => void): void => {
      this.put(first, payload, callback);
      done();
    };
    this.gate!.push(begin, Buffer.byteLength(payload), callback);
  }

  /**
   * Queues a data message, compressed.
   *
   * @param first - FIN and the opcode
   */
  compressed(first: number, payload: string | Uint8Array, callback?: SendCallback): void {
    const deflater = this.deflater!;
    const message = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
    if (this.shared !== undefined) this.shared.handOver(this);
    if (this.gate === undefined && deflater.isQuick(message.length)) {
      this.putDeflated(first, message, deflater.deflateNow(message), callback);
      return;
    }
    this.later(message.length, callback, (done) => this.deflate(first, message, callback, done));
  }

  /** Compresses a message whose turn it is at the gate. */
  deflate(first: number, message: Uint8Array, callback: SendCallback | undefined, done: () => void): void {
    const deflater = this.deflater!;
    if (deflater.isQuick(message.length)) {
      this.putDeflated(first, message, deflater.deflateNow(message), callback);
      done();
      return;
    }
    deflater.deflateLater(message, (error, deflated) => {
      if (error !== null) callback?.(error);
      // Without the stream, the callback was told already.
      else if (!this.ended) this.putDeflated(first, message, deflated, callback);
      done();
    });
  }

  /**
   * Runs a job when all that was sent before it has been queued; what is sent meanwhile waits until it is done. Within
   * it, frames are queued by `put`.
   */
  later(bytes: number, callback: SendCallback | undefined, begin: (done: () => void) => void): void {
    if (this.shared !== undefined) this.shared.handOver(this);
    this.gate ??= new Gate(() => {
      this.gate = undefined;
    });
    this.gate.push(begin, bytes, callback);
  }

  /** Drops what waits behind a message that will not get ready. */
  dropWaiting(error: Error): void {
    this.gate?.drop(error);
    this.gate = undefined;
  }

  private putDeflated(
    first: number,
    message: Uint8Array,
    deflated: Uint8Array | undefined,
    callback: SendCallback | undefined,
  ): void {
    if (deflated === undefined) this.put(first, message, callback);
    else this.put(first | RSV1, deflated, callback);
  }

  /** Queues a frame before all that waits at the gate. */
  put(first: number, payload: string | Uint8Array, callback?: SendCallback): void {
    if (this.shared !== undefined && this.gate === undefined) this.shared.handOver(this);
    if (typeof payload === 'string') {
      if (payload.length * 3 <= COPY_LIMIT) this.text(first, payload);
      else this.binary(first, Buffer.from(payload, 'utf8'), true);
    } else {
      this.binary(first, payload, false);
    }
    if (callback !== undefined) {
      this.callbacks ??= [];
      this.callbacks.push(callback);
    }
    // What was not copied is written at once: until then its memory is the caller's to change.
    if (payload.length > COPY_LIMIT || this.bytes + this.end - this.start > FLUSH_LIMIT) this.flush();
  }

  /** Queues frames of a group, in memory that nobody changes any more. */
  append(bytes: Uint8Array): void {
    if (this.gate === undefined) {
      this.putShared(bytes);
      return;
    }
    const begin = (done: () => void): void => {
      this.putShared(bytes);
      done();
    };
    this.gate.push(begin, bytes.length, undefined);
  }

  private putShared(bytes: Uint8Array): void {
    // They look back to nothing, and what is sent next must not look back beyond them.
    this.deflater?.forget();
    this.putBytes(bytes);
  }

  /** Writes frames of a group past the queue, which must be idle. */
  writeShared(bytes: Uint8Array): void {
    this.deflater?.forget();
    this.write(bytes);
  }

  private putBytes(bytes: Uint8Array): void {
    this.closeRegion();
    this.segments ??= [];
    this.segments.push(bytes);
    this.bytes += bytes.length;
    this.ask();
  }

  /** Takes the connection out of its groups; what they sent before is queued. */
  leaveGroups(): void {
    const { shared } = this;
    if (shared === undefined) return;
    shared.handOver(this);
    shared.leave(this);
    this.shared = undefined;
  }

  /**
   * Between `true` and `false` nothing is scheduled to be written; then what was queued meanwhile is written at once, or
   * at the end of the turn where groups may still add to it.
   */
  cork(on: boolean): void {
    this.corked = on;
    countCorked(on);
    if (on || (this.start === this.end && this.segments === undefined)) return;
    if (this.shared !== undefined) {
      this.ask();
      return;
    }
    this.flush();
    rewindWhenIdle();
  }

  private ask(): void {
    if (this.queued || this.corked) return;
    this.queued = true;
    flushAtTurnEnd(this);
  }

  private reserve(bytes: number): void {
    if (slab.fits(bytes)) return;
    // Corked, it is not among those that are written when there is no room.
    if (this.corked) this.flush();
    reserve(bytes);
  }

  /** Has the open region continue at the slab's next free byte. */
  private open(): void {
    if (this.region === slab.bytes && this.end === slab.used) return;
    this.closeRegion();
    this.region = slab.bytes;
    this.start = slab.used;
    this.end = slab.used;
  }

  private closeRegion(): void {
    if (this.start === this.end) return;
    this.segments ??= [];
    this.segments.push(this.region!.subarray(this.start, this.end));
    this.bytes += this.end - this.start;
    this.start = this.end;
  }

  private extend(to: number): void {
    this.end = to;
    slab.used = to;
    this.ask();
  }

  /** A short text, encoded right into its place. */
  private text(first: number, text: string): void {
    this.reserve(textFrameBound(text, this.maskingKey !== undefined));
    this.open();
    const key = this.maskingKey === undefined ? -1 : this.maskingKey();
    this.extend(encodeText(slab.bytes, this.end, first, text, key));
  }

  /** @param ours - the memory is not the caller's, so that it may be kept, and masked in place */
  private binary(first: number, payload: Uint8Array, ours: boolean): void {
    const { length } = payload;
    const key = this.maskingKey === undefined ? -1 : this.maskingKey();
    const header = headerLength(length, key >= 0);
    if (length <= COPY_LIMIT) {
      this.reserve(header + length);
      this.open();
      this.extend(encodeBinary(slab.bytes, this.end, first, payload, key));
      return;
    }
    this.reserve(header);
    this.open();
    this.extend(writeHeader(slab.bytes, this.end, first, length, key));
    let bytes = payload;
    if (key >= 0) {
      if (!ours) bytes = Buffer.from(payload);
      applyMask(bytes, 0, length, key);
    }
    this.putBytes(bytes);
  }

  flush(): void {
    this.queued = false;
    if (this.shared !== undefined) this.shared.handOver(this);
    const { segments } = this;
    if (segments === undefined) {
      if (this.start !== this.end) {
        const bytes = this.region!.subarray(this.start, this.end);
        this.start = this.end;
        this.write(bytes);
      }
      return;
    }
    this.closeRegion();
    this.segments = undefined;
    const total = this.bytes;
    this.bytes = 0;
    if (total <= COPY_LIMIT && slab.fits(total)) this.write(join(segments, total));
    else this.writeEach(segments);
  }

  private write(bytes: Uint8Array): void {
    const { callbacks } = this;
    if (this.stream.writableEnded) {
      // To write would be an error of the stream's, which would take with it what it has not written yet.
      this.callbacks = undefined;
      const error = new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before it was sent');
      for (const callback of callbacks ?? []) process.nextTick(callback, error);
      return;
    }
    if (callbacks === undefined) {
      this.stream.write(bytes);
    } else {
      this.callbacks = undefined;
      this.stream.write(bytes, (error) => {
        for (const callback of callbacks) callback(error ?? undefined);
      });
    }
    if (this.pinning) {
      slab.pin();
      this.watch();
    }
  }

  private writeEach(segments: readonly Uint8Array[]): void {
    const last = segments.length - 1;
    this.stream.cork();
    if (!this.stream.writableEnded) for (let at = 0; at < last; at++) this.stream.write(segments[at]);
    this.write(segments[last]!);
    this.stream.uncork();
  }

  /** Has the owner told when the stream has written everything. */
  private watch(): void {
    if (this.watching || this.stream.writableEnded) return;
    this.watching = true;
    if (this.backlogged) this.owner.backlog(this.stream.writableLength);
    // A stream tells of having drained only when it was above its mark; the callback of a last, empty write tells always.
    this.stream.write(EMPTY, () => {
      this.watching = false;
      if (this.ended) return;
      if (this.stream.writableLength > 0) this.watch();
      else this.owner.drained();
    });
  }
}

function join(segments: readonly Uint8Array[], total: number): Uint8Array {
  const begin = slab.used;
  let at = begin;
  for (const segment of segments) {
    slab.bytes.set(segment, at);
    at += segment.length;
  }
  slab.used = begin + total;
  return slab.bytes.subarray(begin, at);
}

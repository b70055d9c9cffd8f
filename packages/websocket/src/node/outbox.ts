/**
 * What waits to be written to one connection: frames of its own and of the groups it is in, in the order they were
 * sent, and written by one call at the end of the turn. It owns framing and bytes; what may be sent in which state is
 * the link's to say.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { headerLength, writeHeader } from '../protocol/frame-header.js';
import { applyMask } from '../protocol/mask.js';
import { encodeBinary, encodeText, textFrameBound } from './encode.js';
import { slab } from './slab.js';
import { type Flushable, flushAtTurnEnd, reserve } from './turn.js';

export type SendCallback = (error?: Error | null) => void;

/** A source of frames that are the same for many: a group, as one of its members' outboxes sees it. */
export interface SharedFrames {
  /** Appends to the outbox what was sent to the group and has not been handed to this outbox yet. */
  handOver(outbox: Outbox): void;
  /** Sends to this outbox no more. */
  leave(outbox: Outbox): void;
}

export interface OutboxOwner {
  /** The stream had a backlog and has written all of it. */
  drained(): void;
}

/** Larger payloads are not copied but written at once, because until then their memory is the caller's to change. */
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
  private watching = false;

  constructor(stream: Duplex, maskingKey: (() => number) | undefined, owner: OutboxOwner) {
    this.stream = stream;
    this.maskingKey = maskingKey;
    this.owner = owner;
    this.plain = stream instanceof Socket;
  }

  /** Whether frames are masked: the role of a client. */
  get masks(): boolean {
    return this.maskingKey !== undefined;
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return this.bytes + this.end - this.start + this.stream.writableLength;
  }

  /** Whether the peer reads more slowly than is being sent. */
  get backlogged(): boolean {
    return this.stream.writableLength > 0;
  }

  /** Whether the stream may still refer to memory it was given. */
  get pinning(): boolean {
    return !this.plain || this.stream.writableLength > 0;
  }

  /** Whether nothing is queued here, so that a group's bytes may go past the queue. */
  get idle(): boolean {
    return this.start === this.end && this.segments === undefined;
  }

  /**
   * Queues a frame.
   *
   * @param first - FIN, RSV1 and the opcode
   * @param callback - called when the stream has written the frame, or with the error
   */
  frame(first: number, payload: string | Uint8Array, callback?: SendCallback): void {
    if (this.shared !== undefined) this.shared.handOver(this);
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
    if (this.bytes + this.end - this.start > FLUSH_LIMIT) this.flush();
  }

  /** Queues bytes that are frames already, and that nobody changes any more. */
  append(bytes: Uint8Array): void {
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

  private ask(): void {
    if (this.queued) return;
    this.queued = true;
    flushAtTurnEnd(this);
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
    reserve(textFrameBound(text, this.maskingKey !== undefined));
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
      reserve(header + length);
      this.open();
      this.extend(encodeBinary(slab.bytes, this.end, first, payload, key));
      return;
    }
    reserve(header);
    this.open();
    this.extend(writeHeader(slab.bytes, this.end, first, length, key));
    let bytes = payload;
    if (key >= 0) {
      if (!ours) bytes = Buffer.from(payload);
      applyMask(bytes, 0, length, key);
    }
    this.append(bytes);
    this.flush();
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

  /** Writes bytes past the queue, which must be idle. */
  write(bytes: Uint8Array): void {
    const { callbacks } = this;
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
    for (let at = 0; at < last; at++) this.stream.write(segments[at]);
    this.write(segments[last]!);
    this.stream.uncork();
  }

  /** Has the owner told when the stream has written everything. */
  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    // A stream tells of having drained only when it was above its mark; the callback of a last, empty write tells always.
    this.stream.write(EMPTY, () => {
      this.watching = false;
      if (this.stream.destroyed) return;
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

/**
 * An open connection on a stream: the protocol's state machine joined to a `Duplex`. It owns reading, the closing
 * handshake with its timer, and the order of `error` and `close`; what an application sees of it is the `WebSocket`'s.
 */
import type { Duplex } from 'node:stream';
import { isSendableCloseCode } from '../protocol/close-code.js';
import { Connection, type ConnectionHandler, type PieceHandler } from '../protocol/connection.js';
import { WebSocketError } from '../protocol/errors.js';
import { FIN, MAX_CONTROL_PAYLOAD, OPCODE } from '../protocol/opcode.js';
import { sendBlob } from './blob.js';
import { CHANNELS, type CloseReport, type MessageReport, type QueueReport } from './diagnostics.js';
import type { Watched } from './keepalive.js';
import { codecs, type LinkOwner, type LinkSettings, type Negotiated } from './link-settings.js';
import { type MessageSource, sendPieces } from './message-streams.js';
import { Outbox, type SendCallback } from './outbox.js';

export const OPEN = 1;
const CLOSING = 2;
export const CLOSED = 3;
export type LinkState = typeof OPEN | typeof CLOSING | typeof CLOSED;

/** Reasons not to read: the application says so, its messages are not taken, one is being inflated. */
export const PAUSED = 1;
export const FULL = 2;
const INFLATING = 4;
/** A message is read in pieces, and its reader is slower. */
export const STREAM_FULL = 8;

const NO_BYTES = Buffer.alloc(0);

const kLink = Symbol('link');

interface Linked extends Duplex {
  [kLink]?: Link | undefined;
}

/** Whether a WebSocket lives on this stream. */
export function isLinked(stream: Linked): boolean {
  return stream[kLink] !== undefined;
}

export class Link implements ConnectionHandler, Watched {
  readonly stream: Duplex;
  readonly outbox: Outbox;
  readonly settings: LinkSettings;
  private readonly owner: LinkOwner;
  private readonly connection: Connection;
  state: LinkState = OPEN;
  /** Why reading is stopped, as bits: `PAUSED`, `FULL` and `INFLATING`; 0 while it is not. */
  private stopped = 0;
  closeSent = false;
  closeReceived = false;
  private failed = false;
  /** Whether nothing came since `heard` was last called. */
  private silent = false;
  private gone = false;
  private closeCode = 1006;
  private closeReason: Buffer = NO_BYTES;
  closeTimer: NodeJS.Timeout | undefined = undefined;
  /** The latest ping that came while the peer was not reading; 5.5.3 lets it stand for those before it. */
  private unanswered: Buffer | undefined = undefined;

  constructor(stream: Duplex, settings: LinkSettings, owner: LinkOwner, negotiated: Negotiated) {
    this.stream = stream;
    this.settings = settings;
    this.owner = owner;
    const deflate = codecs(negotiated, settings.role === 'server');
    this.outbox = new Outbox(stream, settings.maskingKey, this, deflate?.deflater);
    this.connection = new Connection(settings, this, deflate?.inflater);
  }

  /** Begins to read; `head` is what came behind the handshake. */
  start(head: Uint8Array): void {
    const stream: Linked = this.stream;
    stream[kLink] = this;
    if (head.length > 0) stream.unshift(head);
    stream.on('close', streamClosed);
    stream.on('data', streamData);
    stream.on('end', streamEnded);
    stream.on('error', streamFailed);
    this.settings.keepalive?.add(this);
  }

  // What keepalive asks.

  heard(): boolean {
    // While reading is stopped, nothing can be heard.
    const heard = !this.silent || this.stopped !== 0;
    this.silent = true;
    return heard;
  }

  ping(): void {
    if (this.state === OPEN) this.control(OPCODE.ping, NO_BYTES);
  }

  giveUp(): void {
    this.giveUpWith(new WebSocketError('WS_ERR_KEEPALIVE_TIMEOUT', 'The peer has not answered a ping'));
  }

  /**
   * Begins the closing handshake, or goes on with it.
   *
   * @throws TypeError - the code must not stand in a close frame
   * @throws RangeError - the reason has more than 123 bytes
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.state === CLOSED) return;
    if (this.state === CLOSING) {
      if (this.closeSent && (this.closeReceived || this.failed)) this.stream.end();
      return;
    }
    const payload = closePayload(code, reason);
    this.state = CLOSING;
    this.outbox.frame(FIN | OPCODE.close, payload, (error) => {
      if (error) return;
      this.closeSent = true;
      if (this.closeReceived || this.failed) this.stream.end();
    });
    this.outbox.leaveGroups();
    this.outbox.flush();
    this.closeTimer = setTimeout(() => this.stream.destroy(), this.settings.closeTimeout);
  }

  terminate(): void {
    if (this.state === CLOSED) return;
    // What was sent before is the operating system's, as far as it takes it.
    if (!this.outbox.idle) this.outbox.flush();
    this.state = CLOSING;
    this.stream.destroy();
  }

  get paused(): boolean {
    return (this.stopped & PAUSED) !== 0;
  }

  /** Stops reading for this reason, or takes the reason back. */
  hold(reason: number, on: boolean): void {
    const before = this.stopped;
    this.stopped = on ? before | reason : before & ~reason;
    if (before === 0 && this.stopped !== 0) this.stream.pause();
    else if (before !== 0 && this.stopped === 0) this.stream.resume();
  }

  /**
   * Sends a frame of a data message.
   *
   * @param whole - the message is this one frame, and so may be dropped
   * @param compress - compress it, where that was negotiated and is worth it; only for a whole one
   */
  message(
    first: number,
    payload: string | Uint8Array,
    whole: boolean,
    compress: boolean,
    callback?: SendCallback,
  ): void {
    const { outbox } = this;
    if (CHANNELS.message.hasSubscribers) this.report('out', payload.length, (first & 0xf) === OPCODE.binary);
    // Looked at before: one message may be as large as it is, where none waits.
    if (this.settings.dropBeyond ? whole && this.tooSlow(payload.length) : this.tooSlow(0)) {
      const error = backpressureError(outbox.bufferedAmount);
      if (callback !== undefined) process.nextTick(callback, error);
      if (!this.settings.dropBeyond) this.giveUpWith(error);
      return;
    }
    if (compress && outbox.deflater?.wants(payload.length)) outbox.compressed(first, payload, callback);
    else outbox.frame(first, payload, callback);
  }

  /** Whether more would wait than may, with so many bytes more. */
  private tooSlow(bytes: number): boolean {
    const { maxBackpressure } = this.settings;
    if (maxBackpressure === 0 || !this.outbox.waits) return false;
    return this.outbox.bufferedAmount + bytes > maxBackpressure;
  }

  /** Ends the connection at once, with an error that says why. */
  private giveUpWith(error: WebSocketError): void {
    if (this.state === CLOSED) return;
    this.terminate();
    this.owner.linkFailed(error);
  }

  private report(direction: 'in' | 'out', size: number, isBinary: boolean): void {
    CHANNELS.message.publish({ socket: this.owner, direction, size, isBinary } satisfies MessageReport);
  }

  /** Sends what a blob holds, once it is read; what is sent after it waits. */
  blob(blob: Blob, compress: boolean, callback?: SendCallback): void {
    sendBlob(this.outbox, blob, compress, callback, (error) => this.sendFailed(error));
  }

  /** Sends a message in pieces, as they become ready. */
  pieces(source: MessageSource, isBinary: boolean): Promise<void> {
    return sendPieces(this.outbox, source, isBinary, (error) => this.sendFailed(error));
  }

  /** Has messages given in pieces from the next one on, or whole again. */
  set streaming(handler: PieceHandler | undefined) {
    this.connection.pieces = handler;
  }

  /** What was to be sent cannot be: without it the connection is of no use. */
  private sendFailed(error: Error): void {
    // Who ended the connection knows that not all was sent.
    if (this.stream.destroyed) return;
    if (this.state === OPEN) {
      this.state = CLOSING;
      this.closeTimer = setTimeout(() => this.stream.destroy(), this.settings.closeTimeout);
    }
    this.outbox.flush();
    this.stream.end();
    process.nextTick(() => this.owner.linkFailed(error));
  }

  control(opcode: number, payload: Uint8Array, callback?: SendCallback): void {
    if (payload.length > MAX_CONTROL_PAYLOAD) {
      throw new RangeError(`The data size must not be greater than ${MAX_CONTROL_PAYLOAD} bytes`);
    }
    // A control frame need not wait for a message that is not ready, and may stand between its fragments (5.4).
    this.outbox.put(FIN | opcode, payload, callback);
  }

  // What the outbox tells.

  backlog(bytes: number): void {
    if (CHANNELS.queue.hasSubscribers)
      CHANNELS.queue.publish({ socket: this.owner, bytes } satisfies QueueReport);
  }

  drained(): void {
    this.backlog(0);
    if (this.unanswered !== undefined && this.state === OPEN) {
      const payload = this.unanswered;
      this.unanswered = undefined;
      this.control(OPCODE.pong, payload);
    }
    this.owner.linkDrained();
  }

  // What the connection tells.

  onMessage(data: Uint8Array, isBinary: boolean): void {
    if (CHANNELS.message.hasSubscribers) this.report('in', data.length, isBinary);
    this.owner.linkMessage(asBuffer(data), isBinary);
  }

  onPing(payload: Uint8Array): void {
    if (this.settings.autoPong && this.state === OPEN) {
      if (this.outbox.backlogged) this.unanswered = Buffer.from(payload);
      else this.control(OPCODE.pong, payload);
    }
    this.owner.linkPing(asBuffer(payload));
  }

  onPong(payload: Uint8Array): void {
    this.owner.linkPong(asBuffer(payload));
  }

  onClose(code: number, reason: Uint8Array): void {
    this.closeReceived = true;
    this.closeCode = code;
    // A copy: the reason lies in the chunk that it came in.
    this.closeReason = reason.length === 0 ? NO_BYTES : copyOf(reason);
    this.readToTheEnd();
    if (code === 1005) this.close();
    else this.close(code, this.closeReason);
  }

  onError(error: WebSocketError): void {
    this.failed = true;
    this.readToTheEnd();
    this.close(error.closeCode);
    this.owner.linkFailed(error);
    if (this.gone) this.finish();
  }

  onResumed(): void {
    if (this.gone) this.finish();
    else this.hold(INFLATING, false);
  }

  /** Nothing that comes is looked at any more, but it must be read for the stream to end. */
  private readToTheEnd(): void {
    this.stream.removeListener('data', streamData);
    process.nextTick(resume, this.stream);
  }

  // What the stream tells.

  received(chunk: Buffer): void {
    this.silent = false;
    this.outbox.cork(true);
    try {
      this.connection.receive(chunk);
    } finally {
      this.outbox.cork(false);
      if (this.connection.interrupted) setImmediate(() => this.received(NO_BYTES));
    }
    if (this.connection.suspended) this.hold(INFLATING, true);
  }

  ended(): void {
    this.state = CLOSING;
    this.outbox.flush();
    this.stream.end();
  }

  streamGone(): void {
    const { stream } = this;
    this.gone = true;
    this.state = CLOSING;
    stream.removeListener('close', streamClosed);
    stream.removeListener('data', streamData);
    stream.removeListener('end', streamEnded);
    clearTimeout(this.closeTimer);
    // What had been read while the application was pausing is still its to see.
    if (!stream.readableEnded && !this.connection.ended && stream.readableLength > 0) {
      const chunk: Buffer | null = stream.read(stream.readableLength);
      if (chunk !== null) this.connection.receive(chunk);
    }
    if (!this.connection.suspended) this.finish();
  }

  private finish(): void {
    if (this.state === CLOSED) return;
    const stream: Linked = this.stream;
    this.connection.stop();
    this.outbox.leaveGroups();
    this.outbox.dropWaiting(
      new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before it was sent'),
    );
    this.unanswered = undefined;
    this.settings.keepalive?.delete(this);
    this.state = CLOSED;
    stream[kLink] = undefined;
    if (CHANNELS.close.hasSubscribers) {
      const clean = this.closeReceived && this.closeSent;
      CHANNELS.close.publish({ socket: this.owner, code: this.closeCode, clean } satisfies CloseReport);
    }
    this.settings.onGone?.(this.owner);
    this.owner.linkClosed(this.closeCode, this.closeReason);
  }
}

function backpressureError(bytes: number): WebSocketError {
  const message = `The peer reads too slowly: ${bytes} bytes are waiting to be sent`;
  return new WebSocketError('WS_ERR_BACKPRESSURE', message);
}

function closePayload(code: number | undefined, reason: string | Uint8Array | undefined): Uint8Array {
  if (code === undefined) return NO_BYTES;
  if (typeof code !== 'number' || !isSendableCloseCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }
  if (reason !== undefined && typeof reason !== 'string' && !(reason instanceof Uint8Array)) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }
  const length = reason === undefined ? 0 : Buffer.byteLength(reason);
  if (length > MAX_CONTROL_PAYLOAD - 2) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }
  const payload = Buffer.alloc(2 + length);
  payload.writeUInt16BE(code, 0);
  if (typeof reason === 'string') payload.write(reason, 2);
  else if (reason !== undefined) payload.set(reason, 2);
  return payload;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

function resume(stream: Duplex): void {
  stream.resume();
}

function streamData(this: Linked, chunk: Buffer): void {
  this[kLink]?.received(chunk);
}

function streamEnded(this: Linked): void {
  this[kLink]?.ended();
}

function streamClosed(this: Linked): void {
  this[kLink]?.streamGone();
}

function streamFailed(this: Linked): void {
  const link = this[kLink];
  this.removeListener('error', streamFailed);
  this.on('error', () => {});
  if (link === undefined) return;
  link.state = CLOSING;
  this.destroy();
}

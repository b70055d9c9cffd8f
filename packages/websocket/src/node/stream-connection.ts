/**
 * An open connection on a stream: the protocol joined to a `Duplex`. It owns reading, the timer of the closing handshake,
 * and what becomes of the stream; what the application sees of it is the `WebSocket`'s.
 */
import type { Duplex } from 'node:stream';
import { Connection, type ConnectionHandler, STATE, type State } from '../protocol/connection.js';
import { WebSocketError } from '../protocol/errors.js';
import type { FrameWritten } from '../protocol/frame-output.js';
import type { Agreement } from '../protocol/handshake.js';
import type { PieceHandler } from '../protocol/message-receiver.js';
import { deflateCodecs } from './deflate-codecs.js';
import type { DeflateOptions } from './deflate-options.js';
import { CHANNELS, type CloseReport, type QueueReport } from './diagnostics.js';
import type { NodeInflater } from './inflater.js';
import type { Watched } from './keepalive.js';
import type { Settings } from './options.js';
import { SendQueue } from './send-queue.js';
import { afterThis, afterTurn, processTurn } from './turn.js';
import { callUser } from './user-code.js';
import type { WebSocket } from './websocket.js';

/** Reasons not to read: the application says so, its messages are not taken, the protocol waits. */
export const READING_STOPPED = { byApplication: 1, untaken: 2, suspended: 4 } as const;

/** What the opening handshake agreed on, and how this side compresses. */
export interface Negotiated extends Agreement {
  readonly deflateOptions?: DeflateOptions | undefined;
}

const NO_BYTES = Buffer.alloc(0);

const kConnection = Symbol('connection');

interface ConnectedStream extends Duplex {
  [kConnection]?: StreamConnection | undefined;
}

/** Whether a WebSocket lives on this stream. */
export function isConnected(stream: ConnectedStream): boolean {
  return stream[kConnection] !== undefined;
}

export class StreamConnection implements ConnectionHandler, Watched {
  readonly stream: Duplex;
  readonly settings: Settings;
  readonly socket: WebSocket;
  readonly queue: SendQueue;
  readonly protocol: Connection;
  private readonly inflater: NodeInflater | undefined;
  /** Why reading is stopped, as bits; 0 while it is not. */
  private stopped = 0;
  /** Whether nothing came since `heard` was last called. */
  private silent = false;
  private streamIsGone = false;
  closeTimer: NodeJS.Timeout | undefined = undefined;
  /** The latest ping that came while the peer was not reading; 5.5.3 lets it stand for those before it. */
  private unansweredPing: Buffer | undefined = undefined;

  constructor(
    stream: Duplex,
    settings: Settings,
    socket: WebSocket,
    { deflate, deflateOptions }: Negotiated,
  ) {
    this.stream = stream;
    this.settings = settings;
    this.socket = socket;
    const codecs = deflate && deflateCodecs(deflate, settings.role, deflateOptions ?? {});
    this.queue = new SendQueue(stream, processTurn, settings.maskingKey, this, codecs?.deflater);
    this.inflater = codecs?.inflater;
    this.protocol = new Connection(settings, this, this.queue, this.inflater);
  }

  /** Begins to read; `head` is what came behind the handshake. */
  start(head: Uint8Array): void {
    const stream: ConnectedStream = this.stream;
    stream[kConnection] = this;
    if (head.length > 0) stream.unshift(head);
    stream.on('close', streamClosed);
    stream.on('data', streamData);
    stream.on('end', streamEnded);
    stream.on('error', streamFailed);
    this.settings.keepalive?.add(this);
  }

  get state(): State {
    return this.protocol.state;
  }

  // What keepalive asks.

  heard(): boolean {
    // While reading is stopped, nothing can be heard.
    const heard = !this.silent || this.stopped !== 0;
    this.silent = true;
    return heard;
  }

  ping(): void {
    if (this.state === STATE.open) this.protocol.sendPing(NO_BYTES);
  }

  giveUp(): void {
    this.giveUpWith(new WebSocketError('WS_ERR_KEEPALIVE_TIMEOUT', 'The peer has not answered a ping'));
  }

  // What the application asks.

  /** Begins the closing handshake, or goes on with it. Throws as `Connection.sendClose`. */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.state === STATE.open) this.protocol.sendClose(code, reason);
    else this.endIfClosed();
    this.closing();
  }

  private endIfClosed(): void {
    if (this.protocol.closeExpected && this.state !== STATE.closed) this.stream.end();
  }

  /** A close frame was queued: it goes out, and the peer has its time. */
  private closing(): void {
    if (this.state !== STATE.closing) return;
    this.queue.flush();
    this.closeTimer ??= setTimeout(() => this.stream.destroy(), this.settings.closeTimeout);
  }

  terminate(): void {
    if (this.state === STATE.closed) return;
    // What was sent before is the operating system's, as far as it takes it.
    if (!this.queue.idle) this.queue.flush();
    this.protocol.abandon();
    this.stream.destroy();
  }

  get isPaused(): boolean {
    return (this.stopped & READING_STOPPED.byApplication) !== 0;
  }

  /** What comes is not taken, or is again: not even what has been read already is told. */
  holdBack(on: boolean): void {
    this.stopReading(READING_STOPPED.untaken, on);
    // Whoever takes what was kept has not told it yet: what comes next must not come before it.
    if (!on) afterThis(() => this.resumeProtocol());
    else if (!this.streamIsGone) this.protocol.suspend();
  }

  /** Stops reading for this reason, or takes the reason back. */
  stopReading(reason: number, on: boolean): void {
    const before = this.stopped;
    this.stopped = on ? before | reason : before & ~reason;
    if (before === 0 && this.stopped !== 0) this.stream.pause();
    else if (before !== 0 && this.stopped === 0) this.stream.resume();
  }

  /** Has messages given in pieces from the next one on, or whole again. */
  set pieces(handler: PieceHandler | undefined) {
    this.protocol.pieces = handler;
  }

  /**
   * Whether one more message may be sent, of so many bytes; if not, its callback is told, and the connection is ended
   * where that is what `onBackpressure` says.
   *
   * @param whole - it is no fragment, which cannot be dropped by itself
   */
  hasRoom(bytes: number, whole: boolean, written: FrameWritten | undefined): boolean {
    const { dropsBeyond, maxBackpressure } = this.settings;
    if (maxBackpressure === 0 || !this.queue.waits || (dropsBeyond && !whole)) return true;
    const waiting = this.queue.bufferedAmount;
    // Looked at before: one message may be as large as it is, where none waits.
    if (waiting + (dropsBeyond ? bytes : 0) <= maxBackpressure) return true;
    const message = `The peer reads too slowly: ${waiting} bytes are waiting to be sent`;
    const error = new WebSocketError('WS_ERR_BACKPRESSURE', message);
    if (written !== undefined) afterThis(() => callUser(written, undefined, error));
    if (!dropsBeyond) this.giveUpWith(error);
    return false;
  }

  /** Ends the connection at once, with an error that says why. */
  private giveUpWith(error: WebSocketError): void {
    if (this.state === STATE.closed) return;
    this.terminate();
    this.socket.connectionFailed(error);
  }

  // What the queue tells.

  sendFailed(error: Error): void {
    // Who ended the connection knows that not all was sent.
    if (this.stream.destroyed) return;
    if (this.state === STATE.open) {
      this.protocol.abandon();
      this.closeTimer = setTimeout(() => this.stream.destroy(), this.settings.closeTimeout);
    }
    this.queue.flush();
    this.stream.end();
    afterThis(() => this.socket.connectionFailed(error));
  }

  backlog(bytes: number): void {
    if (CHANNELS.queue.hasSubscribers)
      CHANNELS.queue.publish({ socket: this.socket, bytes } satisfies QueueReport);
  }

  drained(): void {
    this.backlog(0);
    const ping = this.unansweredPing;
    if (ping !== undefined) {
      this.unansweredPing = undefined;
      this.answer(ping);
    }
    this.socket.connectionDrained();
  }

  // What the protocol tells.

  onMessage(data: Uint8Array, isBinary: boolean): void {
    if (!this.settings.oneMessageATurn) {
      const wasHeard = this.socket.messageReceived(asBuffer(data), isBinary);
      if (wasHeard && this.settings.reusesMemory) processTurn.messages.giveBack(data);
      return;
    }
    this.protocol.suspend();
    this.socket.messageReceived(asBuffer(data), isBinary);
    // Behind whatever its listeners have asked for.
    afterTurn(() => this.resumeProtocol());
  }

  private resumeProtocol(): void {
    if ((this.stopped & READING_STOPPED.untaken) === 0) this.protocol.resume();
  }

  onPing(payload: Uint8Array): void {
    if (this.settings.autoPong) {
      if (this.queue.backlogged) this.unansweredPing = Buffer.from(payload);
      else this.answer(asBuffer(payload));
    }
    this.socket.pingReceived(asBuffer(payload));
  }

  private answer(ping: Buffer): void {
    if (this.state === STATE.open) this.socket.answerPing(ping, this.settings.role === 'client');
  }

  onPong(payload: Uint8Array): void {
    this.socket.pongReceived(asBuffer(payload));
  }

  onClose(): void {
    this.readToTheEnd();
    this.closing();
    this.endIfClosed();
  }

  onCloseSent(): void {
    this.endIfClosed();
  }

  onError(error: WebSocketError): void {
    this.readToTheEnd();
    this.closing();
    this.endIfClosed();
    this.socket.connectionFailed(error);
    if (this.streamIsGone) this.finish();
  }

  onResumed(): void {
    if (this.streamIsGone) this.finish();
    else this.stopReading(READING_STOPPED.suspended, false);
  }

  /** Nothing that comes is looked at any more, but it must be read for the stream to end. */
  private readToTheEnd(): void {
    this.stream.removeListener('data', streamData);
    afterThis(() => this.stream.resume());
  }

  // What the stream tells.

  received(chunk: Buffer): void {
    this.silent = false;
    this.queue.cork(true);
    this.protocol.receiveData(chunk);
    this.queue.cork(false);
    if (this.protocol.suspended) this.stopReading(READING_STOPPED.suspended, true);
  }

  streamEnded(): void {
    this.protocol.abandon();
    this.queue.flush();
    this.stream.end();
  }

  streamFailed(): void {
    this.protocol.abandon();
    this.stream.destroy();
  }

  streamClosed(): void {
    const { protocol, stream } = this;
    this.streamIsGone = true;
    protocol.abandon();
    stream.removeListener('close', streamClosed);
    stream.removeListener('data', streamData);
    stream.removeListener('end', streamEnded);
    clearTimeout(this.closeTimer);
    // What had been read while the application was pausing, or slow, is still its to see.
    protocol.resume();
    if (!stream.readableEnded && !protocol.inputEnded && stream.readableLength > 0) {
      const chunk: Buffer | null = stream.read(stream.readableLength);
      if (chunk !== null) protocol.receiveData(chunk);
    }
    if (!protocol.suspended) this.finish();
  }

  private finish(): void {
    const { protocol, queue, settings, socket } = this;
    if (this.state === STATE.closed) return;
    const stream: ConnectedStream = this.stream;
    queue.groups?.leaveAll(queue);
    this.unansweredPing = undefined;
    settings.keepalive?.delete(this);
    this.inflater?.close();
    stream[kConnection] = undefined;
    protocol.receiveEof();
    const { closeCode, closeReceived, closeSent } = protocol;
    queue.dropDeferred(new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before it was sent'));
    if (CHANNELS.close.hasSubscribers) {
      const clean = closeReceived && closeSent;
      CHANNELS.close.publish({ socket, code: closeCode, clean } satisfies CloseReport);
    }
    socket.connectionClosed(closeCode, asBuffer(protocol.closeReason));
    settings.onGone?.(socket);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function streamData(this: ConnectedStream, chunk: Buffer): void {
  this[kConnection]?.received(chunk);
}

function streamEnded(this: ConnectedStream): void {
  this[kConnection]?.streamEnded();
}

function streamClosed(this: ConnectedStream): void {
  this[kConnection]?.streamClosed();
}

function streamFailed(this: ConnectedStream): void {
  const connection = this[kConnection];
  this.removeListener('error', streamFailed);
  this.on('error', () => {});
  connection?.streamFailed();
}

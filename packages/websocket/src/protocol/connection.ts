/**
 * One open connection, both ways and in either role (RFC 6455, sections 5 to 7): what may be sent and what is received,
 * fragments under way, both halves of the closing handshake, and when the connection fails. It knows no socket, no clock
 * and no way to compress.
 *
 * *Receive* by `receiveData` and `receiveEof`; *send* by `sendText`, `sendBinary`, `sendContinuation`, `sendPing`,
 * `sendPong`, `sendClose` and `fail`. *What happened* is told to the handler, *what to write* goes to the output, and
 * *is it over* is `closeExpected`. A peer's faults never throw; a caller's misuse does, and sends nothing.
 */
import { CLOSE, isSendableCloseCode } from './close-code.js';
import { WebSocketError } from './errors.js';
import type { FrameOutput, FrameWritten } from './frame-output.js';
import {
  type Inflater,
  MessageReceiver,
  type PieceHandler,
  type ReceiverHandler,
  type ReceiverSettings,
} from './message-receiver.js';
import { FIN, MAX_CONTROL_PAYLOAD, OPCODE } from './opcode.js';
import { OutgoingMessage } from './outgoing-message.js';

/** The states of a connection, by the numbers that a browser's WebSocket has for them. */
export const STATE = { open: 1, closing: 2, closed: 3 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

export interface ConnectionSettings extends ReceiverSettings {
  /** Answer pings as they come (5.5.2). True by default; an adapter that answers by itself says false. */
  readonly answerPings?: boolean;
}

export interface ConnectionHandler extends ReceiverHandler {
  /** Our close frame was written: see `closeExpected`. */
  onCloseSent?(): void;
  /** The transport is gone: nothing more comes and nothing can be sent. Told once, and last. */
  onEnd?(code: number, reason: Uint8Array): void;
}

const EMPTY = new Uint8Array(0);

export class Connection implements ReceiverHandler {
  private readonly settings: ConnectionSettings;
  private readonly handler: ConnectionHandler;
  private readonly output: FrameOutput;
  private readonly receiver: MessageReceiver;
  /** The message of which fragments were sent, and not the last one. */
  private unfinished: OutgoingMessage | undefined = undefined;
  state: State = STATE.open;
  /** Whether a close frame was given to the output. */
  closeSent = false;
  /** Whether the peer's close frame came. */
  closeReceived = false;
  private failed = false;
  /** The peer's close code: 1005 where its close frame had none, 1006 where no close frame came. */
  closeCode: number = CLOSE.abnormal;
  closeReason: Uint8Array = EMPTY;

  /** @param inflater - inflates what the peer compressed, where permessage-deflate was agreed on */
  constructor(
    settings: ConnectionSettings,
    handler: ConnectionHandler,
    output: FrameOutput,
    inflater?: Inflater,
  ) {
    this.settings = settings;
    this.handler = handler;
    this.output = output;
    this.receiver = new MessageReceiver(settings, this, inflater);
  }

  // Receive.

  /** Takes bytes from the peer, cut anywhere. They are changed in place, and are the connection's from now on. */
  receiveData(chunk: Uint8Array): void {
    this.receiver.receive(chunk);
  }

  /** Nothing more comes. Without a close frame of the peer's before it, the code is 1006 (7.1.5). */
  receiveEof(): void {
    if (this.state === STATE.closed) return;
    this.state = STATE.closed;
    this.receiver.stop();
    this.handler.onEnd?.(this.closeCode, this.closeReason);
  }

  /** The transport is going without a closing handshake: nothing more is sent. What it still holds may be received. */
  abandon(): void {
    if (this.state === STATE.open) this.state = STATE.closing;
  }

  /** Has nothing more told until `resume`, from within a handler's method or outside; input is kept meanwhile. */
  suspend(): void {
    this.receiver.suspend();
  }

  resume(): void {
    this.receiver.resume();
  }

  /** Whether no more input is looked at: the connection failed, or the peer's close frame came. */
  get inputEnded(): boolean {
    return this.receiver.ended;
  }

  /** Whether nothing is told for now, as a message is being inflated elsewhere. What is received meanwhile is kept; better is to stop reading. */
  get suspended(): boolean {
    return this.receiver.suspended;
  }

  /** Bytes held for what is not whole, and for input that waits. */
  get held(): number {
    return this.receiver.held;
  }

  /** Has it kept where the fragments of a message end: see `fragmentEnds`. */
  set keepsFragmentEnds(keeps: boolean) {
    this.receiver.keepsEnds = keeps;
  }

  /** Within `onMessage`: where the message's fragments end, in bytes. */
  get fragmentEnds(): readonly number[] | undefined {
    return this.receiver.fragmentEnds;
  }

  /** Where set, the messages that begin from now on are given to it in pieces. */
  get pieces(): PieceHandler | undefined {
    return this.receiver.pieces;
  }

  set pieces(handler: PieceHandler | undefined) {
    this.receiver.pieces = handler;
  }

  // Send.

  /**
   * Sends a text message, or with `last` false its first fragment.
   *
   * @param compress - whether the output may compress it; fragments are not
   * @param written - called when the transport has taken it, or with the error
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`; `WS_ERR_FRAGMENT_ORDER`: another message is not finished
   */
  sendText(text: string | Uint8Array, last = true, compress = false, written?: FrameWritten): void {
    this.sendMessage(text, false, last, compress, written);
  }

  /** Sends a binary message; all else is as with `sendText`. */
  sendBinary(data: string | Uint8Array, last = true, compress = false, written?: FrameWritten): void {
    this.sendMessage(data, true, last, compress, written);
  }

  /**
   * Sends a further fragment of the message that is not finished. A text may be cut anywhere.
   *
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`; `WS_ERR_FRAGMENT_ORDER`: there is no such message
   */
  sendContinuation(data: string | Uint8Array, last: boolean, written?: FrameWritten): void {
    this.mustBeOpen();
    const message = this.unfinished;
    if (message === undefined) throw fragmentError('There is no message to be continued');
    const fragment = message.whole(data, last);
    if (last) this.unfinished = undefined;
    this.output.data(message.next(last), fragment, false, written);
  }

  private sendMessage(
    payload: string | Uint8Array,
    isBinary: boolean,
    last: boolean,
    compress: boolean,
    written: FrameWritten | undefined,
  ): void {
    const first = this.messageHead(isBinary, last);
    const fragment = last ? payload : this.unfinished!.whole(payload, false);
    this.output.data(first, fragment, last && compress, written);
  }

  /**
   * Takes the place of a message among those that are sent, for one whose payload is not known yet.
   *
   * @returns FIN and the opcode
   * @throws as `sendText`
   */
  messageHead(isBinary: boolean, last = true): number {
    this.mustBeOpen();
    if (this.unfinished !== undefined) throw fragmentError('Another message is not finished');
    if (last) return FIN | (isBinary ? OPCODE.binary : OPCODE.text);
    this.unfinished = new OutgoingMessage(isBinary);
    return this.unfinished.next(false);
  }

  /** The same for a fragment: takes its place in the message that is not finished. */
  continuationHead(last: boolean): number {
    this.mustBeOpen();
    const message = this.unfinished;
    if (message === undefined) throw fragmentError('There is no message to be continued');
    if (last) this.unfinished = undefined;
    return message.next(last);
  }

  /** Whether fragments of a message were sent, and not its last one. */
  get withinMessage(): boolean {
    return this.unfinished !== undefined;
  }

  /**
   * Sends a ping (5.5.2), which may stand between the fragments of a message.
   *
   * @throws RangeError - more than 125 bytes
   */
  sendPing(payload: Uint8Array, written?: FrameWritten): void {
    this.sendControl(OPCODE.ping, payload, written);
  }

  /** Sends a pong (5.5.3), asked for or not. */
  sendPong(payload: Uint8Array, written?: FrameWritten): void {
    this.sendControl(OPCODE.pong, payload, written);
  }

  private sendControl(opcode: number, payload: Uint8Array, written: FrameWritten | undefined): void {
    if (payload.length > MAX_CONTROL_PAYLOAD) {
      throw new RangeError(`The data size must not be greater than ${MAX_CONTROL_PAYLOAD} bytes`);
    }
    this.mustBeOpen();
    this.output.control(FIN | opcode, payload, written);
  }

  /**
   * Begins the closing handshake, or finishes it where the peer's close frame came (7.1.2). Nothing may be sent after it;
   * a second call does nothing.
   *
   * @param code - 1000–1014 but for 1004–1006, or 3000–4999; the close frame is empty without
   * @param reason - at most 123 bytes of UTF-8
   * @throws TypeError - another code, or a reason that is neither text nor bytes
   * @throws RangeError - a longer reason
   */
  sendClose(code?: number, reason?: string | Uint8Array): void {
    if (this.state !== STATE.open) return;
    const payload = closePayload(code, reason);
    this.state = STATE.closing;
    this.output.close(FIN | OPCODE.close, payload, (error) => {
      if (error) return;
      this.closeSent = true;
      this.handler.onCloseSent?.();
    });
  }

  /** Fails the connection (7.1.7): the peer is told the error's close code, and what it sends is not looked at any more. */
  fail(error: WebSocketError): void {
    if (this.failed || this.state === STATE.closed) return;
    this.failed = true;
    this.receiver.stop();
    this.sendClose(error.closeCode);
    this.handler.onError(error);
  }

  /** Whether the transport is to be closed now: both close frames have passed, or one has for a connection that failed. */
  get closeExpected(): boolean {
    return this.closeSent && (this.closeReceived || this.failed);
  }

  private mustBeOpen(): void {
    if (this.state !== STATE.open) throw new WebSocketError('WS_ERR_NOT_OPEN', 'The connection is not open');
  }

  // What the receiver tells.

  onMessage(data: Uint8Array, isBinary: boolean): void {
    this.handler.onMessage(data, isBinary);
  }

  onPing(payload: Uint8Array): void {
    if (this.settings.answerPings !== false && this.state === STATE.open) this.sendPong(copyOf(payload));
    this.handler.onPing(payload);
  }

  onPong(payload: Uint8Array): void {
    this.handler.onPong(payload);
  }

  onClose(code: number, reason: Uint8Array): void {
    this.closeReceived = true;
    this.closeCode = code;
    // A copy: the reason lies in the chunk that it came in.
    if (reason.length > 0) this.closeReason = copyOf(reason);
    // 5.5.1: the answer typically echoes the code.
    this.sendClose(code === CLOSE.noStatus ? undefined : code, this.closeReason);
    this.handler.onClose(code, this.closeReason);
  }

  onError(error: WebSocketError): void {
    this.fail(error);
  }

  onResumed(): void {
    this.handler.onResumed();
  }
}

/** `slice` would not do: a Node buffer's gives no copy. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function fragmentError(message: string): WebSocketError {
  return new WebSocketError('WS_ERR_FRAGMENT_ORDER', message);
}

/** Bytes of another realm are bytes all the same: no `instanceof`. */
function isBytes(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function closePayload(code: number | undefined, reason: string | Uint8Array | undefined): Uint8Array {
  if (code === undefined) return EMPTY;
  if (typeof code !== 'number' || !isSendableCloseCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }
  if (reason !== undefined && typeof reason !== 'string' && !isBytes(reason)) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }
  const text = typeof reason === 'string' ? new TextEncoder().encode(reason) : (reason ?? EMPTY);
  if (text.length > MAX_CONTROL_PAYLOAD - 2) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >>> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}

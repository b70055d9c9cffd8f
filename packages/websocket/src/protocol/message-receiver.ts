/**
 * The receiving half of a connection, either role (RFC 6455, sections 5 and 6): which frames are allowed, what they make
 * of messages, and when the connection fails. It answers nothing and sends nothing.
 *
 * Nothing a peer sends makes it throw: it becomes a message, a control frame, or an error with its close code.
 */
import { CLOSE, isSendableCloseCode } from './close-code.js';
import { frameError, WebSocketError, type WebSocketErrorCode } from './errors.js';
import { FrameParser, type FrameSink } from './frame-parser.js';
import { type Allocate, PartialMessage, StreamedMessage } from './message-assembler.js';
import { FIN, isControl, MASK, MAX_CONTROL_PAYLOAD, OPCODE, RSV1, RSV2, RSV3 } from './opcode.js';
import { isUtf8, type Utf8Check } from './utf8.js';

export type Role = 'client' | 'server';

/** What inflating a message gave: the message, why it failed, or `undefined`: the callback will tell. */
export type Inflated = Uint8Array | WebSocketError | undefined;

/** The receiving half of permessage-deflate, handed in where it was negotiated. */
export interface Inflater {
  /**
   * Inflates one message, stopping at `limit` bytes. Small ones are best answered at once; while one is under way the
   * connection parses nothing more.
   */
  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | WebSocketError) => void): Inflated;
}

export interface ReceiverSettings {
  readonly role: Role;
  /** Bytes a message may have, after inflation; 0 for no limit. */
  readonly maxPayload: number;
  /** Take text as it comes. */
  readonly skipUtf8Validation?: boolean;
  /** A faster check than the built-in one. */
  readonly isUtf8?: Utf8Check;
  /** Memory for messages that are put together of pieces. `Uint8Array` when absent. */
  readonly allocate?: Allocate;
}

/** Takes a message while it comes, in place of `onMessage`. Compressed ones come as one piece. */
export interface PieceHandler {
  begin(isBinary: boolean): void;
  /** Lies in the chunk that was received, which is then the handler's. */
  piece(bytes: Uint8Array): void;
  end(): void;
}

/** What is told of what came. A method that throws lets its exception out of `receive`, and loses the rest of the chunk. */
export interface ReceiverHandler {
  /** A message. Where it came in one piece it lies in the chunk that was received, which is then the handler's. */
  onMessage(data: Uint8Array, isBinary: boolean): void;
  onPing(payload: Uint8Array): void;
  onPong(payload: Uint8Array): void;
  /** The peer's close frame; 1005 when it had no code. Nothing comes after it. */
  onClose(code: number, reason: Uint8Array): void;
  /** The connection failed (7.1.7); the error's close code is for the peer. Nothing comes after it. */
  onError(error: WebSocketError): void;
  /** What was waited for by `suspended` is over, and all that had been received is parsed. */
  onResumed(): void;
}

const EMPTY = new Uint8Array(0);
const newBytes: Allocate = (bytes) => new Uint8Array(bytes);

export class MessageReceiver implements FrameSink {
  private readonly settings: ReceiverSettings;
  private readonly handler: ReceiverHandler;
  private readonly parser: FrameParser;
  private readonly inflater: Inflater | undefined;
  /** The first byte of the frame under way. */
  private first = 0;
  /** The message under way; absent between messages, and for messages that come in one piece. */
  private partial: PartialMessage | undefined = undefined;
  /** A control frame that was cut, as far as it has come. */
  private control: PartialMessage | undefined = undefined;
  /** Whether it is kept where the fragments of a message end. */
  keepsEnds = false;
  /** Where the fragments of the message that is told end, in bytes; absent where it came in one frame, or compressed. */
  fragmentEnds: number[] | undefined = undefined;
  /** Where set, the messages that begin from now on are given to it in pieces. */
  pieces: PieceHandler | undefined = undefined;
  /** The message under way that is given in pieces. */
  private streamed: StreamedMessage | undefined = undefined;
  private over = false;
  /** Whether a message is being inflated elsewhere. */
  private inflating = false;
  /** Whether the handler wants nothing more for now. */
  private onHold = false;
  /** What was received while waiting. */
  private rest: Uint8Array[] | undefined = undefined;

  constructor(settings: ReceiverSettings, handler: ReceiverHandler, inflater?: Inflater) {
    this.settings = settings;
    this.handler = handler;
    this.inflater = inflater;
    this.parser = new FrameParser(this);
  }

  /** Whether no more input is taken: the connection failed, or the peer's close frame came. */
  get ended(): boolean {
    return this.over;
  }

  /** Whether a message is being inflated elsewhere. What is received meanwhile is kept; better is to stop reading. */
  get suspended(): boolean {
    return this.waiting && !this.over;
  }

  /** Bytes held for messages and control frames that are not whole, and for input that waits. */
  get held(): number {
    let bytes = (this.partial?.held ?? 0) + (this.control?.held ?? 0);
    for (const chunk of this.rest ?? []) bytes += chunk.length;
    return bytes;
  }

  /** Takes bytes from the peer, cut anywhere. They are changed in place, and are the receiver's from now on. */
  receive(chunk: Uint8Array): void {
    if (this.over) return;
    if (this.waiting) {
      this.rest ??= [];
      this.rest.push(chunk);
      return;
    }
    this.parse(chunk);
  }

  /** Nothing that comes in from now on is looked at. */
  stop(): void {
    this.over = true;
    this.partial = undefined;
    this.streamed = undefined;
    this.control = undefined;
    this.rest = undefined;
  }

  private parse(chunk: Uint8Array): void {
    const stopped = this.parser.parse(chunk, 0);
    if (!this.waiting || this.over || stopped === chunk.length) return;
    this.rest ??= [];
    this.rest.unshift(chunk.subarray(stopped));
  }

  private get waiting(): boolean {
    return this.inflating || this.onHold;
  }

  /** Has nothing more told until `resume`; input is kept meanwhile. */
  suspend(): void {
    this.onHold = true;
  }

  resume(): void {
    if (!this.onHold) return;
    this.onHold = false;
    this.goOn();
  }

  /** Goes on after a wait. */
  private goOn(): void {
    while (!this.waiting && !this.over && this.rest !== undefined) {
      const chunk = this.rest.shift()!;
      if (this.rest.length === 0) this.rest = undefined;
      this.parse(chunk);
    }
    if (!this.waiting && !this.over) this.handler.onResumed();
  }

  // What the parser tells.

  frameBegins(first: number, second: number): boolean {
    const opcode = first & 0xf;
    this.first = first;
    if ((first & (RSV2 | RSV3)) !== 0) {
      return this.refuse('WS_ERR_UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear');
    }
    // RFC 7692, section 6: RSV1 is set on the first frame of a compressed message, and on no other.
    if ((first & RSV1) !== 0) {
      const allowed = this.inflater !== undefined && (opcode === OPCODE.text || opcode === OPCODE.binary);
      if (!allowed) return this.refuse('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear');
    }
    if (isControl(opcode)) {
      if (opcode > OPCODE.pong) return this.refuse('WS_ERR_INVALID_OPCODE', `invalid opcode ${opcode}`);
      if ((first & FIN) === 0) return this.refuse('WS_ERR_EXPECTED_FIN', 'FIN must be set');
      const length = second & 0x7f;
      if (length > MAX_CONTROL_PAYLOAD || (opcode === OPCODE.close && length === 1)) {
        return this.refuse('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', `invalid payload length ${length}`);
      }
    } else {
      const starts = opcode === OPCODE.text || opcode === OPCODE.binary;
      const continues = opcode === OPCODE.continuation;
      const under = this.partial !== undefined || this.streamed !== undefined;
      if (!(under ? continues : starts)) {
        return this.refuse('WS_ERR_INVALID_OPCODE', `invalid opcode ${opcode}`);
      }
    }
    // Section 5.1: a client masks every frame, a server none.
    if (this.settings.role === 'server') {
      if ((second & MASK) === 0) return this.refuse('WS_ERR_EXPECTED_MASK', 'MASK must be set');
    } else if ((second & MASK) !== 0) {
      return this.refuse('WS_ERR_UNEXPECTED_MASK', 'MASK must be clear');
    }
    return true;
  }

  frameLength(length: number): boolean {
    if (isControl(this.first)) return true;
    if (length < 0) {
      const message = 'Unsupported WebSocket frame: payload length > 2^53 - 1';
      return this.fail(new WebSocketError('WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', message));
    }
    return this.fits((this.partial?.length ?? this.streamed?.length ?? 0) + length);
  }

  framePayload(piece: Uint8Array, last: boolean): boolean {
    if (isControl(this.first)) return this.controlPiece(piece, last);
    if (this.pieces !== undefined || this.streamed !== undefined) {
      if (this.partial === undefined && (this.first & RSV1) === 0) return this.streamPiece(piece, last);
    }
    if (this.partial === undefined) {
      const compressed = (this.first & RSV1) !== 0;
      const isBinary = (this.first & 0xf) === OPCODE.binary;
      if (last && (this.first & FIN) !== 0) {
        return compressed ? this.inflate(piece, isBinary) : this.whole(piece, isBinary);
      }
      const check = isBinary || compressed ? undefined : this.utf8Check;
      this.partial = new PartialMessage(isBinary, compressed, this.settings.allocate ?? newBytes, check);
    }
    if (!this.partial.append(piece, this.parser.missing, (this.first & FIN) !== 0)) return this.badUtf8();
    if (!last) return true;
    if (this.keepsEnds) {
      this.fragmentEnds ??= [];
      this.fragmentEnds.push(this.partial.length);
    }
    return (this.first & FIN) !== 0 ? this.assembled(this.partial) : true;
  }

  private streamPiece(piece: Uint8Array, last: boolean): boolean {
    if (this.streamed === undefined) {
      const isBinary = (this.first & 0xf) === OPCODE.binary;
      this.streamed = new StreamedMessage(this.pieces!, isBinary ? undefined : this.utf8Check);
      this.pieces!.begin(isBinary);
    }
    const { streamed } = this;
    if (!streamed.take(piece)) return this.badUtf8();
    if (!last || (this.first & FIN) === 0) return !this.over && !this.waiting;
    this.streamed = undefined;
    if (!streamed.endsWell) return this.badUtf8();
    streamed.handler.end();
    return !this.over && !this.waiting;
  }

  private deliver(data: Uint8Array, isBinary: boolean): boolean {
    if (this.pieces === undefined) {
      this.handler.onMessage(data, isBinary);
    } else {
      this.pieces.begin(isBinary);
      this.pieces.piece(data);
      this.pieces.end();
    }
    return !this.over && !this.waiting;
  }

  private get utf8Check(): Utf8Check | undefined {
    if (this.settings.skipUtf8Validation === true) return undefined;
    return this.settings.isUtf8 ?? isUtf8;
  }

  private assembled(partial: PartialMessage): boolean {
    this.partial = undefined;
    if (!partial.endsWell) return this.badUtf8();
    if (partial.compressed) {
      this.fragmentEnds = undefined;
      return this.inflate(partial.take(), partial.isBinary);
    }
    const goesOn = this.deliver(partial.take(), partial.isBinary);
    this.fragmentEnds = undefined;
    return goesOn;
  }

  /** A message that has not been checked yet. */
  private whole(data: Uint8Array, isBinary: boolean): boolean {
    if (!isBinary) {
      const check = this.utf8Check;
      if (check !== undefined && !check(data)) return this.badUtf8();
    }
    return this.deliver(data, isBinary);
  }

  private inflate(payload: Uint8Array, isBinary: boolean): boolean {
    const result = this.inflater!.inflate(payload, this.settings.maxPayload, (late) => {
      if (this.over) return;
      this.inflating = false;
      if (this.inflated(late, isBinary)) this.goOn();
    });
    if (result !== undefined) return this.inflated(result, isBinary);
    this.inflating = true;
    return false;
  }

  private inflated(result: Uint8Array | WebSocketError, isBinary: boolean): boolean {
    return result instanceof WebSocketError ? this.fail(result) : this.whole(result, isBinary);
  }

  private controlPiece(piece: Uint8Array, last: boolean): boolean {
    let payload = piece;
    if (!last || this.control !== undefined) {
      this.control ??= new PartialMessage(true, false, this.settings.allocate ?? newBytes, undefined);
      this.control.append(piece, this.parser.missing, true);
      if (!last) return true;
      payload = this.control.take();
      this.control = undefined;
    }
    const opcode = this.first & 0xf;
    if (opcode === OPCODE.close) return this.closeFrame(payload);
    if (opcode === OPCODE.ping) this.handler.onPing(payload);
    else this.handler.onPong(payload);
    return !this.over && !this.waiting;
  }

  private closeFrame(payload: Uint8Array): false {
    if (payload.length === 0) {
      this.stop();
      this.handler.onClose(CLOSE.noStatus, EMPTY);
      return false;
    }
    const code = (payload[0]! << 8) | payload[1]!;
    if (!isSendableCloseCode(code)) {
      return this.refuse('WS_ERR_INVALID_CLOSE_CODE', `invalid status code ${code}`);
    }
    const reason = payload.subarray(2);
    if (this.settings.skipUtf8Validation !== true && !isUtf8(reason)) return this.badUtf8();
    this.stop();
    this.handler.onClose(code, reason);
    return false;
  }

  private fits(length: number): boolean {
    const { maxPayload } = this.settings;
    if (maxPayload === 0 || length <= maxPayload) return true;
    return this.fail(new WebSocketError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded'));
  }

  private badUtf8(): false {
    return this.fail(
      new WebSocketError('WS_ERR_INVALID_UTF8', 'Invalid WebSocket frame: invalid UTF-8 sequence'),
    );
  }

  private refuse(code: WebSocketErrorCode, what: string): false {
    return this.fail(frameError(code, what));
  }

  private fail(error: WebSocketError): false {
    this.stop();
    this.handler.onError(error);
    return false;
  }
}

/**
 * `WebSocket`: a connection as an application sees it, with the API people know from `ws`. What happens on the wire is
 * the link's, how a client connects is `client.ts`'s.
 */
import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import { FIN, OPCODE } from '../protocol/opcode.js';
import { DEFLATE } from '../protocol/permessage-deflate.js';
import { type ClientOptions, connect } from './client.js';
import {
  addEventListener,
  type CloseEvent,
  type ErrorEvent,
  type EventByType,
  type EventSource,
  getAttribute,
  type Handler,
  type ListenerOptions,
  type MessageEvent,
  removeEventListener,
  setAttribute,
  type WebSocketEvent,
} from './event-target.js';
import { Link, type LinkOwner, type LinkSettings, type Negotiated } from './link.js';
import type { Outbox, SendCallback } from './outbox.js';
import { type SendData, toBytes } from './payload.js';

export interface WebSocketEvents {
  open: [];
  message: [data: Buffer, isBinary: boolean];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /** `bufferedAmount` is back to 0. */
  drain: [];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

export interface SendOptions {
  /** As a binary message, or as text. By default text for strings, and binary for everything else. */
  readonly binary?: boolean;
  /** Compress it, where compression was negotiated and the message is worth it. True by default. */
  readonly compress?: boolean;
  /** The last fragment of the message. True by default. */
  readonly fin?: boolean;
  /** Ignored: a client's frames are always masked, and a server's never are. */
  readonly mask?: boolean;
}

export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
const BINARY_TYPES: readonly string[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];
const NO_BYTES = Buffer.alloc(0);

/** What a WebSocket has before it has a link: its request, and the state that the request brings it to. */
export interface Pending {
  request: ClientRequest | undefined;
  state: 0 | 2 | 3;
  url: string;
  /** Ends the attempt with an error that says so. */
  abort: (() => void) | undefined;
  /** Bytes that were sent after the attempt had failed. */
  lost: number;
}

export class WebSocket extends EventEmitter<WebSocketEvents> implements LinkOwner, EventSource {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  private link: Link | undefined = undefined;
  private pending: Pending | undefined = undefined;
  private type: BinaryType | undefined = undefined;
  private chosen = '';
  private errorEmitted = false;
  /** Whether fragments of a message were sent, and its last one was not. */
  private fragmenting = false;

  /**
   * Connects to a server.
   *
   * @param address - a `ws:`, `wss:`, `http:`, `https:` or `ws+unix:` URL; `null` makes the socket a server's, which
   *   `setSocket` will give its stream
   * @param protocols - the subprotocols to offer, in order of preference
   * @throws SyntaxError - the address is no such URL, or a subprotocol is no token or there twice
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    if (address === null) return;
    const given = protocols === undefined || typeof protocols === 'string' || Array.isArray(protocols);
    const settings = given ? options : ((protocols as ClientOptions | null) ?? options);
    const offered = given && protocols !== undefined ? protocols : (settings?.protocols ?? []);
    this.pending = { request: undefined, state: 0, url: '', abort: undefined, lost: 0 };
    connect(
      this,
      this.pending,
      address,
      ([] as string[]).concat(offered as string | string[]),
      settings ?? {},
    );
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.link?.state ?? this.pending?.state ?? 0;
  }

  get protocol(): string {
    return this.chosen;
  }

  /** The names of the extensions in use. */
  get extensions(): string {
    return this.link?.outbox.deflater === undefined ? '' : DEFLATE;
  }

  get url(): string | undefined {
    return this.pending?.url;
  }

  /** Bytes that were sent and that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return (this.link?.outbox.bufferedAmount ?? 0) + (this.pending?.lost ?? 0);
  }

  get isPaused(): boolean {
    return this.link?.paused ?? false;
  }

  /** Whether both close frames were exchanged. */
  get wasClean(): boolean {
    return this.link?.closeReceived === true && this.link.closeSent;
  }

  /** What binary messages are given as; anything unknown is ignored. `nodebuffer` by default. */
  get binaryType(): BinaryType {
    return this.type ?? 'nodebuffer';
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.type = type;
  }

  /** The stream below, for looking at its address and the like; `null` before there is one. */
  get _socket(): Duplex | null {
    return this.link?.stream ?? null;
  }

  /** Puts an upgraded stream under a socket that was made with `null`. The server does this; applications need not. */
  setSocket(
    stream: Duplex,
    head: Uint8Array,
    settings: LinkSettings,
    negotiated: Negotiated = { protocol: '' },
  ): void {
    this.chosen = negotiated.protocol;
    this.link = new Link(stream, settings, this, negotiated);
    this.link.start(head);
    this.emit('open');
  }

  /**
   * Sends one message. Messages go out in the order of the calls, at the end of this turn of the event loop.
   *
   * @param callback - called when it was handed to the operating system, or with the error
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`: there is no connection yet
   * @throws TypeError - the data is neither a string nor bytes
   */
  send(data: SendData, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    const done = typeof options === 'function' ? options : callback;
    const how = typeof options === 'function' ? undefined : options;
    const payload =
      typeof data === 'string' ? data : toBytes(typeof data === 'number' ? String(data) : (data ?? NO_BYTES));
    const { link } = this;
    if (link === undefined || link.state !== 1) {
      this.refuse(payload, done);
      return;
    }
    const isBinary = how?.binary ?? typeof data !== 'string';
    const opcode = this.fragmenting ? OPCODE.continuation : isBinary ? OPCODE.binary : OPCODE.text;
    const whole = !this.fragmenting && how?.fin !== false;
    this.fragmenting = how?.fin === false;
    link.message(this.fragmenting ? opcode : FIN | opcode, payload, whole && how?.compress !== false, done);
  }

  /**
   * Sends a ping.
   *
   * @param data - at most 125 bytes, which the pong brings back
   */
  ping(
    data?: SendData | number | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    this.control(OPCODE.ping, data, mask, callback);
  }

  /** Sends a pong nobody asked for; pings are answered without it. */
  pong(
    data?: SendData | number | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    this.control(OPCODE.pong, data, mask, callback);
  }

  private control(opcode: number, data: unknown, mask: unknown, callback: SendCallback | undefined): void {
    const done = [data, mask, callback].find((one) => typeof one === 'function') as SendCallback | undefined;
    const given = typeof data === 'function' || data === undefined || data === null ? NO_BYTES : data;
    const payload = toBytes(typeof given === 'number' ? String(given) : given);
    const { link } = this;
    if (link === undefined || link.state !== 1) this.refuse(payload, done);
    else link.control(opcode, payload, done);
  }

  /** What is sent without a connection. */
  private refuse(payload: string | Uint8Array, callback: SendCallback | undefined): void {
    const state = this.readyState;
    const message = `WebSocket is not open: readyState ${state} (${STATES[state]})`;
    const error = new WebSocketError('WS_ERR_NOT_OPEN', message);
    if (state === 0) throw error;
    if (this.pending !== undefined) this.pending.lost += Buffer.byteLength(payload);
    if (callback !== undefined) process.nextTick(callback, error);
  }

  /**
   * Begins the closing handshake. What was sent before goes out before. The `close` event comes when the peer has
   * answered, or after `closeTimeout`.
   *
   * @param code - 1000–1014 but for 1004–1006, or 3000–4999; the close frame is empty without
   * @param reason - at most 123 bytes of UTF-8
   * @throws TypeError - another code
   * @throws RangeError - a longer reason
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.link !== undefined) this.link.close(code, reason);
    else this.pending?.abort?.();
  }

  /** Ends the connection at once, without a closing handshake: the peer and this side see code 1006. */
  terminate(): void {
    if (this.link !== undefined) this.link.terminate();
    else this.pending?.abort?.();
  }

  /** Stops reading. Messages that were read already may still come. */
  pause(): void {
    if (this.link !== undefined && this.link.state !== 3) this.link.pause();
  }

  resume(): void {
    if (this.link !== undefined && this.link.state !== 3) this.link.resume();
  }

  // What the link tells.

  /** @internal */
  linkMessage(data: Buffer, isBinary: boolean): void {
    if (this.type === undefined || !isBinary) this.emit('message', data, isBinary);
    else this.emit('message', convert(data, this.type) as Buffer, isBinary);
  }

  /** @internal */
  linkPing(payload: Buffer): void {
    this.emit('ping', payload);
  }

  /** @internal */
  linkPong(payload: Buffer): void {
    this.emit('pong', payload);
  }

  /** @internal */
  linkDrained(): void {
    this.emit('drain');
  }

  /** @internal */
  linkFailed(error: Error): void {
    if (this.errorEmitted) return;
    this.errorEmitted = true;
    this.emit('error', error);
  }

  /** @internal */
  linkClosed(code: number, reason: Buffer): void {
    this.emit('close', code, reason);
  }

  // The browser's way to listen.

  get onopen(): ((event: WebSocketEvent) => void) | null {
    return getAttribute(this, 'open');
  }

  set onopen(handler: ((event: WebSocketEvent) => void) | null) {
    setAttribute(this, 'open', handler);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return getAttribute(this, 'message');
  }

  set onmessage(handler: ((event: MessageEvent) => void) | null) {
    setAttribute(this, 'message', handler);
  }

  get onclose(): ((event: CloseEvent) => void) | null {
    return getAttribute(this, 'close');
  }

  set onclose(handler: ((event: CloseEvent) => void) | null) {
    setAttribute(this, 'close', handler);
  }

  get onerror(): ((event: ErrorEvent) => void) | null {
    return getAttribute(this, 'error');
  }

  set onerror(handler: ((event: ErrorEvent) => void) | null) {
    setAttribute(this, 'error', handler);
  }

  addEventListener<T extends keyof EventByType>(
    type: T,
    handler: Handler<EventByType[T]>,
    options: ListenerOptions = {},
  ): void {
    addEventListener(this, type, handler, options);
  }

  removeEventListener<T extends keyof EventByType>(type: T, handler: Handler<EventByType[T]>): void {
    removeEventListener(this, type, handler);
  }

  /** @internal The outbox of an open connection. */
  static outboxOf(socket: WebSocket): Outbox | undefined {
    return socket.link !== undefined && socket.link.state === 1 ? socket.link.outbox : undefined;
  }
}

for (const [value, name] of STATES.entries()) {
  Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
}
for (const name of [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}
for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}

/** The outbox of an open connection; `undefined` when it is not open. */
export function openOutbox(socket: WebSocket): Outbox | undefined {
  return WebSocket.outboxOf(socket);
}

function convert(data: Buffer, type: BinaryType): Buffer | ArrayBuffer | Buffer[] | Blob {
  switch (type) {
    case 'arraybuffer':
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
    case 'fragments':
      return [data];
    case 'blob':
      return new Blob([data]);
    default:
      return data;
  }
}

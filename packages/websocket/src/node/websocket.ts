/**
 * `WebSocket`: a connection as an application sees it, with the API people know from `ws`. What happens on the wire is
 * the link's, how a client connects is `client.ts`'s.
 */
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import { FIN, OPCODE } from '../protocol/opcode.js';
import { DEFLATE } from '../protocol/permessage-deflate.js';
import { type BinaryType, convertTo, isBinaryType } from './binary-type.js';
import { type ClientOptions, connect, type Pending } from './client.js';
import { DEFAULT_HIGH_WATER_MARK } from './connection-options.js';
import { ListenableAsInBrowsers, ownHandlers } from './event-target.js';
import { Inbox, iterate } from './inbox.js';
import { CLOSED, FULL, Link, OPEN, PAUSED, STREAM_FULL } from './link.js';
import type { LinkOwner, LinkSettings, Negotiated } from './link-settings.js';
import { IncomingMessageStream, type MessageSource } from './message-streams.js';
import type { Outbox, SendCallback } from './outbox.js';
import { bytesOrText, type SendData, sizeOf, toBytes } from './payload.js';

export interface SendOptions {
  /** As a binary message, or as text. By default text for strings, and binary for everything else. */
  readonly binary?: boolean;
  /** Compress it, where compression was negotiated and the message is worth it. True by default. */
  readonly compress?: boolean;
  /** Whether this is the last fragment of the message. True by default. Fragments are not compressed. */
  readonly fin?: boolean;
}

const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

export class WebSocket extends ListenableAsInBrowsers implements LinkOwner {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
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
  /** Bytes that were given to be sent when it was too late. */
  private lost = 0;
  /** Messages nobody has taken; absent as long as a listener takes each as it comes. */
  private inbox: Inbox | undefined = undefined;
  /** Whether messages that nobody listens for are dropped. */
  private deaf = false;

  /**
   * Connects to a server.
   *
   * @param address - a `ws:`, `wss:`, `http:`, `https:` or `ws+unix:` URL; `null` makes the socket a server's, which
   *   `setSocket` will give its stream
   * @param protocols - the subprotocols to offer, in order of preference; or the options
   * @throws SyntaxError - the address is no such URL, or a subprotocol is no token or there twice
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    if (address === null) return;
    const areOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
    const settings = areOptions ? (protocols as ClientOptions) : (options ?? {});
    const offered =
      areOptions || protocols === undefined ? (settings.protocols ?? []) : (protocols as string | string[]);
    this.pending = { request: undefined, state: 0, url: '', abort: undefined, redirects: 0 };
    connect(this, this.pending, address, Array.isArray(offered) ? offered : [offered as string], settings);
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.link?.state ?? this.pending?.state ?? 0;
  }

  /** The subprotocol that was agreed on, or the empty string. */
  get protocol(): string {
    return this.chosen;
  }

  /** The names of the extensions in use. */
  get extensions(): string {
    return this.link?.outbox.deflater === undefined ? '' : DEFLATE;
  }

  /** Where a client is connected to; `undefined` for a server's connection. */
  get url(): string | undefined {
    return this.pending?.url;
  }

  /**
   * Bytes that were sent and that the operating system has not taken yet. Asking for it writes what this turn has
   * queued, so that it tells of a peer that is slow, and not of a turn that is not over.
   */
  get bufferedAmount(): number {
    const { link } = this;
    if (link === undefined) return this.lost;
    if (!link.outbox.idle) link.outbox.flush();
    return link.outbox.bufferedAmount + this.lost;
  }

  get isPaused(): boolean {
    return this.link?.paused ?? false;
  }

  get wasClean(): boolean {
    return this.link?.closeReceived === true && this.link.closeSent;
  }

  /** What binary messages are given as; anything unknown is ignored. `nodebuffer` by default. */
  get binaryType(): BinaryType {
    return this.type ?? 'nodebuffer';
  }

  set binaryType(type: BinaryType) {
    if (isBinaryType(type)) this.type = type;
  }

  /** The stream below, for its address and the like; `null` while there is none. */
  get _socket(): Duplex | null {
    return this.link?.stream ?? null;
  }

  /** The request under way, while connecting. */
  get _req(): ClientRequest | null {
    return this.pending?.request ?? null;
  }

  get _redirects(): number {
    return this.pending?.redirects ?? 0;
  }

  get _closeTimer(): NodeJS.Timeout | null {
    return this.link?.closeTimer ?? null;
  }

  /** Puts an upgraded stream under a socket that was made with `null`. A server does this; applications need not. */
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
   * Sends one message. Messages go out in the order of the calls, at the end of this turn of the event loop. The memory
   * of a message of more than 32 KiB must not be changed before the callback is called.
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
    const { link } = this;
    if (link === undefined || link.state !== OPEN) {
      this.refuse(data, done);
      return;
    }
    const compress = how?.compress !== false;
    if (data instanceof Blob) {
      link.blob(data, compress, done);
      return;
    }
    const payload = bytesOrText(data);
    const isBinary = how?.binary ?? typeof payload !== 'string';
    const opcode = this.fragmenting ? OPCODE.continuation : isBinary ? OPCODE.binary : OPCODE.text;
    const last = how?.fin !== false;
    const whole = last && !this.fragmenting;
    this.fragmenting = !last;
    link.message(last ? FIN | opcode : opcode, payload, whole, whole && compress, done);
  }

  /**
   * Sends one message in pieces, each a fragment, as they become ready; the next piece is asked for when the operating
   * system has taken the one before. Other messages wait until this one is over.
   *
   * @param options - `binary`: as a binary message (the default) or as text, which may be cut anywhere
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`: there is no connection, or it was closed meanwhile. When the source
   *   itself fails, its error is given on and the connection is closed, as the message cannot be taken back.
   */
  sendStream(source: MessageSource, options: { readonly binary?: boolean } = {}): Promise<void> {
    const { link } = this;
    if (link?.state === OPEN) return link.pieces(source, options.binary ?? true);
    const state = this.readyState;
    const message = `WebSocket is not open: readyState ${state} (${STATES[state]})`;
    return Promise.reject(new WebSocketError('WS_ERR_NOT_OPEN', message));
  }

  /**
   * Has every message given as a stream from now on, in place of the `message` event, while it comes; `undefined` takes
   * that back. Reading stops while the stream's reader is slower. `maxPayload` holds for these messages, too.
   */
  receiveStreams(receive: ((message: IncomingMessageStream) => void) | undefined): void {
    const { link } = this;
    if (link === undefined) throw new WebSocketError('WS_ERR_NOT_OPEN', 'There is no connection yet');
    if (receive === undefined) {
      link.streaming = undefined;
      return;
    }
    let current: IncomingMessageStream | undefined;
    link.streaming = {
      begin(isBinary) {
        current = new IncomingMessageStream(isBinary, (full) => link.hold(STREAM_FULL, full));
        receive(current);
      },
      piece: (bytes) => current?.piece(bytes),
      end() {
        current?.push(null);
        current = undefined;
      },
    };
    this.once('close', () => {
      const error = new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed within the message');
      current?.destroy(error);
    });
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
    const given = typeof data === 'function' ? undefined : data;
    const { link } = this;
    if (link === undefined || link.state !== OPEN) this.refuse(given, done);
    else link.control(opcode, toBytes(bytesOrText(given)), done);
  }

  /** What is sent without a connection. */
  private refuse(data: unknown, callback: SendCallback | undefined): void {
    const state = this.readyState;
    const message = `WebSocket is not open: readyState ${state} (${STATES[state]})`;
    const error = new WebSocketError('WS_ERR_NOT_OPEN', message);
    if (state === 0) throw error;
    this.lost += sizeOf(data);
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
    if (this.link === undefined) {
      this.giveUp();
      return;
    }
    this.link.close(code, reason);
    // Who closes without having listened does not want to hear the rest, and it must not keep the answer from being read.
    if (this.inbox?.isRead === false && this.listenerCount('message') === 0) this.inbox.clear();
  }

  /** Ends the connection at once, without a closing handshake: the peer and this side see code 1006. */
  terminate(): void {
    if (this.link !== undefined) this.link.terminate();
    else this.giveUp();
  }

  private giveUp(): void {
    const message = 'WebSocket was closed before the connection was established';
    this.pending?.abort?.(new WebSocketError('WS_ERR_HANDSHAKE_ABORTED', message));
  }

  /** Stops reading. Messages that were read already may still come. */
  pause(): void {
    if (this.link !== undefined && this.link.state !== CLOSED) this.link.hold(PAUSED, true);
  }

  resume(): void {
    if (this.link === undefined || this.link.state === CLOSED) return;
    this.link.hold(PAUSED, false);
    this.emitHeld();
  }

  /**
   * The messages, text as strings and binary ones as buffers, beginning with the first that nobody has taken. While they
   * are not taken, `highWaterMark` bytes of them are kept, and then reading stops. The loop ends when the connection is
   * closed; it throws when the connection failed. Leaving it does not close the connection.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer> {
    return iterate(this.untaken());
  }

  private untaken(): Inbox {
    if (this.inbox !== undefined) return this.inbox;
    const { link } = this;
    let patience: NodeJS.Timeout | undefined;
    const inbox = new Inbox(link?.settings.highWaterMark ?? DEFAULT_HIGH_WATER_MARK, (full) => {
      link?.hold(FULL, full);
      clearTimeout(patience);
      const wait = link?.settings.untakenTimeout ?? 0;
      if (full && wait > 0) patience = setTimeout(() => this.giveUpHolding(inbox), wait).unref();
    });
    this.deaf = false;
    this.inbox = inbox;
    // What was kept goes to a listener that comes late, once the code that added it is done.
    const added = (event: unknown): void => {
      if (this.inbox !== inbox) this.removeListener('newListener' as 'drain', added as () => void);
      else if (event === 'message') process.nextTick(() => this.emitHeld());
    };
    this.on('newListener' as 'drain', added as () => void);
    if (this.readyState === CLOSED) inbox.end();
    return inbox;
  }

  /**
   * Nobody has taken anything for so long that nobody will: reading goes on, as otherwise it would not be seen when the
   * peer closes, and what comes is dropped until someone listens.
   */
  private giveUpHolding(inbox: Inbox): void {
    if (this.inbox !== inbox || inbox.isRead || this.isPaused) return;
    this.inbox = undefined;
    this.deaf = true;
    inbox.clear();
  }

  private emitHeld(): void {
    const { inbox } = this;
    if (inbox === undefined || inbox.isRead) return;
    while (inbox.size > 0 && !this.isPaused && this.listenerCount('message') > 0) {
      const { data, isBinary } = inbox.shift()!;
      this.emit('message', this.converted(data, isBinary), isBinary);
    }
    if (inbox.size === 0 && !inbox.isRead) this.inbox = undefined;
  }

  private converted(data: Buffer, isBinary: boolean): Buffer {
    return this.type === undefined || !isBinary ? data : (convertTo(this.type, data) as Buffer);
  }

  // What the link tells.

  /** @internal */
  linkMessage(data: Buffer, isBinary: boolean): void {
    if (this.inbox === undefined && this.emit('message', this.converted(data, isBinary), isBinary)) return;
    if (this.deaf && this.listenerCount('message') === 0) return;
    const link = this.link!;
    const wanted = link.state === OPEN && link.settings.highWaterMark > 0;
    if (wanted || this.inbox?.isRead === true || this.listenerCount('message') > 0) {
      this.untaken().push(data, isBinary);
    }
    // A loop that was left leaves its messages to whoever listens.
    this.emitHeld();
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
    if (this.inbox?.isRead === true && this.listenerCount('error') === 0) this.inbox.end(error);
    else this.emit('error', error);
  }

  /** @internal */
  linkClosed(code: number, reason: Buffer): void {
    this.inbox?.end();
    this.emit('close', code, reason);
  }

  /** @internal The outbox of an open connection. */
  static outboxOf(socket: WebSocket): Outbox | undefined {
    return socket.link?.state === OPEN ? socket.link.outbox : undefined;
  }
}

for (const [value, name] of STATES.entries()) {
  Object.defineProperty(WebSocket, name, { value, enumerable: true });
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
ownHandlers(WebSocket);

/** The outbox of an open connection; `undefined` when it is not open. */
export function openOutbox(socket: WebSocket): Outbox | undefined {
  return WebSocket.outboxOf(socket);
}

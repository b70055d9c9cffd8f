/**
 * `WebSocket`: a connection as an application sees it, with the API people know from `ws`. What happens on the wire is
 * the connection's, how messages are taken is a delivery's, and how a client connects is `client.ts`'s.
 */
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATE } from '../protocol/connection.js';
import { WebSocketError } from '../protocol/errors.js';
import { DEFLATE } from '../protocol/permessage-deflate.js';
import { type BinaryType, convertTo, isBinaryType } from './binary-type.js';
import { ask, type ClientOptions, type ConnectionAttempt, connect } from './client.js';
import { type Delivery, ListenerDelivery } from './delivery.js';
import { CHANNELS } from './diagnostics.js';
import { ownHandlers } from './event-target.js';
import { IteratorDelivery } from './iterator-delivery.js';
import {
  areSettings,
  type ConnectionOptions,
  type RoleSettings,
  type Settings,
  settingsOf,
} from './options.js';
import { SocketRecipient } from './recipient.js';
import type { SendQueue } from './send-queue.js';
import { CONNECTING, SendingSocket, STATES } from './sending-socket.js';
import { type Negotiated, READING_STOPPED, StreamConnection } from './stream-connection.js';
import { type IncomingMessageStream, StreamDelivery } from './stream-delivery.js';
import { callUser, emitToUser, surface } from './user-code.js';

/** What `setSocket` may be told. */
export type SocketOptions = ConnectionOptions & Partial<Pick<RoleSettings, 'role' | 'generateMask'>>;

/** Where the fragments of messages end that are under way to a listener who wants them. */
const fragmentEnds = new WeakMap<Buffer, readonly number[]>();

function nothing(): void {}

export class WebSocket extends SendingSocket {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  private attempt: ConnectionAttempt | undefined = undefined;
  private settings: Settings | undefined = undefined;
  /** How messages are taken; absent as long as listeners have taken each as it came. */
  private chosenDelivery: Delivery | undefined = undefined;
  /** A delivery that was replaced within a message. */
  private unfinishedStream: Delivery | undefined = undefined;
  private type: BinaryType | undefined = undefined;
  private chosenProtocol = '';
  private hasFailed = false;
  /** Why it failed, for those who read by other ways than events. */
  private failure: Error | undefined = undefined;

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
    const given = areOptions ? (protocols as ClientOptions) : (options ?? {});
    const offered =
      areOptions || protocols === undefined ? (given.protocols ?? []) : (protocols as string | string[]);
    this.settings = settingsOf(given, { role: 'client', generateMask: given.generateMask });
    this.attempt = connect(this, address, Array.isArray(offered) ? offered : [offered as string], given);
    ask(this.attempt);
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.connection?.state ?? this.attempt?.state ?? CONNECTING;
  }

  /** The subprotocol that was agreed on, or the empty string. */
  get protocol(): string {
    return this.chosenProtocol;
  }

  /** The names of the extensions in use. */
  get extensions(): string {
    return this.connection?.queue.deflater === undefined ? '' : DEFLATE;
  }

  /** Where a client is connected to; `undefined` for a server's connection. */
  get url(): string | undefined {
    return this.attempt?.url;
  }

  /**
   * Bytes that were sent and that the operating system has not taken yet. Asking for it writes what this turn has
   * queued, so that it tells of a peer that is slow, and not of a turn that is not over.
   */
  get bufferedAmount(): number {
    const queue = this.connection?.queue;
    if (queue === undefined) return this.unsentBytes;
    if (!queue.idle) queue.flush();
    return queue.bufferedAmount + this.unsentBytes;
  }

  get isPaused(): boolean {
    return this.connection?.isPaused ?? false;
  }

  get wasClean(): boolean {
    const protocol = this.connection?.protocol;
    return protocol?.closeReceived === true && protocol.closeSent;
  }

  /** What binary messages are given as; anything unknown is ignored. `nodebuffer` by default. */
  get binaryType(): BinaryType {
    return this.type ?? 'nodebuffer';
  }

  set binaryType(type: BinaryType) {
    if (!isBinaryType(type)) return;
    this.type = type;
    if (this.connection !== undefined) this.connection.protocol.keepsFragmentEnds = type === 'fragments';
  }

  /** The stream below, for its address and the like; `null` while there is none. */
  get _socket(): Duplex | null {
    return this.connection?.stream ?? null;
  }

  /** The request under way, while connecting. */
  get _req(): ClientRequest | null {
    return this.attempt?.request ?? null;
  }

  get _redirects(): number {
    return this.attempt?.redirects ?? 0;
  }

  get _closeTimer(): NodeJS.Timeout | null {
    return this.connection?.closeTimer ?? null;
  }

  /**
   * Puts an upgraded stream under a socket that was made with `null`. A server does this; applications need not.
   *
   * @param options - as for a server's connections, unless `role` says `client`
   */
  setSocket(
    stream: Duplex,
    head: Uint8Array,
    options: SocketOptions | Settings = {},
    negotiated: Negotiated = { protocol: '', deflate: undefined },
  ): void {
    this.settings = areSettings(options)
      ? options
      : settingsOf(options, { role: options.role ?? 'server', generateMask: options.generateMask });
    this.chosenProtocol = negotiated.protocol;
    this.connection = new StreamConnection(stream, this.settings, this, negotiated);
    this.connection.pieces = this.chosenDelivery?.pieces;
    if (this.type === 'fragments') this.connection.protocol.keepsFragmentEnds = true;
    this.connection.start(head);
    emitToUser(this, 'open');
  }

  /**
   * Has every message given as a stream from now on, in place of the `message` event, while it comes; `undefined` takes
   * that back. Reading stops while `highWaterMark` bytes of them are not read. `maxPayload` holds for these messages, too.
   */
  receiveStreams(receive: ((message: IncomingMessageStream) => void) | undefined): void {
    if (this.connection === undefined)
      throw new WebSocketError('WS_ERR_NOT_OPEN', 'There is no connection yet');
    if (this.readyState === STATE.closed) return;
    const kept = this.delivery.handOver();
    this.deliverBy(
      receive === undefined ? new ListenerDelivery(kept.recipient, kept) : new StreamDelivery(kept, receive),
    );
    this.chosenDelivery?.takeUp();
  }

  private get delivery(): Delivery {
    this.chosenDelivery ??= new ListenerDelivery(new SocketRecipient(this));
    return this.chosenDelivery;
  }

  private deliverBy(delivery: Delivery): void {
    const before = this.chosenDelivery;
    if (before instanceof StreamDelivery && before.isWithinMessage) this.unfinishedStream = before;
    this.chosenDelivery = delivery;
    if (this.connection !== undefined) this.connection.pieces = delivery.pieces;
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
    if (this.connection === undefined) {
      this.giveUp();
      return;
    }
    this.connection.close(code, reason);
    this.chosenDelivery?.closing();
  }

  /** Ends the connection at once, without a closing handshake: the peer and this side see code 1006. */
  terminate(): void {
    if (this.connection !== undefined) this.connection.terminate();
    else this.giveUp();
  }

  private giveUp(): void {
    const message = 'WebSocket was closed before the connection was established';
    this.attempt?.abort(new WebSocketError('WS_ERR_HANDSHAKE_ABORTED', message));
  }

  /** Stops reading. Messages that were read already may still come. */
  pause(): void {
    if (this.connection !== undefined && this.readyState !== STATE.closed)
      this.connection.stopReading(READING_STOPPED.byApplication, true);
  }

  resume(): void {
    if (this.connection === undefined || this.readyState === STATE.closed) return;
    this.connection.stopReading(READING_STOPPED.byApplication, false);
    this.chosenDelivery?.takeUp();
  }

  /**
   * The messages, text as strings and binary ones as buffers, beginning with the first that nobody has taken. While they
   * are not taken, `highWaterMark` bytes of them are kept, and then reading stops. The loop ends when the connection is
   * closed; it throws when the connection failed, or ended without a closing handshake. Leaving it does not close the
   * connection.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer> {
    if (!(this.chosenDelivery instanceof IteratorDelivery)) {
      const kept = this.delivery.handOver();
      const loop = new IteratorDelivery(kept, () => {
        this.deliverBy(new ListenerDelivery(kept.recipient, kept));
        this.chosenDelivery?.takeUp();
      });
      this.deliverBy(loop);
      if (this.readyState === STATE.closed) loop.ended(this.uncleanEnd(this.wasClosedCleanly));
    }
    return (this.chosenDelivery as IteratorDelivery).iterate();
  }

  private get wasClosedCleanly(): boolean {
    return this.connection?.protocol.closeReceived === true;
  }

  private uncleanEnd(isClean: boolean): Error | undefined {
    if (this.failure !== undefined || isClean) return this.failure;
    return new WebSocketError('WS_ERR_ABNORMAL_CLOSURE', 'The connection ended without a closing handshake');
  }

  // What the connection, or the attempt at one, tells.

  /** @internal Answers whether listeners have taken it, who do not need it any more. */
  messageReceived(data: Buffer, isBinary: boolean): boolean {
    if (CHANNELS.message.hasSubscribers) this.report('in', data.length, isBinary);
    const ends = this.type === 'fragments' ? this.connection?.protocol.fragmentEnds : undefined;
    if (ends !== undefined) fragmentEnds.set(data, ends);
    if (this.chosenDelivery === undefined && this.emitMessage(data, isBinary)) return true;
    this.delivery.message(data, isBinary);
    return false;
  }

  /** @internal Tells the listeners; answers whether there are any. */
  emitMessage(data: Buffer, isBinary: boolean): boolean {
    const given =
      this.type === undefined || !isBinary
        ? data
        : (convertTo(this.type, data, fragmentEnds.get(data)) as Buffer);
    try {
      return this.emit('message', given, isBinary);
    } catch (error) {
      surface(error);
      return true;
    }
  }

  /** @internal */
  pingReceived(payload: Buffer): void {
    emitToUser(this, 'ping', payload);
  }

  /** @internal By `pong`, so that a program may answer otherwise, or not at all. */
  answerPing(payload: Buffer, mask: boolean): void {
    callUser(() => this.pong(payload, mask, nothing), undefined);
  }

  /** @internal */
  pongReceived(payload: Buffer): void {
    emitToUser(this, 'pong', payload);
  }

  /** @internal */
  connectionDrained(): void {
    emitToUser(this, 'drain');
  }

  /** @internal */
  connectionFailed(error: Error): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.failure = error;
    // That a peer broke a rule, or went, must not end a process that does not listen: `close` tells. A connection that
    // never came to be is the caller's own doing.
    const isOwnDoing = this.connection === undefined && !(this.chosenDelivery instanceof IteratorDelivery);
    if (isOwnDoing || this.listenerCount('error') > 0) emitToUser(this, 'error', error);
  }

  /** @internal */
  connectionClosed(code: number, reason: Buffer): void {
    this.unfinishedStream?.ended(undefined);
    this.chosenDelivery?.ended(this.uncleanEnd(this.wasClosedCleanly));
    emitToUser(this, 'close', code, reason);
  }

  /** @internal */
  stopReading(on: boolean): void {
    this.connection?.holdBack(on);
  }

  /** @internal */
  get ownSettings(): Settings | undefined {
    return this.settings;
  }

  /** @internal The queue of an open connection. */
  static queueOf(socket: WebSocket): SendQueue | undefined {
    return socket.connection?.state === STATE.open ? socket.connection.queue : undefined;
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

/** The queue of an open connection; `undefined` when it is not open. */
export function queueOf(socket: WebSocket): SendQueue | undefined {
  return WebSocket.queueOf(socket);
}

/**
 * How a client comes to its connection: what it asks for, for how long, and the check of the answer. The request itself is
 * `client-upgrade.ts`'s over HTTP/1.1, and `client-http2.ts`'s over HTTP/2.
 */

import type http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readAnswer } from '../protocol/client-handshake.js';
import { WebSocketError } from '../protocol/errors.js';
import type { Headers } from '../protocol/handshake.js';
import { isToken } from '../protocol/headers.js';
import { askOverHttp2 } from './client-http2.js';
import { parseTarget, type Target } from './client-target.js';
import { askForUpgrade } from './client-upgrade.js';
import { type DeflateOptions, deflateOptions } from './deflate-options.js';
import { reportHandshake } from './diagnostics.js';
import type { ConnectionOptions } from './options.js';
import type { Negotiated } from './stream-connection.js';
import { afterThis } from './turn.js';
import { emitToUser } from './user-code.js';
import type { WebSocket } from './websocket.js';

export interface ClientOptions
  extends ConnectionOptions,
    Omit<https.RequestOptions, 'protocol' | 'signal' | 'timeout' | 'method' | keyof ConnectionOptions> {
  /** The subprotocols to offer, where the constructor's second argument does not say. */
  readonly protocols?: string | readonly string[];
  /** Ends the attempt when it aborts; an open connection is not affected. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the opening handshake, redirects included; no limit by default. */
  readonly handshakeTimeout?: number;
  /** The `Origin` header. */
  readonly origin?: string;
  /** Follow redirects. False by default. */
  readonly followRedirects?: boolean;
  /** 10 by default. */
  readonly maxRedirects?: number;
  /** 13, or 8, a draft with the same frames. 13 by default. */
  readonly protocolVersion?: number;
  /** Offer permessage-deflate, with these options. True by default. */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /** Called with the request instead of sending it, for signing it and the like; it must call `request.end()`. */
  readonly finishRequest?: (request: http.ClientRequest, socket: WebSocket) => void;
  /** Fills a buffer of four bytes with a masking key; strong random numbers by default. */
  readonly generateMask?: (mask: Buffer) => void;
  /**
   * Open a stream of this HTTP/2 session (RFC 8441) in place of a connection of its own. The address says what to ask for;
   * what is about requests of HTTP/1.1 has no effect then, and redirects are not followed.
   */
  readonly session?: ClientHttp2Session;
}

const VERSIONS = [8, 13];

/** What a WebSocket has before it has a connection: its request, and the state that the request brings it to. */
export class ConnectionAttempt {
  readonly socket: WebSocket;
  readonly options: ClientOptions;
  readonly protocols: ReadonlySet<string>;
  readonly deflate: DeflateOptions | undefined;
  /** The caller's headers, their names in lower case. */
  readonly headers: Record<string, string | string[] | number> = {};
  /** Where it began. */
  readonly first: Target;
  state: 0 | 2 | 3 = 0;
  url: string;
  /** How many redirects were followed. */
  redirects = 0;
  /** The request under way. */
  request: http.ClientRequest | undefined = undefined;
  /** Ends the request under way; answers whether there was one. */
  cancel: (() => boolean) | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  private stopListening: (() => void) | undefined = undefined;

  constructor(socket: WebSocket, target: Target, protocols: ReadonlySet<string>, options: ClientOptions) {
    this.socket = socket;
    this.options = options;
    this.first = target;
    this.url = target.url.href;
    this.protocols = protocols;
    this.deflate = deflateOptions(options.perMessageDeflate ?? true);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value !== undefined) this.headers[name.toLowerCase()] = value as string;
    }
  }

  /** Gives the attempt up when its time is over, or its signal says so. */
  watchTheClock(): void {
    const { handshakeTimeout, signal } = this.options;
    if (handshakeTimeout) {
      this.timer = setTimeout(() => {
        this.abort(new WebSocketError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out'));
      }, handshakeTimeout);
    }
    if (signal === undefined) return;
    const aborted = (): void => {
      const message = 'The opening handshake was aborted';
      this.abort(new WebSocketError('WS_ERR_HANDSHAKE_ABORTED', message, { cause: signal.reason }));
    };
    signal.addEventListener('abort', aborted, { once: true });
    this.stopListening = () => signal.removeEventListener('abort', aborted);
    if (signal.aborted) afterThis(aborted);
  }

  /** Ends the attempt with this error. */
  abort(error: Error): void {
    if (this.cancel?.() !== true) return;
    this.state = 2;
    afterThis(() => this.fail(error));
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.stopListening?.();
    this.request = undefined;
    this.cancel = undefined;
  }

  /** There will be no connection: the error, then `close`. */
  fail(error: Error): void {
    if (this.state === 3) return;
    this.settle();
    reportHandshake({ role: 'client', status: 0, reason: error.message });
    this.state = 2;
    this.socket.connectionFailed(error);
    this.state = 3;
    this.socket.connectionClosed(1006, Buffer.alloc(0));
  }

  /**
   * The server has agreed: there is a connection, if its answer fits.
   *
   * @param accept - the answer to the request's key; `undefined` over HTTP/2
   */
  answered(headers: Headers, accept: string | undefined, stream: Duplex, head: Buffer): void {
    const { deflate, options, protocols, socket } = this;
    const { ok, refusal } = readAnswer(headers, { accept, protocols, deflate });
    this.settle();
    if (refusal !== undefined) {
      this.state = 2;
      stream.on('error', () => {});
      stream.once('close', () => this.fail(new WebSocketError('WS_ERR_HANDSHAKE_INVALID', refusal.message)));
      stream.destroy();
      return;
    }
    if (stream instanceof Socket) {
      stream.setTimeout(0);
      stream.setNoDelay();
    }
    const compressed = ok.deflate !== undefined;
    reportHandshake({ role: 'client', status: 101, protocol: ok.protocol, compressed });
    const negotiated: Negotiated = { ...ok, deflateOptions: deflate };
    socket.setSocket(stream, head, socket.ownSettings ?? { ...options, role: 'client' }, negotiated);
  }

  /** The server has answered otherwise. */
  refused(status: number, response?: IncomingMessage): void {
    if (response !== undefined && emitToUser(this.socket, 'unexpected-response', this.request, response))
      return;
    const message = `Unexpected server response: ${status}`;
    this.abort(new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', message));
  }
}

/**
 * Begins to connect.
 *
 * @throws SyntaxError - the address or a subprotocol is not valid
 * @throws RangeError - an unknown protocol version
 */
export function connect(
  socket: WebSocket,
  address: string | URL,
  protocols: readonly string[],
  options: ClientOptions,
): ConnectionAttempt {
  const version = options.protocolVersion ?? 13;
  if (!VERSIONS.includes(version)) {
    throw new RangeError(
      `Unsupported protocol version: ${version} (supported versions: ${VERSIONS.join(', ')})`,
    );
  }
  const target = parseTarget(address);
  const attempt = new ConnectionAttempt(socket, target, distinctTokens(protocols), options);
  attempt.watchTheClock();
  return attempt;
}

/** Sends the request. Events of the socket may come of it at once. */
export function ask(attempt: ConnectionAttempt): void {
  if (attempt.options.session === undefined) askForUpgrade(attempt, attempt.first);
  else askOverHttp2(attempt, attempt.options.session);
}

function distinctTokens(protocols: readonly string[]): Set<string> {
  const distinct = new Set<string>();
  for (const protocol of protocols) {
    if (typeof protocol !== 'string' || !isToken(protocol) || distinct.has(protocol)) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
    distinct.add(protocol);
  }
  return distinct;
}

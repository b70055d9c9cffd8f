/**
 * `WebSocketServer`: turns upgrade requests into connections, with the API people know from `ws`. What a handshake must
 * be is the protocol's to say; here is decided who may come in.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import type * as https from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import { acceptOffer, formatAccepted, isGarbled } from '../protocol/permessage-deflate.js';
import {
  ACCEPT_GUID,
  answerLines,
  checkChosenProtocol,
  formatAnswer,
  type HandshakeRequest,
  isRefusal,
  isSameOrigin,
  type Refusal,
  readHandshake,
} from '../protocol/server-handshake.js';
import { DEFAULT_CLOSE_TIMEOUT, DEFAULT_HIGH_WATER_MARK, DEFAULT_MAX_PAYLOAD } from './client.js';
import { type DeflateOptions, deflateOptions } from './deflate.js';
import { isLinked, type LinkSettings, nodeMemory } from './link.js';
import { WebSocket } from './websocket.js';

export interface ClientInfo {
  readonly origin: string | undefined;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly req: http.IncomingMessage;
}

export type VerifyClient =
  | ((info: ClientInfo) => boolean)
  | ((
      info: ClientInfo,
      callback: (
        verified: boolean,
        status?: number,
        message?: string,
        headers?: http.OutgoingHttpHeaders,
      ) => void,
    ) => void);

export interface ServerOptions {
  /** Listen here, on an HTTP server of our own. One of `port`, `server` and `noServer` must be given. */
  readonly port?: number | null;
  /** Take the upgrades of this server. */
  readonly server?: http.Server | https.Server | null;
  /** Upgrades are handed in by `handleUpgrade`. */
  readonly noServer?: boolean;
  readonly host?: string | null;
  /** How many connections may wait to be accepted, by `port`. The system's 511 by default. */
  readonly backlog?: number | null;
  /** Only requests for this path are taken; the others get 400. */
  readonly path?: string | null;
  /**
   * The origins pages may come from: a list, `'*'` for all, or a function. By default only the host's own, unless
   * `verifyClient` is given or `noServer` is set: then the caller decides. Requests without an `Origin` do not come from
   * a page, and are not checked.
   */
  readonly origins?: readonly string[] | '*' | ((origin: string, request: http.IncomingMessage) => boolean);
  readonly verifyClient?: VerifyClient | null;
  /** Chooses one of the offered subprotocols, or none by `false`. By default the first is chosen. */
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: http.IncomingMessage) => string | false | undefined)
    | null;
  /** Keep the connections in `clients`. True by default. */
  readonly clientTracking?: boolean;
  /** Bytes a message may have; 0 for no limit. 100 MiB by default. */
  readonly maxPayload?: number;
  /** Accept permessage-deflate, with these options. False by default. */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  readonly skipUTF8Validation?: boolean;
  /**
   * Bytes of messages that are kept while no listener for them is there, or no iteration takes them; then reading stops.
   * 64 KiB by default. With 0, what nobody listens for is dropped.
   */
  readonly highWaterMark?: number;
  /** Answer pings. True by default. */
  readonly autoPong?: boolean;
  /** Milliseconds a client has to finish the closing handshake. 30,000 by default. */
  readonly closeTimeout?: number;
  /** The class of the connections. */
  readonly WebSocket?: typeof WebSocket;
}

export interface ServerEvents {
  connection: [socket: WebSocket, request: http.IncomingMessage];
  /** The lines of the answer, which may be changed or added to. */
  headers: [headers: string[], request: http.IncomingMessage];
  listening: [];
  error: [error: Error];
  close: [];
  /** A handshake that is none. Whoever listens must answer and end the stream. */
  wsClientError: [error: Error, stream: Duplex, request: http.IncomingMessage];
}

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

export class WebSocketServer extends EventEmitter<ServerEvents> {
  readonly options: ServerOptions;
  /** The open connections; `undefined` without `clientTracking`. */
  readonly clients: Set<WebSocket> | undefined;
  private readonly settings: LinkSettings;
  private readonly deflate: DeflateOptions | undefined;
  private server: http.Server | https.Server | undefined = undefined;
  private removeListeners: (() => void) | undefined = undefined;
  private state: 0 | 1 | 2 = RUNNING;
  private closeWhenEmpty = false;

  /** @throws TypeError - not exactly one of `port`, `server` and `noServer` is given */
  constructor(options: ServerOptions, callback?: () => void) {
    super();
    const ways =
      Number(options.port != null) + Number(Boolean(options.server)) + Number(Boolean(options.noServer));
    if (ways !== 1) {
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    }
    this.options = options;
    this.clients = (options.clientTracking ?? true) ? new Set() : undefined;
    this.settings = {
      role: 'server',
      maxPayload: options.maxPayload ?? DEFAULT_MAX_PAYLOAD,
      skipUtf8Validation: options.skipUTF8Validation === true,
      closeTimeout: options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT,
      autoPong: options.autoPong ?? true,
      highWaterMark: options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK,
      maskingKey: undefined,
      ...nodeMemory,
    };
    this.deflate = deflateOptions(options.perMessageDeflate);
    if (options.port != null) {
      this.server = http.createServer(askForUpgrade);
      this.server.listen(
        {
          port: options.port,
          ...(options.host == null ? {} : { host: options.host }),
          ...(options.backlog == null ? {} : { backlog: options.backlog }),
        },
        callback,
      );
    } else if (options.server) {
      this.server = options.server;
    }
    if (this.server !== undefined) this.listen(this.server);
  }

  private listen(server: http.Server | https.Server): void {
    const listening = (): void => void this.emit('listening');
    const failed = (error: Error): void => void this.emit('error', error);
    const upgrade = (request: http.IncomingMessage, stream: Duplex, head: Buffer): void => {
      this.handleUpgrade(request, stream, head, (socket) => this.emit('connection', socket, request));
    };
    server.on('listening', listening);
    server.on('error', failed);
    server.on('upgrade', upgrade);
    this.removeListeners = () => {
      server.removeListener('listening', listening);
      server.removeListener('error', failed);
      server.removeListener('upgrade', upgrade);
    };
  }

  /** @throws Error - there is no server with an address, in `noServer` mode */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.server?.address() ?? null;
  }

  /**
   * Takes no more connections. Those there are stay as they are; `close` is emitted when the last of them, and the HTTP
   * server where it is ours, is gone.
   */
  close(callback?: (error?: Error) => void): void {
    if (this.state === CLOSED) {
      if (callback) {
        const error = new WebSocketError('WS_ERR_SERVER_NOT_RUNNING', 'The server is not running');
        this.once('close', () => callback(error));
      }
      process.nextTick(() => this.emitClose());
      return;
    }
    if (callback) this.once('close', () => callback());
    if (this.state === CLOSING) return;
    this.state = CLOSING;
    this.removeListeners?.();
    this.removeListeners = undefined;
    const { server } = this;
    this.server = undefined;
    if (this.options.port != null) {
      // It was made here, and emits its own `close` when its last connection is gone.
      server!.close(() => this.emitClose());
    } else if (this.clients !== undefined && this.clients.size > 0) {
      this.closeWhenEmpty = true;
    } else {
      process.nextTick(() => this.emitClose());
    }
  }

  private emitClose(): void {
    this.state = CLOSED;
    this.emit('close');
  }

  /** Whether the request is for this server: by default, whether its path is the option's. */
  shouldHandle(request: http.IncomingMessage): boolean {
    if (this.options.path == null) return true;
    const url = request.url ?? '';
    const query = url.indexOf('?');
    return (query < 0 ? url : url.slice(0, query)) === this.options.path;
  }

  /**
   * Makes a connection of an upgrade request, or refuses it.
   *
   * @param callback - called once the connection is open
   * @throws Error - the stream has a WebSocket already
   */
  handleUpgrade(
    request: http.IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (socket: WebSocket, request: http.IncomingMessage) => void,
  ): void {
    stream.on('error', destroyStream);
    const handshake = readHandshake(request);
    if (isRefusal(handshake)) {
      this.refuse(handshake, stream, request);
      return;
    }
    if (this.deflate !== undefined && handshake.extensions?.some(isGarbled)) {
      const message = 'Invalid or unacceptable Sec-WebSocket-Extensions header';
      this.refuse({ status: 400, message }, stream, request);
      return;
    }
    if (!this.shouldHandle(request)) {
      answer(stream, { status: 400, message: 'Bad Request' });
      return;
    }
    const name = handshake.version === 8 ? 'sec-websocket-origin' : 'origin';
    const origin = request.headers[name] as string | undefined;
    if (origin !== undefined && !this.allowsOrigin(origin, request)) {
      answer(stream, { status: 403, message: 'Origin not allowed' });
      return;
    }
    const { verifyClient } = this.options;
    if (!verifyClient) {
      this.complete(handshake, request, stream, head, callback);
      return;
    }
    const connection = request.socket as Partial<{ authorized: boolean; encrypted: boolean }>;
    const info = { origin, secure: Boolean(connection.authorized || connection.encrypted), req: request };
    if (verifyClient.length < 2) {
      const verify = verifyClient as (info: ClientInfo) => boolean;
      if (verify(info)) this.complete(handshake, request, stream, head, callback);
      else answer(stream, { status: 401, message: 'Unauthorized' });
      return;
    }
    verifyClient(info, (verified, status = 401, message, headers) => {
      if (verified) this.complete(handshake, request, stream, head, callback);
      else
        answer(stream, {
          status,
          message: message ?? http.STATUS_CODES[status] ?? '',
          headers: plain(headers),
        });
    });
  }

  private allowsOrigin(origin: string, request: http.IncomingMessage): boolean {
    const { origins, verifyClient, noServer } = this.options;
    if (origins === undefined) {
      return noServer === true || Boolean(verifyClient) || isSameOrigin(origin, request.headers.host);
    }
    if (origins === '*') return true;
    return typeof origins === 'function' ? origins(origin, request) : origins.includes(origin);
  }

  private refuse(refusal: Refusal, stream: Duplex, request: http.IncomingMessage): void {
    if (this.listenerCount('wsClientError') === 0) {
      answer(stream, refusal);
      return;
    }
    const error = new WebSocketError('WS_ERR_HANDSHAKE_INVALID', refusal.message);
    this.emit('wsClientError', error, stream, request);
  }

  private complete(
    handshake: HandshakeRequest,
    request: http.IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (socket: WebSocket, request: http.IncomingMessage) => void,
  ): void {
    // The client may have gone meanwhile.
    if (!stream.readable || !stream.writable) {
      stream.destroy();
      return;
    }
    if (isLinked(stream)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (this.state !== RUNNING) {
      answer(stream, { status: 503, message: 'Service Unavailable' });
      return;
    }
    const lines = answerLines(acceptOf(handshake.key));
    const protocol = this.chooseProtocol(handshake.protocols, request);
    if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    const { deflate } = this;
    const parameters = deflate && handshake.extensions && acceptOffer(handshake.extensions, deflate);
    if (parameters) lines.push(`Sec-WebSocket-Extensions: ${formatAccepted(parameters)}`);
    const socket = new (this.options.WebSocket ?? WebSocket)(null);
    this.emit('headers', lines, request);
    stream.write(formatAnswer(lines));
    stream.removeListener('error', destroyStream);
    if (stream instanceof Socket) {
      stream.setTimeout(0);
      stream.setNoDelay();
    }
    socket.setSocket(stream, head, this.settings, {
      protocol,
      deflate: parameters && { parameters, options: deflate! },
    });
    if (this.clients !== undefined) this.track(socket, this.clients);
    callback(socket, request);
  }

  private chooseProtocol(offered: Set<string>, request: http.IncomingMessage): string {
    if (offered.size === 0) return '';
    const { handleProtocols } = this.options;
    const chosen = handleProtocols ? handleProtocols(offered, request) : offered.values().next().value;
    if (!chosen) return '';
    checkChosenProtocol(chosen);
    return chosen;
  }

  private track(socket: WebSocket, clients: Set<WebSocket>): void {
    clients.add(socket);
    socket.on('close', () => {
      clients.delete(socket);
      if (this.closeWhenEmpty && clients.size === 0) process.nextTick(() => this.emitClose());
    });
  }
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64');
}

function destroyStream(this: Duplex): void {
  this.destroy();
}

function askForUpgrade(_request: http.IncomingMessage, response: http.ServerResponse): void {
  const body = http.STATUS_CODES[426]!;
  response.writeHead(426, {
    'Content-Length': body.length,
    'Content-Type': 'text/plain',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
  });
  response.end(body);
}

function plain(headers: http.OutgoingHttpHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** Answers a handshake that is refused, and ends the stream. */
function answer(stream: Duplex, refusal: Refusal): void {
  const { message, status } = refusal;
  const lines = [`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`];
  const headers: Record<string, string> = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(message)),
    ...refusal.headers,
  };
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  stream.once('finish', () => stream.destroy());
  stream.end(formatAnswer(lines) + message);
}

/**
 * `WebSocketServer`: turns upgrade requests into connections, with the API people know from `ws`. What a handshake must
 * be is the protocol's to say, and who may come in is the admission's.
 */
import { EventEmitter } from 'node:events';
import http from 'node:http';
import type https from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import type { Agreement, Outcome, Refusal } from '../protocol/handshake.js';
import {
  agree,
  answerUpgrade,
  formatHead,
  type HandshakeRequest,
  readUpgrade,
} from '../protocol/server-handshake.js';
import { Admission } from './admission.js';
import { type DeflateOptions, deflateOptions } from './deflate-options.js';
import { reportHandshake } from './diagnostics.js';
import { type DrainOptions, type DrainProgress, drainSockets } from './drain.js';
import {
  SERVER_DEFAULTS,
  type ServerOptions,
  type Settings,
  settingsOf,
  withoutUndefined,
} from './options.js';
import { askForUpgrade, destroyStream, refuseUpgrade } from './refusal.js';
import { sha1Base64 } from './sha1.js';
import { isConnected } from './stream-connection.js';
import { afterThis } from './turn.js';
import { callUser, emitToUser, surface } from './user-code.js';
import { WebSocket } from './websocket.js';

/** What a server is typed by: the subprotocols it knows, or the class of its connections. */
export type ServerKind = string | typeof WebSocket;

/** A connection with its subprotocol, or with none: the empty string. */
export type Agreed<Kind extends ServerKind> = Kind extends abstract new (
  ...given: never
) => infer Socket
  ? Socket & WebSocket
  : WebSocket & { readonly protocol: Kind | '' };

export interface ServerEvents<Kind extends ServerKind = string> {
  connection: [socket: Agreed<Kind>, request: http.IncomingMessage];
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

/** @typeParam Kind - the subprotocols it knows, as `protocols` or `handleProtocols` say; or the class of its connections */
export class WebSocketServer<const Kind extends ServerKind = string> extends EventEmitter<
  ServerEvents<Kind>
> {
  /** What it was told, and the defaults of what it was not. */
  readonly options: ServerOptions<Kind>;
  /** The open connections; `undefined` without `clientTracking`. */
  readonly clients: Set<WebSocket> | undefined;
  private readonly settings: Settings;
  private readonly admission: Admission;
  private readonly deflate: DeflateOptions | undefined;
  private server: http.Server | https.Server | undefined = undefined;
  private removeListeners: (() => void) | undefined = undefined;
  private state: 0 | 1 | 2 = RUNNING;
  private closeWhenEmpty = false;
  private draining = false;

  /** @throws TypeError - not exactly one of `port`, `server` and `noServer` is given */
  constructor(options: ServerOptions<Kind> = {}, callback?: () => void) {
    super();
    const ways =
      Number(options.port != null) + Number(Boolean(options.server)) + Number(Boolean(options.noServer));
    if (ways !== 1) {
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    }
    this.options = { ...SERVER_DEFAULTS, ...withoutUndefined(options) } as ServerOptions<Kind>;
    this.clients = (options.clientTracking ?? true) ? new Set() : undefined;
    this.settings = settingsOf(options, { role: 'server', onGone: this.forget });
    this.admission = new Admission(options as ServerOptions);
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

  /** The HTTP server, as long as this server runs on one. */
  get _server(): http.Server | https.Server | null {
    return this.server ?? null;
  }

  get _state(): 0 | 1 | 2 {
    return this.state;
  }

  private listen(server: http.Server | https.Server): void {
    const listening = (): void => void this.emit('listening');
    const failed = (error: Error): void => void this.emit('error', error);
    const upgrade = (request: http.IncomingMessage, stream: Duplex, head: Buffer): void => {
      // `node:http` lets an upgrade pass without one. Who hands in requests of their own may leave it out.
      if (request.headers.host === undefined) {
        stream.on('error', destroyStream);
        this.refuse({ status: 400, message: 'Missing Host header' }, stream, request);
        return;
      }
      this.handleUpgrade(request, stream, head, (socket) => {
        emitToUser(this, 'connection', socket, request);
      });
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
      afterThis(() => this.emitClose());
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
      afterThis(() => this.emitClose());
    }
  }

  private emitClose(): void {
    this.state = CLOSED;
    emitToUser(this, 'close');
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
    callback: (socket: Agreed<Kind>, request: http.IncomingMessage) => void,
  ): void {
    stream.on('error', destroyStream);
    const { ok: handshake, refusal } = this.read(readUpgrade(request));
    if (refusal !== undefined) {
      this.refuse(refusal, stream, request);
      return;
    }
    this.admit(handshake, request, (refused) => {
      if (refused === undefined) this.complete(handshake, request, stream, head, callback);
      else turnAway(stream, refused);
    });
  }

  /** @internal Refuses at once what no agreement will come of. */
  read(read: Outcome<HandshakeRequest>): Outcome<HandshakeRequest> {
    if (read.refusal !== undefined) return read;
    const { refusal } = agree(read.ok, '', this.deflate);
    return refusal === undefined ? read : { refusal };
  }

  /** @internal Decides whether a client may come in, whatever its request came over. */
  admit(
    handshake: HandshakeRequest,
    request: http.IncomingMessage,
    decided: (refusal: Refusal | undefined) => void,
  ): void {
    if (this.shouldHandle(request)) this.admission.decide(handshake, request, decided);
    else decided({ status: 400, message: 'Bad Request' });
  }

  private refuse(refusal: Refusal, stream: Duplex, request: http.IncomingMessage): void {
    if (this.listenerCount('wsClientError') === 0) {
      turnAway(stream, refusal);
      return;
    }
    const error = new WebSocketError('WS_ERR_HANDSHAKE_INVALID', refusal.message);
    emitToUser(this, 'wsClientError', error, stream, request);
  }

  private complete(
    handshake: HandshakeRequest,
    request: http.IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (socket: Agreed<Kind>, request: http.IncomingMessage) => void,
  ): void {
    // The client may have gone meanwhile.
    if (!stream.readable || !stream.writable) {
      stream.destroy();
      return;
    }
    if (isConnected(stream)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (!this.isOpen) {
      turnAway(stream, { status: 503, message: 'Service Unavailable' });
      return;
    }
    let agreement: Agreement;
    let answer: string;
    try {
      agreement = this.agreeWith(handshake, request);
      const lines = answerUpgrade(handshake, agreement, sha1Base64);
      this.emit('headers', lines, request);
      answer = formatHead(lines);
    } catch (error) {
      surface(error);
      turnAway(stream, { status: 500, message: 'Internal Server Error' });
      return;
    }
    stream.write(answer);
    stream.removeListener('error', destroyStream);
    if (stream instanceof Socket) {
      stream.setTimeout(0);
      stream.setNoDelay();
    }
    callUser(callback, undefined, this.adopt(stream, head, agreement), request);
  }

  /** @internal What is agreed on with a client that was let in. */
  agreeWith(handshake: HandshakeRequest, request: http.IncomingMessage): Agreement {
    const { ok } = agree(handshake, this.chooseProtocol(handshake.protocols, request), this.deflate);
    return ok!;
  }

  /** @internal Makes a connection of a stream whose handshake is done. */
  adopt(stream: Duplex, head: Uint8Array, agreement: Agreement): Agreed<Kind> {
    const socket = new (this.options.WebSocket ?? WebSocket)(null, undefined, this.options);
    socket.setSocket(stream, head, this.settings, { ...agreement, deflateOptions: this.deflate });
    this.clients?.add(socket);
    const { deflate, protocol } = agreement;
    reportHandshake({ role: 'server', status: 101, protocol, compressed: deflate !== undefined });
    // What was negotiated is one of the server's own subprotocols, or none.
    return socket as Agreed<Kind>;
  }

  /** @internal Whether new clients are taken. */
  get isOpen(): boolean {
    return this.state === RUNNING && !this.draining;
  }

  /**
   * Closes the connections there are, spread over a time and at random, so that their clients do not all come back at
   * once. New ones are refused with 503 from now on. Resolves when all are gone; the server itself stays as it is.
   *
   * @throws Error - connections are not kept track of (`clientTracking` is off)
   */
  drain(options: DrainOptions = {}): Promise<DrainProgress> {
    if (this.clients === undefined) throw new Error('Without clientTracking there is nothing to drain');
    this.draining = true;
    return drainSockets(this.clients, options);
  }

  private chooseProtocol(offered: Set<string>, request: http.IncomingMessage): string {
    if (offered.size === 0) return '';
    const { handleProtocols, protocols = [...offered] } = this.options;
    const chosen = handleProtocols
      ? handleProtocols(offered, request)
      : protocols.find((protocol) => offered.has(protocol));
    return chosen || '';
  }

  private readonly forget = (socket: WebSocket): void => {
    const { clients } = this;
    if (clients === undefined) return;
    clients.delete(socket);
    if (this.closeWhenEmpty && clients.size === 0) afterThis(() => this.emitClose());
  };
}

function turnAway(stream: Duplex, refusal: Refusal): void {
  reportHandshake({ role: 'server', status: refusal.status, reason: refusal.message });
  refuseUpgrade(stream, refusal);
}

/**
 * How a client comes to its connection: the request with its options, redirects, and the answer's check. It gives the
 * `WebSocket` its stream, or the error why there is none.
 */
import { createHash, randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { type Answer, readAnswer } from '../protocol/client-handshake.js';
import { WebSocketError } from '../protocol/errors.js';
import { isToken } from '../protocol/headers.js';
import { acceptAnswer, type DeflateParameters, formatOffer } from '../protocol/permessage-deflate.js';
import { ACCEPT_GUID } from '../protocol/server-handshake.js';
import { type DeflateOptions, deflateOptions } from './deflate.js';
import { type LinkSettings, nodeMemory } from './link.js';
import { randomMaskingKey } from './masking-key.js';
import type { Pending, WebSocket } from './websocket.js';

export interface ClientOptions
  extends Omit<https.RequestOptions, 'protocol' | 'signal' | 'timeout' | 'method'> {
  /** The subprotocols to offer, where the constructor's second argument does not say. */
  readonly protocols?: string | readonly string[];
  /** Ends the attempt, or the connection, when it aborts. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the opening handshake must be done; no limit of our own by default. */
  readonly handshakeTimeout?: number;
  /** The `Origin` header. */
  readonly origin?: string;
  /** Follow redirects. False by default. */
  readonly followRedirects?: boolean;
  /** 10 by default. */
  readonly maxRedirects?: number;
  /** 13, or 8, a draft with the same frames. 13 by default. */
  readonly protocolVersion?: number;
  /** Bytes a message from the server may have; 0 for no limit. 100 MiB by default. */
  readonly maxPayload?: number;
  /** Offer permessage-deflate, with these options. True by default. */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  readonly skipUTF8Validation?: boolean;
  /** Answer pings. True by default. */
  readonly autoPong?: boolean;
  /** Milliseconds the server has to finish the closing handshake. 30,000 by default. */
  readonly closeTimeout?: number;
  /** Called with the request instead of sending it, for signing it and the like; it must call `request.end()`. */
  readonly finishRequest?: (request: http.ClientRequest, socket: WebSocket) => void;
  /** Fills a buffer of four bytes with a masking key; strong random numbers by default. */
  readonly generateMask?: (mask: Buffer) => void;
}

export const DEFAULT_MAX_PAYLOAD = 100 * 1024 * 1024;
export const DEFAULT_CLOSE_TIMEOUT = 30_000;

const VERSIONS = [8, 13];

/** What stays the same through all redirects of one attempt. */
interface Attempt {
  readonly socket: WebSocket;
  readonly pending: Pending;
  readonly options: ClientOptions;
  readonly protocols: ReadonlySet<string>;
  /** Lower-case names; credentials are taken out when a redirect leads elsewhere. */
  readonly headers: Record<string, string | string[] | number>;
  auth: string | undefined;
  redirects: number;
  origin: Target | undefined;
}

/** Where a URL leads. */
interface Target {
  readonly url: URL;
  readonly secure: boolean;
  /** The path of a local socket, for `ws+unix:`. */
  readonly socketPath: string | undefined;
  readonly path: string;
}

/**
 * Begins to connect.
 *
 * @throws SyntaxError - the address or a subprotocol is not valid
 * @throws RangeError - an unknown protocol version
 */
export function connect(
  socket: WebSocket,
  pending: Pending,
  address: string | URL,
  protocols: readonly string[],
  options: ClientOptions,
): void {
  const version = options.protocolVersion ?? 13;
  if (!VERSIONS.includes(version)) {
    throw new RangeError(
      `Unsupported protocol version: ${version} (supported versions: ${VERSIONS.join(', ')})`,
    );
  }
  const target = parseTarget(address);
  pending.url = target.url.href;
  const distinct = new Set<string>();
  for (const protocol of protocols) {
    if (typeof protocol !== 'string' || !isToken(protocol) || distinct.has(protocol)) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
    distinct.add(protocol);
  }
  const headers: Attempt['headers'] = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = value as string;
  }
  const attempt: Attempt = {
    socket,
    pending,
    options,
    protocols: distinct,
    headers,
    auth: options.auth ?? undefined,
    redirects: 0,
    origin: undefined,
  };
  request(attempt, target);
}

function parseTarget(address: string | URL): Target {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${String(address)}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';

  const local = url.protocol === 'ws+unix:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:' && !local) {
    const message = 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"';
    throw new SyntaxError(message);
  }
  if (local && url.pathname === '') throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');

  const path = url.pathname + url.search;
  const colon = local ? path.indexOf(':') : -1;
  return {
    url,
    secure: url.protocol === 'wss:',
    socketPath: local ? (colon < 0 ? path : path.slice(0, colon)) : undefined,
    path: local ? (colon < 0 ? '' : path.slice(colon + 1)) : path,
  };
}

function request(attempt: Attempt, target: Target): void {
  const { options, pending, socket } = attempt;
  const key = randomBytes(16).toString('base64');
  const version = options.protocolVersion ?? 13;
  if (target.url.username !== '' || target.url.password !== '') {
    attempt.auth = `${decodeURIComponent(target.url.username)}:${decodeURIComponent(target.url.password)}`;
  }
  const headers: Record<string, string | string[] | number> = {
    ...attempt.headers,
    'Sec-WebSocket-Version': version,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  };
  if (attempt.protocols.size > 0) headers['Sec-WebSocket-Protocol'] = [...attempt.protocols].join(',');
  const deflate = deflateOptions(options.perMessageDeflate ?? true);
  if (deflate !== undefined) headers['Sec-WebSocket-Extensions'] = formatOffer(deflate);
  if (options.origin !== undefined)
    headers[version < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = options.origin;

  const outgoing = (target.secure ? https : http).request({
    ...requestOptions(options),
    method: 'GET',
    host: bareHost(target.url),
    port: target.url.port === '' ? (target.secure ? 443 : 80) : Number(target.url.port),
    defaultPort: options.defaultPort ?? (target.secure ? 443 : 80),
    path: target.path,
    headers,
    auth: attempt.auth ?? null,
    socketPath: target.socketPath,
    timeout: options.handshakeTimeout,
    createConnection: options.createConnection ?? (target.secure ? connectTls : connectPlain),
  } as https.RequestOptions);
  pending.request = outgoing;
  attempt.origin ??= target;

  let over = false;
  /** Gives the attempt up: the error, then `close`. */
  const abandon = (error: Error): void => {
    if (over) return;
    over = true;
    pending.state = 2;
    outgoing.destroy();
    process.nextTick(fail, attempt, error);
  };
  pending.abort = () => {
    const message = 'WebSocket was closed before the connection was established';
    abandon(new WebSocketError('WS_ERR_HANDSHAKE_ABORTED', message));
  };

  if (attempt.redirects > 0) socket.emit('redirect', target.url.href, outgoing);
  if (options.handshakeTimeout) {
    outgoing.on('timeout', () => {
      abandon(new WebSocketError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out'));
    });
  }
  outgoing.on('error', (error) => {
    if (over) return;
    over = true;
    fail(attempt, error);
  });
  outgoing.on('response', (response) => {
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (location !== undefined && options.followRedirects === true && status >= 300 && status < 400) {
      if (attempt.redirects >= (options.maxRedirects ?? 10)) {
        abandon(new WebSocketError('WS_ERR_TOO_MANY_REDIRECTS', 'Maximum redirects exceeded'));
        return;
      }
      over = true;
      outgoing.destroy();
      redirect(attempt, target, location);
    } else if (!socket.emit('unexpected-response', outgoing, response)) {
      abandon(new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', `Unexpected server response: ${status}`));
    }
  });
  outgoing.on('upgrade', (response, stream, head) => {
    socket.emit('upgrade', response);
    // A listener of that event may have closed the socket.
    if (pending.state !== 0) return;
    over = true;
    pending.request = undefined;
    open(attempt, key, response, stream, head);
  });

  if (options.finishRequest) options.finishRequest(outgoing, socket);
  else outgoing.end();
}

/** What of our options is the request's. */
function requestOptions(options: ClientOptions): https.RequestOptions {
  const {
    protocols: _protocols,
    signal: _signal,
    headers: _headers,
    hostname: _hostname,
    host: _host,
    path: _path,
    port: _port,
    ...rest
  } = options;
  return rest;
}

function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

function connectPlain(options: net.NetConnectOpts & { socketPath?: string; path?: string }): net.Socket {
  return net.connect({ ...options, path: options.socketPath } as net.NetConnectOpts);
}

function connectTls(options: tls.ConnectionOptions): tls.TLSSocket {
  const { host = '', servername } = options;
  return tls.connect({
    ...options,
    path: undefined,
    servername: servername || servername === '' ? servername : net.isIP(host) ? '' : host,
  } as tls.ConnectionOptions);
}

function redirect(attempt: Attempt, from: Target, location: string): void {
  let target: Target;
  try {
    target = parseTarget(new URL(location, from.url));
  } catch (error) {
    const known = error instanceof SyntaxError;
    fail(attempt, known ? error : new SyntaxError(`Invalid URL: ${location}`));
    return;
  }
  attempt.redirects++;
  const first = attempt.origin!;
  attempt.pending.url = target.url.href;
  const sameHost =
    first.socketPath === target.socketPath &&
    (first.socketPath !== undefined || first.url.host === target.url.host);
  if (!sameHost || (first.secure && !target.secure)) {
    delete attempt.headers.authorization;
    delete attempt.headers.cookie;
    if (!sameHost) delete attempt.headers.host;
    attempt.auth = undefined;
  }
  request(attempt, target);
}

function open(
  attempt: Attempt,
  key: string,
  response: http.IncomingMessage,
  stream: Duplex,
  head: Buffer,
): void {
  const { options, pending, socket } = attempt;
  const deflate = deflateOptions(options.perMessageDeflate ?? true);
  const answer = readAnswer(response, {
    accept: createHash('sha1')
      .update(key + ACCEPT_GUID)
      .digest('base64'),
    protocols: attempt.protocols,
    extensions: deflate !== undefined,
  });
  const parameters = negotiate(answer, deflate);
  if (typeof answer === 'string' || typeof parameters === 'string') {
    const reason = typeof answer === 'string' ? answer : String(parameters);
    pending.state = 2;
    stream.on('error', () => {});
    stream.once('close', () => fail(attempt, new WebSocketError('WS_ERR_HANDSHAKE_INVALID', reason)));
    stream.destroy();
    return;
  }
  if (stream instanceof net.Socket) {
    stream.setTimeout(0);
    stream.setNoDelay();
  }
  pending.abort = undefined;
  socket.setSocket(stream, head, clientSettings(options), {
    protocol: answer.protocol,
    deflate: parameters === undefined ? undefined : { parameters, options: deflate! },
  });
}

/** What was agreed on about compression: nothing, parameters, or why the answer is none. */
function negotiate(
  answer: Answer | string,
  wants: DeflateOptions | undefined,
): DeflateParameters | string | undefined {
  if (typeof answer === 'string' || answer.extensions.length === 0) return undefined;
  return acceptAnswer(answer.extensions, wants ?? {});
}

function clientSettings(options: ClientOptions): LinkSettings {
  return {
    role: 'client',
    maxPayload: options.maxPayload ?? DEFAULT_MAX_PAYLOAD,
    skipUtf8Validation: options.skipUTF8Validation === true,
    closeTimeout: options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT,
    autoPong: options.autoPong ?? true,
    maskingKey: options.generateMask === undefined ? randomMaskingKey : keysFrom(options.generateMask),
    ...nodeMemory,
  };
}

function keysFrom(generate: (mask: Buffer) => void): () => number {
  const bytes = Buffer.alloc(4);
  return () => {
    generate(bytes);
    return bytes.readUInt32LE();
  };
}

function fail(attempt: Attempt, error: Error): void {
  const { pending, socket } = attempt;
  pending.request = undefined;
  pending.abort = undefined;
  pending.state = 2;
  socket.linkFailed(error);
  pending.state = 3;
  socket.linkClosed(1006, Buffer.alloc(0));
}

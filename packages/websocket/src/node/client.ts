/**
 * How a client comes to its connection: the request with its options, redirects, and the answer's check. It gives the
 * `WebSocket` its stream, or the error why there is none.
 */
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Answer, readAnswer } from '../protocol/client-handshake.js';
import { WebSocketError } from '../protocol/errors.js';
import { isToken } from '../protocol/headers.js';
import { acceptAnswer, type DeflateParameters, formatOffer } from '../protocol/permessage-deflate.js';
import { ACCEPT_GUID } from '../protocol/server-handshake.js';
import {
  connectPlain,
  connectTls,
  credentialsOf,
  hostOf,
  isSameHost,
  parseTarget,
  type Target,
} from './client-target.js';
import { type ConnectionOptions, linkSettings } from './connection-options.js';
import { type DeflateOptions, deflateOptions } from './deflate.js';
import { reportHandshake } from './diagnostics.js';
import type { LinkSettings } from './link-settings.js';
import { randomMaskingKey } from './masking-key.js';
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
}

/** What a client's WebSocket has before it has a link: its request, and the state that the request brings it to. */
export interface Pending {
  request: http.ClientRequest | undefined;
  state: 0 | 2 | 3;
  url: string;
  /** Ends the attempt with this error. */
  abort: ((error: Error) => void) | undefined;
  /** How many redirects were followed. */
  redirects: number;
}

const VERSIONS = [8, 13];

/** What stays the same through all redirects of one attempt. */
interface Attempt {
  readonly socket: WebSocket;
  readonly pending: Pending;
  readonly options: ClientOptions;
  readonly protocols: ReadonlySet<string>;
  readonly deflate: DeflateOptions | undefined;
  /** The caller's headers, their names in lower case. */
  readonly headers: Record<string, string | string[] | number>;
  /** Where it began. */
  readonly first: Target;
  timer: NodeJS.Timeout | undefined;
  stopListening: (() => void) | undefined;
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
  const attempt: Attempt = {
    socket,
    pending,
    options,
    protocols: distinctTokens(protocols),
    deflate: deflateOptions(options.perMessageDeflate ?? true),
    headers: {},
    first: target,
    timer: undefined,
    stopListening: undefined,
  };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) attempt.headers[name.toLowerCase()] = value as string;
  }
  watchTheClock(attempt);
  request(attempt, target);
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

/** Gives the attempt up when its time is over, or its signal says so. */
function watchTheClock(attempt: Attempt): void {
  const { handshakeTimeout, signal } = attempt.options;
  const { pending } = attempt;
  if (handshakeTimeout) {
    attempt.timer = setTimeout(() => {
      pending.abort?.(new WebSocketError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out'));
    }, handshakeTimeout);
  }
  if (signal === undefined) return;
  const aborted = (): void => {
    const message = 'The opening handshake was aborted';
    pending.abort?.(new WebSocketError('WS_ERR_HANDSHAKE_ABORTED', message, { cause: signal.reason }));
  };
  signal.addEventListener('abort', aborted, { once: true });
  attempt.stopListening = () => signal.removeEventListener('abort', aborted);
  if (signal.aborted) process.nextTick(aborted);
}

function settled(attempt: Attempt): void {
  clearTimeout(attempt.timer);
  attempt.stopListening?.();
  attempt.pending.request = undefined;
  attempt.pending.abort = undefined;
}

/** The headers of one request: the caller's, without its credentials where the attempt was led elsewhere. */
function requestHeaders(attempt: Attempt, target: Target, key: string): http.OutgoingHttpHeaders {
  const { deflate, first, options, pending, socket } = attempt;
  const own = { ...attempt.headers };
  let credentials = credentialsOf(target) ?? options.auth ?? undefined;
  // A listener of `redirect` has the say itself.
  if (pending.redirects > 0 && socket.listenerCount('redirect') === 0) {
    const sameHost = isSameHost(first, target);
    if (!sameHost || (first.secure && !target.secure)) {
      delete own.authorization;
      delete own.cookie;
      if (!sameHost) delete own.host;
      credentials = undefined;
    }
  }
  if (credentials !== undefined && attempt.headers.authorization === undefined) {
    own.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    // Through redirects, the first credentials stay.
    attempt.headers.authorization = own.authorization;
  }
  const version = options.protocolVersion ?? 13;
  const headers: http.OutgoingHttpHeaders = {
    ...own,
    'Sec-WebSocket-Version': version,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  };
  if (attempt.protocols.size > 0) headers['Sec-WebSocket-Protocol'] = [...attempt.protocols].join(',');
  if (deflate !== undefined) headers['Sec-WebSocket-Extensions'] = formatOffer(deflate);
  if (options.origin) headers[version < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = options.origin;
  return headers;
}

function request(attempt: Attempt, target: Target): void {
  const { options, pending, socket } = attempt;
  const { secure } = target;
  const key = randomBytes(16).toString('base64');
  const outgoing = (secure ? https : http).request({
    ...requestOptions(options),
    method: 'GET',
    host: hostOf(target),
    port: target.url.port || (secure ? 443 : 80),
    defaultPort: options.defaultPort ?? (secure ? 443 : 80),
    path: target.path,
    headers: requestHeaders(attempt, target, key),
    socketPath: target.socketPath,
    createConnection: options.createConnection ?? (secure ? connectTls : connectPlain),
  } as https.RequestOptions);
  pending.request = outgoing;

  let over = false;
  pending.abort = (error) => {
    if (over) return;
    over = true;
    pending.state = 2;
    outgoing.destroy();
    outgoing.socket?.destroy();
    process.nextTick(fail, attempt, error);
  };
  if (pending.redirects > 0) socket.emit('redirect', target.url.href, outgoing);
  outgoing.on('error', (error) => {
    if (over) return;
    over = true;
    fail(attempt, error);
  });
  outgoing.on('response', (response) => {
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (location !== undefined && options.followRedirects === true && status >= 300 && status < 400) {
      pending.redirects++;
      if (pending.redirects > (options.maxRedirects ?? 10)) {
        pending.abort?.(new WebSocketError('WS_ERR_TOO_MANY_REDIRECTS', 'Maximum redirects exceeded'));
        return;
      }
      over = true;
      outgoing.destroy();
      redirect(attempt, target, location);
    } else if (!socket.emit('unexpected-response', outgoing, response)) {
      const message = `Unexpected server response: ${status}`;
      pending.abort?.(new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', message));
    }
  });
  outgoing.on('upgrade', (response, stream, head) => {
    socket.emit('upgrade', response);
    // A listener of that event may have closed the socket.
    if (pending.state !== 0) return;
    over = true;
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
    auth: _auth,
    ...rest
  } = options;
  return rest;
}

function redirect(attempt: Attempt, from: Target, location: string): void {
  let url: URL;
  try {
    url = new URL(location, from.url);
  } catch {
    fail(attempt, new SyntaxError(`Invalid URL: ${location}`));
    return;
  }
  let target: Target;
  try {
    target = parseTarget(url);
  } catch (error) {
    fail(attempt, error as Error);
    return;
  }
  attempt.pending.url = target.url.href;
  request(attempt, target);
}

function open(
  attempt: Attempt,
  key: string,
  response: http.IncomingMessage,
  stream: Duplex,
  head: Buffer,
): void {
  const { deflate, options, socket } = attempt;
  const answer = readAnswer(response, {
    accept: createHash('sha1')
      .update(key + ACCEPT_GUID)
      .digest('base64'),
    protocols: attempt.protocols,
    extensions: deflate !== undefined,
  });
  const parameters = typeof answer === 'string' ? undefined : negotiate(answer, deflate);
  if (typeof answer === 'string' || typeof parameters === 'string') {
    const reason = typeof answer === 'string' ? answer : parameters;
    settled(attempt);
    attempt.pending.state = 2;
    stream.on('error', () => {});
    stream.once('close', () =>
      fail(attempt, new WebSocketError('WS_ERR_HANDSHAKE_INVALID', reason as string)),
    );
    stream.destroy();
    return;
  }
  if (stream instanceof Socket) {
    stream.setTimeout(0);
    stream.setNoDelay();
  }
  settled(attempt);
  const compressed = parameters !== undefined;
  reportHandshake({ role: 'client', status: 101, protocol: answer.protocol, compressed });
  socket.setSocket(stream, head, clientSettings(options), {
    protocol: answer.protocol,
    deflate: parameters === undefined ? undefined : { parameters, options: deflate! },
  });
}

/** What was agreed on about compression: nothing, parameters, or why the answer is none. */
function negotiate(
  answer: Answer,
  wants: DeflateOptions | undefined,
): DeflateParameters | string | undefined {
  if (answer.extensions.length === 0) return undefined;
  return acceptAnswer(answer.extensions, wants ?? {});
}

export function clientSettings(options: ClientOptions): LinkSettings {
  const { generateMask } = options;
  return linkSettings(options, {
    role: 'client',
    maskingKey: generateMask === undefined ? randomMaskingKey : keysFrom(generateMask),
  });
}

function keysFrom(generate: (mask: Buffer) => void): () => number {
  const bytes = Buffer.alloc(4);
  return () => {
    generate(bytes);
    return bytes.readUInt32LE();
  };
}

/** There will be no connection: the error, then `close`. */
function fail(attempt: Attempt, error: Error): void {
  const { pending, socket } = attempt;
  settled(attempt);
  reportHandshake({ role: 'client', status: 0, reason: error.message });
  pending.state = 2;
  socket.linkFailed(error);
  pending.state = 3;
  socket.linkClosed(1006, Buffer.alloc(0));
}

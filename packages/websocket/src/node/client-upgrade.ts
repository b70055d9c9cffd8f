/** The request of a client over HTTP/1.1: its headers, its redirects, and the upgrade that it is answered with. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { WebSocketError } from '../protocol/errors.js';
import { acceptOf } from '../protocol/handshake.js';
import { formatOffer } from '../protocol/permessage-deflate.js';
import type { ClientOptions, ConnectionAttempt } from './client.js';
import {
  connectPlain,
  connectTls,
  credentialsOf,
  hostOf,
  isSameHost,
  parseTarget,
  type Target,
} from './client-target.js';
import { sha1Base64 } from './sha1.js';
import { callUser, emitToUser } from './user-code.js';

/** Sends the request, and follows it through its redirects. */
export function askForUpgrade(attempt: ConnectionAttempt, target: Target): void {
  const { options, socket } = attempt;
  const { secure } = target;
  const key = randomBytes(16).toString('base64');
  const request = (secure ? https : http).request({
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
  attempt.request = request;

  let over = false;
  attempt.cancel = () => {
    if (over) return false;
    over = true;
    request.destroy();
    request.socket?.destroy();
    return true;
  };
  request.on('error', (error) => {
    if (over) return;
    over = true;
    attempt.fail(error);
  });
  request.on('response', (response) => {
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (location === undefined || options.followRedirects !== true || status < 300 || status >= 400) {
      attempt.refused(status, response);
      return;
    }
    attempt.redirects++;
    if (attempt.redirects > (options.maxRedirects ?? 10)) {
      attempt.abort(new WebSocketError('WS_ERR_TOO_MANY_REDIRECTS', 'Maximum redirects exceeded'));
      return;
    }
    over = true;
    request.destroy();
    redirect(attempt, target, location);
  });
  request.on('upgrade', (response, stream, head) => {
    emitToUser(socket, 'upgrade', response);
    // A listener of that event may have closed the socket.
    if (attempt.state !== 0) return;
    over = true;
    attempt.answered(response.headers, acceptOf(key, sha1Base64), stream, head);
  });
  if (attempt.redirects > 0) emitToUser(socket, 'redirect', target.url.href, request);
  if (options.finishRequest) callUser(options.finishRequest, undefined, request, socket);
  else request.end();
}

function redirect(attempt: ConnectionAttempt, from: Target, location: string): void {
  let target: Target;
  try {
    target = parseTarget(new URL(location, from.url));
  } catch (error) {
    const isUrl = URL.canParse(location, from.url.href);
    attempt.fail(isUrl ? (error as Error) : new SyntaxError(`Invalid URL: ${location}`));
    return;
  }
  attempt.url = target.url.href;
  askForUpgrade(attempt, target);
}

/** The headers of one request: the caller's, without its credentials where the attempt was led elsewhere. */
function requestHeaders(attempt: ConnectionAttempt, target: Target, key: string): http.OutgoingHttpHeaders {
  const { deflate, first, options, protocols, redirects, socket } = attempt;
  const own = { ...attempt.headers };
  let credentials = credentialsOf(target) ?? options.auth ?? undefined;
  // A listener of `redirect` has the say itself.
  if (redirects > 0 && socket.listenerCount('redirect') === 0) {
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
  if (protocols.size > 0) headers['Sec-WebSocket-Protocol'] = [...protocols].join(',');
  if (deflate !== undefined) headers['Sec-WebSocket-Extensions'] = formatOffer(deflate);
  if (options.origin) headers[version < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = options.origin;
  return headers;
}

/** What of our options is the request's. */
function requestOptions(options: ClientOptions): https.RequestOptions {
  const {
    protocols: _protocols,
    signal: _signal,
    session: _session,
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

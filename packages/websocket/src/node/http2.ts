/** WebSockets as streams of an HTTP/2 connection (RFC 8441), beside whatever else it carries. */

import type { IncomingMessage } from 'node:http';
import type {
  ClientHttp2Session,
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
import { readAnswer } from '../protocol/client-handshake.js';
import { WebSocketError } from '../protocol/errors.js';
import {
  formatExtendedConnect,
  isExtendedConnect,
  readExtendedConnect,
} from '../protocol/extended-connect.js';
import { acceptAnswer, formatAccepted, formatOffer } from '../protocol/permessage-deflate.js';
import { isRefusal, type Refusal } from '../protocol/server-handshake.js';
import { type ClientOptions, clientSettings } from './client.js';
import { deflateOptions } from './deflate.js';
import type { WebSocketServer } from './server.js';
import { WebSocket } from './websocket.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * Has a WebSocketServer, made with `noServer`, take the extended CONNECTs of an HTTP/2 server. That one must be made with
 * `settings: { enableConnectProtocol: true }`, which tells clients that they may. Its connections are emitted as
 * `connection`, with the HTTP/2 request.
 */
export function acceptOverHttp2(server: WebSocketServer, http2: Http2Server | Http2SecureServer): void {
  // A server with a listener for `request` gives CONNECTs here, too, and answers 405 where nobody listens.
  http2.on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (!isExtendedConnect(request)) response.writeHead(405).end();
  });
  http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const request = requestOf(stream, headers);
    if (isExtendedConnect(request)) accept(server, stream, request);
  });
}

/** What a listener of `connection` and `verifyClient` look at in a request. */
function requestOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): IncomingMessage {
  const request = {
    headers,
    httpVersion: '2.0',
    httpVersionMajor: 2,
    httpVersionMinor: 0,
    method: headers[':method'],
    url: headers[':path'],
    socket: stream.session?.socket,
    stream,
  };
  return request as unknown as IncomingMessage;
}

function accept(server: WebSocketServer, stream: ServerHttp2Stream, request: IncomingMessage): void {
  stream.on('error', () => {});
  const refuse = ({ headers, message, status }: Refusal): void => {
    stream.respond({ ':status': status, ...headers, 'content-type': 'text/plain; charset=utf-8' });
    stream.end(message);
  };
  const handshake = readExtendedConnect(request);
  if (isRefusal(handshake)) {
    refuse(handshake);
    return;
  }
  server.admit(handshake, request, (refusal) => {
    if (stream.destroyed) return;
    if (refusal !== undefined || !server.isOpen) {
      refuse(refusal ?? { status: 503, message: 'Service Unavailable' });
      return;
    }
    const negotiated = server.negotiate(handshake, request);
    const headers: Record<string, string | number> = { ':status': 200 };
    if (negotiated.protocol !== '') headers['sec-websocket-protocol'] = negotiated.protocol;
    if (negotiated.deflate)
      headers['sec-websocket-extensions'] = formatAccepted(negotiated.deflate.parameters);
    stream.respond(headers);
    server.emit('connection', server.adopt(stream, NO_BYTES, negotiated), request);
  });
}

/**
 * Opens a WebSocket on a stream of an HTTP/2 session.
 *
 * @param path - what to ask for, with its query
 * @param options - as for `WebSocket`; and `authority`, the host and port to name, where the session's are not right
 * @throws WebSocketError - `WS_ERR_HANDSHAKE_REFUSED`: the server does not take extended CONNECTs, or not this one;
 *   `WS_ERR_HANDSHAKE_INVALID`: its answer does not fit
 */
export async function connectOverHttp2(
  session: ClientHttp2Session,
  path: string,
  options: Pick<
    ClientOptions,
    'protocols' | 'origin' | 'perMessageDeflate' | 'maxPayload' | 'closeTimeout' | 'autoPong' | 'keepalive'
  > & { readonly authority?: string } = {},
): Promise<WebSocket> {
  await settingsOf(session);
  if (!session.remoteSettings.enableConnectProtocol) {
    throw new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', 'The server takes no WebSockets over HTTP/2');
  }
  const deflate = deflateOptions(options.perMessageDeflate ?? true);
  const protocols = ([] as string[]).concat(options.protocols ?? []);
  const stream = session.request(
    formatExtendedConnect({
      scheme: session.encrypted ? 'https' : 'http',
      authority: options.authority ?? authorityOf(session),
      path,
      protocols,
      extensions: deflate && formatOffer(deflate),
      origin: options.origin,
    }),
    { endStream: false },
  );
  const headers = await new Promise<Record<string, string>>((resolve, reject) => {
    stream.once('response', (given) => resolve(given as unknown as Record<string, string>));
    stream.once('error', reject);
  });
  const status = Number(headers[':status']);
  if (status !== 200) {
    stream.close();
    throw new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', `Unexpected server response: ${status}`);
  }
  // What an upgrade would have had beside.
  const answer = readAnswer(
    { headers: { ...headers, upgrade: 'websocket', 'sec-websocket-accept': '' } },
    { accept: '', protocols: new Set(protocols), extensions: deflate !== undefined },
  );
  const accepted =
    typeof answer === 'string' || answer.extensions.length === 0
      ? undefined
      : acceptAnswer(answer.extensions, deflate ?? {});
  if (typeof answer === 'string' || typeof accepted === 'string') {
    stream.close();
    throw new WebSocketError(
      'WS_ERR_HANDSHAKE_INVALID',
      typeof answer === 'string' ? answer : (accepted as string),
    );
  }
  const socket = new WebSocket(null);
  socket.setSocket(stream, NO_BYTES, clientSettings(options), {
    protocol: answer.protocol,
    deflate: accepted && deflate ? { parameters: accepted, options: deflate } : undefined,
  });
  return socket;
}

/** The host and port as the session knows them: by the name it was opened with over TLS, by the address otherwise. */
function authorityOf(session: ClientHttp2Session): string {
  const [origin] = session.originSet ?? [];
  if (origin !== undefined) return new URL(origin).host;
  const { remoteAddress = 'localhost', remotePort = 80 } = session.socket;
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

/** Waits for what the server has said it can. */
function settingsOf(session: ClientHttp2Session): Promise<void> {
  if (session.remoteSettings.enableConnectProtocol !== undefined && !session.connecting)
    return Promise.resolve();
  return new Promise((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.once('error', reject);
  });
}

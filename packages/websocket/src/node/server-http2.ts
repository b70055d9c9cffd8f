/** A server's WebSockets as streams of HTTP/2 connections (RFC 8441), beside whatever else these carry. */
import type { IncomingMessage } from 'node:http';
import type {
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
import { isExtendedConnect } from '../protocol/extended-connect.js';
import type { Refusal } from '../protocol/handshake.js';
import { answerExtendedConnect, readExtendedConnect } from '../protocol/server-handshake.js';
import type { WebSocketServer } from './server.js';
import { emitToUser, surface } from './user-code.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * Has a WebSocketServer, made with `noServer`, take the extended CONNECTs of an HTTP/2 server. That one must be made with
 * `settings: { enableConnectProtocol: true }`, which tells clients that they may. Its connections are emitted as
 * `connection`, with the HTTP/2 request.
 */
export function acceptOverHttp2(server: WebSocketServer, http2: Http2Server | Http2SecureServer): void {
  // A server with a listener for `request` gives CONNECTs here, too, and answers 405 where nobody listens.
  http2.on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (!isExtendedConnect(request.headers)) response.writeHead(405).end();
  });
  http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const request = requestOf(stream, headers);
    if (isExtendedConnect(request.headers)) accept(server, stream, request);
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
  const { ok: handshake, refusal } = server.read(readExtendedConnect(request));
  if (refusal !== undefined) {
    refuse(refusal);
    return;
  }
  server.admit(handshake, request, (refused) => {
    if (stream.destroyed) return;
    if (refused !== undefined || !server.isOpen) {
      refuse(refused ?? { status: 503, message: 'Service Unavailable' });
      return;
    }
    try {
      const agreement = server.agreeWith(handshake, request);
      stream.respond(answerExtendedConnect(agreement));
      emitToUser(server, 'connection', server.adopt(stream, NO_BYTES, agreement), request);
    } catch (error) {
      surface(error);
      refuse({ status: 500, message: 'Internal Server Error' });
    }
  });
}

/**
 * The way into a WebSocket: which address, which origin, and whether there is room. The opening handshake itself is the
 * engine's; what is refused here is refused before it.
 */
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from '@fullduplex/websocket';
import { CommandError, parseName } from '@fullduplex/wire';
import type { Origins } from '../http/origins.js';
import type { Capacity } from './capacity.js';

export interface Doors {
  session(socket: WebSocket): void;
  plainGroup(socket: WebSocket): void;
  /** @param name as `parseName` gives it */
  plainDirect(socket: WebSocket, name: string): void;
}

export interface UpgradeServices {
  readonly engine: WebSocketServer;
  readonly origins: Origins;
  readonly capacity: Capacity;
  /** Whether the plain addresses are open. */
  readonly guests: boolean;
  readonly doors: Doors;
  isOpen(): boolean;
  /** The caller's address, or undefined where a limit by address makes no sense. */
  addressOf(request: IncomingMessage): string | undefined;
  /** What else the HTTP server answers. */
  request(request: IncomingMessage, response: ServerResponse): void;
}

/** Takes an `upgrade` event. Never throws. */
export function upgrade(
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
  services: UpgradeServices,
): void {
  stream.on('error', () => stream.destroy());
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    answerPlainly(request, stream, services);
    return;
  }
  try {
    const open = doorOf(request, services);
    const { origin, host } = request.headers;
    services.origins.check(origin, host);
    if (!services.isOpen()) throw new CommandError('shutting_down', 'The server is stopping.');
    if (!services.capacity.hasRoom()) {
      refuse(stream, 503, new CommandError('too_many_requests', 'There is no room for another connection.'));
      return;
    }
    const leave = services.capacity.enter(services.addressOf(request));
    if (leave === undefined) {
      throw new CommandError('too_many_requests', 'This address has as many connections as one may have.');
    }
    stream.once('close', leave);
    services.engine.handleUpgrade(request, stream, head, open);
  } catch (error) {
    const told =
      error instanceof CommandError ? error : new CommandError('internal', 'Something went wrong here.');
    refuse(stream, told.status, told);
  }
}

/** What serves the address. */
function doorOf(request: IncomingMessage, services: UpgradeServices): (socket: WebSocket) => void {
  const { doors } = services;
  const path = (request.url ?? '/').split('?', 1)[0]!;
  if (path === '/connection/websocket') return (socket) => doors.session(socket);
  const isGroup = path === '/ws';
  if (!isGroup && !path.startsWith('/ws/')) {
    throw new CommandError('method_not_found', 'There is no WebSocket at this address.');
  }
  if (!services.guests) {
    throw new CommandError(
      'permission_denied',
      'The plain addresses are for guests, and this server has none.',
    );
  }
  if (isGroup) return (socket) => doors.plainGroup(socket);
  const name = parseName(decode(path.slice('/ws/'.length)));
  return (socket) => doors.plainDirect(socket, name);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new CommandError('invalid_name', 'The name is not percent-encoded UTF-8.', { cause });
  }
}

/** An upgrade to something else (HTTP/2, say) is an offer that may be passed over: the request is answered as it is. */
function answerPlainly(request: IncomingMessage, stream: Duplex, services: UpgradeServices): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  response.on('finish', () => {
    response.detachSocket(request.socket);
    stream.end();
  });
  services.request(request, response);
}

function refuse(stream: Duplex, status: number, error: CommandError): void {
  const body = JSON.stringify(error.toHttp());
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(status === 503 ? ['Retry-After: 5'] : []),
  ];
  stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

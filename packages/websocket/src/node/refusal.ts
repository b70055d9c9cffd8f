/** How a request that will not become a connection is answered, over HTTP/1.1. */
import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../protocol/handshake.js';
import { formatHead } from '../protocol/server-handshake.js';

/** Answers, and ends the stream. */
export function refuseUpgrade(stream: Duplex, refusal: Refusal): void {
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
  stream.end(formatHead(lines) + message);
}

/** Answers a request that asks for no upgrade, on a server that has nothing else to give. */
export function askForUpgrade(_request: http.IncomingMessage, response: http.ServerResponse): void {
  const body = http.STATUS_CODES[426]!;
  response.writeHead(426, {
    'Content-Length': body.length,
    'Content-Type': 'text/plain',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
  });
  response.end(body);
}

/** For a stream whose handshake is under way: an error ends it, and is nobody's else. */
export function destroyStream(this: Duplex): void {
  this.destroy();
}

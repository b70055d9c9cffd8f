/** Servers and clients on the loopback for tests, and waiting for what they emit. */
import type { EventEmitter } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from '../../src/index.js';

/** A watchdog and not a measure, in milliseconds. */
const LIMIT = 60_000;

/** The arguments of the next event of that name; fails when none comes. */
export function next<T extends unknown[] = unknown[]>(emitter: object, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${event}" came`)), LIMIT);
    (emitter as EventEmitter).once(event, (...values: unknown[]) => {
      clearTimeout(timer);
      resolve(values as T);
    });
  });
}

/** Waits until the condition holds; fails when it never does. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + LIMIT;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`it never came to ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Served {
  readonly server: WebSocketServer;
  readonly url: string;
  readonly port: number;
}

/** A server that is gone, with its connections, when the test is over. */
export async function serve(
  options: ServerOptions = {},
  onConnection: (socket: WebSocket) => void = () => {},
): Promise<Served> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', onConnection);
  await next(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of server.clients ?? []) socket.terminate();
    server.close();
  });
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

export function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** An open client, which is gone when the test is over. */
export async function open(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  await next(socket, 'open');
  return socket;
}

/** Both ends of one connection. */
export async function pair(
  serverOptions: ServerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<{ theirs: WebSocket; ours: WebSocket; served: Served }> {
  const served = await serve(serverOptions);
  const connected = next<[WebSocket]>(served.server, 'connection');
  const ours = await open(served.url, clientOptions);
  const [theirs] = await connected;
  return { theirs, ours, served };
}

export async function nextMessage(socket: WebSocket): Promise<Buffer> {
  const [data] = await next<[Buffer]>(socket, 'message');
  return data;
}

export const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** A bare client: it has sent a request's lines, and collects what comes. */
export async function bare(
  port: number,
  lines: readonly string[] = REQUEST,
): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  await next(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await until(() => Buffer.concat(chunks).includes('\r\n\r\n'));
  return { socket, received: () => Buffer.concat(chunks) };
}

/** What came behind the head of the answer. */
export function behindHead(received: Buffer): Buffer {
  return received.subarray(received.indexOf('\r\n\r\n') + 4);
}

/**
 * Collects what is thrown with nobody to catch it, until the test is over: such an exception is to surface in a turn of
 * its own, and not to be the end of the test.
 */
export function surfaced(): () => string[] {
  const messages: string[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => messages.push(error.message));
  onTestFinished(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  return () => messages;
}

/** So many bytes of text that compresses well enough; another seed gives another one. */
export function digits(length: number, seed = 1): Buffer {
  let content = '';
  for (let word = seed; content.length < length; word = (word * 1103515245 + 12345) & 0x7fffffff)
    content += ` ${word % 997}`;
  return Buffer.from(content.slice(0, length));
}

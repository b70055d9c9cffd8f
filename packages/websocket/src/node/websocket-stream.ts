/**
 * `WebSocketStream`: a connection as a pair of web streams, with backpressure both ways, after the interface that browsers
 * are getting (https://websockets.spec.whatwg.org/#the-websocketstream-interface). It uses nothing of a WebSocket that
 * an application could not.
 */
import { ReadableStream, WritableStream } from 'node:stream/web';
import { WebSocketError } from '../protocol/errors.js';
import type { ClientOptions } from './client.js';
import { WebSocket } from './websocket.js';

export interface WebSocketConnection {
  /** Messages: text as strings, binary ones as bytes. Ends when the connection is closed. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** A write is over when the operating system has taken the message. Closing it closes the connection. */
  readonly writable: WritableStream<string | Uint8Array>;
  readonly protocol: string;
  readonly extensions: string;
}

export interface WebSocketCloseInfo {
  /** 1005 when the peer gave none; leave it out to give none. */
  readonly closeCode?: number;
  readonly reason?: string;
}

export class WebSocketStream {
  readonly url: string;
  /** Rejects when the handshake fails. */
  readonly opened: Promise<WebSocketConnection>;
  /** Rejects when the connection ends without a closing handshake. */
  readonly closed: Promise<WebSocketCloseInfo>;
  private readonly socket: WebSocket;

  /**
   * @param target - an address to connect to; or a WebSocket, such as a server's connection, whose messages nobody else
   *   may take then
   * @throws SyntaxError - the address is no WebSocket address
   */
  constructor(target: string | URL | WebSocket, options: ClientOptions = {}) {
    const socket = target instanceof WebSocket ? target : new WebSocket(target, options);
    this.socket = socket;
    this.url = socket.url ?? '';
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    this.closed = new Promise((resolve, reject) => {
      socket.once('close', (closeCode, reason) => {
        if (closeCode !== 1006) resolve({ closeCode, reason: reason.toString() });
        else
          reject(
            failure ??
              new WebSocketError('WS_ERR_NOT_OPEN', 'The connection ended without a closing handshake'),
          );
      });
    });
    this.opened = new Promise((resolve, reject) => {
      if (socket.readyState === socket.OPEN) resolve(connectionOf(socket));
      socket.once('open', () => resolve(connectionOf(socket)));
      socket.once('close', () =>
        reject(failure ?? new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed')),
      );
    });
    // Whoever waits for neither must not be ended by their rejections.
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Begins the closing handshake. */
  close({ closeCode, reason }: WebSocketCloseInfo = {}): void {
    this.socket.close(closeCode ?? (reason === undefined ? undefined : 1000), reason);
  }
}

function connectionOf(socket: WebSocket): WebSocketConnection {
  const messages = socket[Symbol.asyncIterator]();
  const readable = new ReadableStream<string | Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await messages.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        socket.close();
      },
    },
    // The WebSocket holds what is not read; here nothing more is.
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<string | Uint8Array>({
    write(chunk) {
      return new Promise((resolve, reject) => {
        socket.send(chunk, (error) => (error ? reject(error) : resolve()));
      });
    },
    close() {
      socket.close();
    },
    abort() {
      socket.close();
    },
  });
  return { readable, writable, protocol: socket.protocol, extensions: socket.extensions };
}

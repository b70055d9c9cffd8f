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
  /**
   * Messages: text as strings, binary ones as bytes. Ends when the connection is closed, and fails when that is not clean.
   * Cancelling it closes the connection: with the `closeCode` and `reason` of what it is cancelled with.
   */
  readonly readable: ReadableStream<string | Uint8Array>;
  /**
   * A write is over when the operating system has taken the message. Closing it closes the connection, and is over when
   * the peer has answered; aborting it is as cancelling the other.
   */
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
        else reject(failure ?? brokenOff());
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

  /** Begins the closing handshake. Throws as `WebSocket.close`. */
  close({ closeCode, reason }: WebSocketCloseInfo = {}): void {
    closeWith(this.socket, closeCode, reason);
  }
}

function brokenOff(): WebSocketError {
  return new WebSocketError('WS_ERR_ABNORMAL_CLOSURE', 'The connection ended without a closing handshake');
}

function closeWith(socket: WebSocket, closeCode: number | undefined, reason: string | undefined): void {
  if (closeCode === undefined && !reason) socket.close();
  else socket.close(closeCode ?? 1000, reason);
}

/** Why a stream is given up: what bears a close code, as a browser's `WebSocketError` does, is what the peer is told. */
function closeFor(socket: WebSocket, why: unknown): void {
  const { closeCode, reason } = (typeof why === 'object' && why !== null ? why : {}) as WebSocketCloseInfo;
  closeWith(socket, closeCode ?? undefined, typeof reason === 'string' ? reason : undefined);
}

/** Resolves with the connection's end, and rejects when it was not clean. */
function ended(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', (code) => (code === 1006 ? reject(brokenOff()) : resolve()));
  });
}

function connectionOf(socket: WebSocket): WebSocketConnection {
  const messages = socket[Symbol.asyncIterator]();
  const end = ended(socket);
  end.catch(() => {});
  const readable = new ReadableStream<string | Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await messages.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(why) {
        closeFor(socket, why);
      },
    },
    // The WebSocket holds what is not read; here nothing more is.
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<string | Uint8Array>({
    start(controller) {
      socket.once('close', (code) => {
        const error = code === 1006 ? brokenOff() : new TypeError('The connection is closed');
        controller.error(error);
      });
    },
    write(chunk) {
      return new Promise((resolve, reject) => {
        socket.send(chunk, (error) => (error ? reject(error) : resolve()));
      });
    },
    close() {
      socket.close();
      return end;
    },
    abort(why) {
      closeFor(socket, why);
    },
  });
  return { readable, writable, protocol: socket.protocol, extensions: socket.extensions };
}

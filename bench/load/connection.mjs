/** One client of the load: a bare TCP socket, an opening handshake that is checked, and from then on raw bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { openSocket } from './socket.mjs';

const accept = (/** @type {string} */ key) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/**
 * Says what is wrong with the answer to an opening handshake, or nothing.
 * @param {string} head
 * @param {string} key
 * @param {boolean} deflate
 */
const complaint = (head, key, deflate) => {
  if (!head.startsWith('HTTP/1.1 101 ')) return `the handshake was refused: ${head.slice(0, 200)}`;
  const fields = new Map(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (fields.get('sec-websocket-accept') !== accept(key)) return 'the accept value is wrong';
  const extension = fields.get('sec-websocket-extensions') ?? '';
  if (deflate !== extension.includes('permessage-deflate')) return `compression came out as "${extension}"`;
  return undefined;
};

export class LoadConnection {
  /** Called with what arrived; the buffer is valid during the call only. */
  onBytes = (/** @type {Buffer} */ _buffer, /** @type {number} */ _length) => {};
  ended = false;

  /**
   * @param {{ port: number, deflate?: string, path?: string, secure?: boolean }} options `deflate`: the extension as it
   *   is offered; `secure`: over TLS
   */
  constructor({ port, deflate, path = '/', secure = false }) {
    const key = randomBytes(16).toString('base64');
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
    ];
    if (deflate !== undefined) lines.push(`Sec-WebSocket-Extensions: ${deflate}`);
    let head = '';
    let isOpen = false;
    /** @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      const onOpen = () => this.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
      const onData = (/** @type {Buffer} */ buffer, /** @type {number} */ length) => {
        if (isOpen) {
          this.onBytes(buffer, length);
          return;
        }
        head += buffer.toString('latin1', 0, length);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        isOpen = true;
        const wrong = complaint(head.slice(0, end), key, deflate !== undefined);
        if (wrong) reject(new Error(wrong));
        resolve();
        const rest = head.length - end - 4;
        if (rest > 0) this.onBytes(buffer.subarray(length - rest, length), rest);
      };
      const onClose = (/** @type {Error | undefined} */ error) => {
        reject(error ?? new Error('closed before the handshake'));
        if (!this.ended) this.onLost();
      };
      this.socket = openSocket(port, { onOpen, onData, onClose }, secure);
    });
  }

  /** The measurement is worth nothing without all of its clients. */
  onLost() {
    console.error('the server closed a connection under load');
    process.exit(1);
  }

  write(/** @type {Buffer} */ data) {
    /** @type {import('./socket.mjs').BareSocket} */ (this.socket).write(data);
  }

  /** Reads nothing more but by the function that this gives, where that can be had. */
  readOnDemand() {
    return this.socket?.readOnDemand?.();
  }

  end() {
    this.ended = true;
    /** @type {import('./socket.mjs').BareSocket} */ (this.socket).destroy();
  }
}

/**
 * Opens many, some at a time.
 * @param {number} count
 * @param {{ port: number, deflate?: string, secure?: boolean }} options
 */
export const openMany = async (count, options) => {
  /** @type {LoadConnection[]} */
  const opened = [];
  while (opened.length < count) {
    const some = Array.from(
      { length: Math.min(64, count - opened.length) },
      () => new LoadConnection(options),
    );
    await Promise.all(some.map((connection) => connection.ready));
    opened.push(...some);
  }
  return opened;
};

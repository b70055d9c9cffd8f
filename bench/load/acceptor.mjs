/** The load's own server, for rows that measure clients: bare sockets that answer the opening handshake. */
import { createHash } from 'node:crypto';
import { listen } from './socket.mjs';

const accept = (/** @type {string} */ key) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

class Accepted {
  onBytes = (/** @type {Buffer} */ _buffer, /** @type {number} */ _length) => {};
  ended = false;
  #socket;

  /**
   * @param {import('./socket.mjs').BareSocket} socket
   */
  constructor(socket) {
    this.#socket = socket;
  }

  write(/** @type {Buffer} */ data) {
    this.#socket.write(data);
  }

  end() {
    this.ended = true;
    this.#socket.destroy();
  }
}

/**
 * Listens, and resolves `connections` when so many have come and been answered.
 *
 * @param {number} count
 * @returns {Promise<{ port: number, connections: Promise<Accepted[]> }>}
 */
export const acceptMany = async (count) => {
  /** @type {Accepted[]} */
  const accepted = [];
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {Promise<Accepted[]>} */
  const connections = new Promise((done) => {
    resolve = () => done(accepted);
  });
  const port = await listen((socket) => {
    const connection = new Accepted(socket);
    let head = '';
    let isOpen = false;
    return {
      onOpen: () => {},
      onData: (buffer, length) => {
        if (isOpen) {
          connection.onBytes(buffer, length);
          return;
        }
        head += buffer.toString('latin1', 0, length);
        if (!head.endsWith('\r\n\r\n')) return;
        isOpen = true;
        const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? '';
        const lines = [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Accept: ${accept(key)}`,
        ];
        connection.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
        accepted.push(connection);
        if (accepted.length === count) resolve();
      },
      onClose: () => {
        if (connection.ended) return;
        console.error('a client closed its connection under load');
        process.exit(1);
      },
    };
  });
  return { port, connections };
};

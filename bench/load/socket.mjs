/**
 * A bare TCP client on `node:net`. All of them read into one shared buffer, so that receiving costs next to nothing
 * and one core of load keeps one core of server busy.
 */
import { connect } from 'node:net';

/**
 * @typedef {object} Handlers
 * @property {() => void} onOpen
 * @property {(buffer: Buffer, length: number) => void} onData the buffer may be shared: valid during the call only
 * @property {(error?: Error) => void} onClose
 *
 * @typedef {object} BareSocket
 * @property {(data: Buffer) => void} write whole, in order, however long it takes
 * @property {() => void} destroy
 */

const arrivals = Buffer.allocUnsafe(512 * 1024);

/** @returns {BareSocket} */
export const openSocket = (/** @type {number} */ port, /** @type {Handlers} */ handlers) => {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: arrivals,
      callback: (length) => {
        handlers.onData(arrivals, length);
        return true;
      },
    },
  });
  socket.on('connect', handlers.onOpen);
  /** @type {Error | undefined} */
  let failure;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => handlers.onClose(failure));
  return { write: (data) => void socket.write(data), destroy: () => void socket.destroy() };
};

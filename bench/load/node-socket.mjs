/** The load's client on `node:net`. All of them read into one shared buffer, so that receiving costs little. */
import { connect, createServer } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

const arrivals = Buffer.allocUnsafe(512 * 1024);

/**
 * @param {number} port
 * @param {import('./socket.mjs').Handlers} handlers
 * @param {boolean} [secure]
 * @returns {import('./socket.mjs').BareSocket}
 */
export const openNodeSocket = (port, handlers, secure = false) => {
  const address = { port, host: '127.0.0.1', noDelay: true };
  const onread = {
    buffer: arrivals,
    callback: (/** @type {number} */ length) => {
      handlers.onData(arrivals, length);
      return true;
    },
  };
  // What TLS has decrypted comes in buffers of its own.
  const socket = secure
    ? connectSecurely({ ...address, rejectUnauthorized: false })
    : connect({ ...address, onread });
  if (secure) socket.on('data', (chunk) => handlers.onData(chunk, chunk.length));
  socket.on(secure ? 'secureConnect' : 'connect', handlers.onOpen);
  /** @type {Error | undefined} */
  let failure;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => handlers.onClose(failure));
  return { write: (data) => void socket.write(data), destroy: () => void socket.destroy() };
};

/** @type {import('./socket.mjs').Listen} */
export const listenNode = (onSocket) => {
  const server = createServer({ noDelay: true }, (socket) => {
    const handlers = onSocket({
      write: (data) => void socket.write(data),
      destroy: () => void socket.destroy(),
    });
    socket.on('data', (chunk) => handlers.onData(chunk, chunk.length));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => handlers.onClose());
    handlers.onOpen();
  });
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port),
    );
  });
};

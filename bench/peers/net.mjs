/**
 * The floor under everything on Node: a TCP server that answers the opening handshake by hand and then returns
 * every chunk as it came. It does not parse, unmask or frame, so nothing that does can be faster.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { serving } from './host.mjs';

const accept = (/** @type {string} */ key) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (head) => {
    const key = /sec-websocket-key: (\S+)/i.exec(head.toString('latin1'))?.[1] ?? '';
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
    );
    socket.on('data', (chunk) => socket.write(chunk));
  });
});
server.listen(0, '127.0.0.1', 4096, () =>
  serving(/** @type {import('node:net').AddressInfo} */ (server.address()).port),
);

/** `ws` as its documentation has it: an echo, or a loop over `clients` for a broadcast. */
import { WebSocketServer } from 'ws';
import { mode, serving } from './host.mjs';

const perMessageDeflate = mode.startsWith('compressed');
// The answers of `compressed` go out as they are: only what comes in is inflated.
const compress = mode === 'compressed-both';
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  backlog: 4096,
  perMessageDeflate,
});

server.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error));
  if (mode === 'broadcast' || mode === 'chat') {
    socket.on('message', (data, binary) => {
      for (const client of server.clients) client.send(data, { binary });
    });
  } else {
    socket.on('message', (data, binary) => socket.send(data, { binary, compress }));
  }
});
server.on('listening', () => serving(/** @type {import('node:net').AddressInfo} */ (server.address()).port));

/** Our engine, as built in `packages/websocket/dist`: an echo, or a `BroadcastGroup` of everyone. */
import { BroadcastGroup, WebSocketServer } from '../../packages/websocket/dist/index.js';
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
const group = new BroadcastGroup();

server.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error));
  if (mode === 'broadcast') {
    group.add(socket);
    socket.on('message', (data, binary) => group.send(data, { binary }));
  } else {
    socket.on('message', (data, binary) => socket.send(data, { binary, compress }));
  }
});
server.on('listening', () => serving(/** @type {import('node:net').AddressInfo} */ (server.address()).port));

/** Socket.IO as its documentation has it: everyone in the rooms they ask for, each message emitted to its room. No log. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serving } from './host.mjs';

const http = createServer();
const io = new Server(http, { serveClient: false, pingInterval: 600_000 });

io.on('connection', (socket) => {
  // Two more than asked for, as a session of ours follows the lobby and its own feed.
  socket.on('join', (/** @type {number} */ rooms, /** @type {() => void} */ joined) => {
    void socket.join([
      'lobby',
      `user:${socket.id}`,
      ...Array.from({ length: rooms }, (_, room) => `room-${room}`),
    ]);
    joined();
  });
  socket.on('message', (/** @type {number} */ room, /** @type {string} */ text) => {
    io.to(`room-${room}`).emit('message', text);
  });
});
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  serving(/** @type {import('node:net').AddressInfo} */ (http.address()).port),
);

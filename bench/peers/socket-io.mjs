/** Socket.IO as its documentation has it: everyone in one room, each message emitted to the room. No log. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serving } from './host.mjs';

const http = createServer();
const io = new Server(http, { serveClient: false, pingInterval: 600_000 });

io.on('connection', (socket) => {
  // Three rooms, as a session of ours follows three channels.
  void socket.join(['room', 'lobby', `user:${socket.id}`]);
  socket.on('message', (text) => {
    io.to('room').emit('message', text);
  });
});
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  serving(/** @type {import('node:net').AddressInfo} */ (http.address()).port),
);

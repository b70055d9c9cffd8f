/**
 * An echo server for other people's conformance suites: `node test/conformance/echo-server.mjs [PORT]`, after
 * `npm run build`. Only the size of a message is raised above its default, for the suites that send the most.
 */
import { WebSocketServer } from '../../packages/websocket/dist/index.js';

const server = new WebSocketServer({
  port: Number(process.argv[2] ?? 9001),
  perMessageDeflate: true,
  maxPayload: 128 * 1024 * 1024,
});

server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => {});
});
server.on('listening', () => console.log('echo on port', server.address().port));

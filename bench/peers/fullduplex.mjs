/** Our engine, as built in `packages/websocket/dist`: an echo, or a `BroadcastGroup` of everyone, or several. */
import { createServer } from 'node:https';
import { BroadcastGroup, WebSocketServer } from '../../packages/websocket/dist/index.js';
import { cert, key } from './certificate.mjs';
import { groupCount, isSecure, lacking, mode, serving } from './host.mjs';

/** The server's option by which a message is valid until the listener returns, and its memory is used again. */
const REUSE = 'reuseMemory';

const perMessageDeflate = mode.startsWith('compressed');
// The answers of `compressed` go out as they are: only what comes in is inflated.
const compress = mode === 'compressed-both';
const secure = isSecure ? createServer({ cert, key }) : undefined;
const server = new WebSocketServer({
  ...(secure ? { server: secure } : { port: 0, host: '127.0.0.1', backlog: 4096 }),
  perMessageDeflate,
  ...(mode === 'reused' ? { [REUSE]: true } : {}),
});
// A server tells all of its options, with their defaults.
const known = /** @type {object} */ (new WebSocketServer({ noServer: true }).options);
if (mode === 'reused' && !(REUSE in known)) lacking(REUSE);

const broadcast = Array.from({ length: groupCount }, () => new BroadcastGroup());
/** @type {import('../../packages/websocket/dist/index.js').WebSocket[]} */
const sockets = [];
/** @type {BroadcastGroup[]} */
const kept = [];

server.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error));
  if (broadcast.length > 0) {
    for (const group of broadcast) group.add(socket);
    socket.on('message', (data, binary) => broadcast[(data[0] ?? 0) % groupCount]?.send(data, { binary }));
  } else if (mode === 'text') {
    socket.on('message', (data) => socket.send(data.toString()));
  } else {
    if (mode === 'groups') sockets.push(socket);
    socket.on('message', (data, binary) => socket.send(data, { binary, compress }));
  }
});

/** So many groups more, each of one connection, and each has sent a message. */
const groups = (/** @type {number} */ count) => {
  for (let i = 0; i < count; i++) {
    const group = new BroadcastGroup();
    group.add(/** @type {(typeof sockets)[number]} */ (sockets[i % sockets.length]));
    group.send('x'.repeat(64));
    kept.push(group);
  }
  return { size: kept.length };
};

const onListening = () =>
  serving(/** @type {import('node:net').AddressInfo} */ ((secure ?? server).address()).port, { groups });
if (secure) secure.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, onListening);
else server.on('listening', onListening);

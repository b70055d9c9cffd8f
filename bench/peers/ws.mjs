/** `ws` as its documentation has it: an echo, or a loop over `clients` for a broadcast. A group is a set of them. */
import { createServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { cert, key } from './certificate.mjs';
import { groupCount, isSecure, mode, serving } from './host.mjs';

const perMessageDeflate = mode.startsWith('compressed');
// The answers of `compressed` go out as they are: only what comes in is inflated.
const compress = mode === 'compressed-both';
const secure = isSecure ? createServer({ cert, key }) : undefined;
const server = new WebSocketServer({
  ...(secure ? { server: secure } : { port: 0, host: '127.0.0.1', backlog: 4096 }),
  perMessageDeflate,
});

/** @typedef {import('ws').WebSocket} WebSocket */
/** @type {Set<WebSocket>[]} */
const broadcast = groupCount > 1 ? Array.from({ length: groupCount }, () => new Set()) : [server.clients];
/** @type {Set<WebSocket>[]} */
const kept = [];

server.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error));
  if (groupCount > 0 || mode === 'chat') {
    if (groupCount > 1) for (const group of broadcast) group.add(socket);
    socket.on('message', (data, binary) => {
      const group = broadcast.length > 1 ? /** @type {Buffer} */ (data)[0] : 0;
      for (const client of broadcast[group ?? 0] ?? []) client.send(data, { binary });
    });
  } else if (mode === 'text') {
    socket.on('message', (data) => socket.send(/** @type {Buffer} */ (data).toString()));
  } else {
    socket.on('message', (data, binary) => socket.send(data, { binary, compress }));
  }
});

/** So many groups more, each of one connection, and each has sent a message. */
const groups = (/** @type {number} */ count) => {
  const sockets = [...server.clients];
  for (let i = 0; i < count; i++) {
    const group = new Set([/** @type {WebSocket} */ (sockets[i % sockets.length])]);
    for (const client of group) client.send('x'.repeat(64));
    kept.push(group);
  }
  return { size: kept.length };
};

const onListening = () =>
  serving(/** @type {import('node:net').AddressInfo} */ ((secure ?? server).address()).port, { groups });
if (secure) secure.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, onListening);
else server.on('listening', onListening);

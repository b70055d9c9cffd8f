/** Clients by our engine, as built in `packages/websocket/dist`. */
import { WebSocket } from '../../packages/websocket/dist/index.js';
import { echoing } from './client-host.mjs';

echoing((url, onOpen) => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('error', (error) => console.error(error));
  socket.on('open', onOpen);
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});

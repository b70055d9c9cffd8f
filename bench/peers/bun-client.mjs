/** Clients by Bun's own `WebSocket`. */
import { echoing } from './client-host.mjs';

echoing((url, onOpen) => {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('error', (event) => console.error(event));
  socket.addEventListener('open', onOpen);
  socket.addEventListener('message', ({ data }) => socket.send(data));
});

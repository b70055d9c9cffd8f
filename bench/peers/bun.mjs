/** Bun's own server: an echo, or its native publish and subscribe for a broadcast. */
import { mode, serving } from './host.mjs';

const bun = /** @type {any} */ (globalThis).Bun;
const compressed = mode.startsWith('compressed');
const both = mode === 'compressed-both';

const server = bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(/** @type {Request} */ request, /** @type {any} */ self) {
    return self.upgrade(request) ? undefined : new Response('', { status: 400 });
  },
  websocket: {
    idleTimeout: 0,
    maxPayloadLength: 32 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    perMessageDeflate: both ? { compress: 'dedicated', decompress: 'dedicated' } : compressed,
    open(/** @type {any} */ socket) {
      if (mode === 'broadcast') socket.subscribe('all');
    },
    message(/** @type {any} */ socket, /** @type {string | Uint8Array} */ data) {
      if (mode === 'broadcast') server.publish('all', data);
      else socket.send(data, both);
    },
  },
});
serving(server.port);

/** Bun's own server: an echo, or its native publish and subscribe for a broadcast. */
import { cert, key } from './certificate.mjs';
import { groupCount, isSecure, mode, serving } from './host.mjs';

const bun = /** @type {any} */ (globalThis).Bun;
const compressed = mode.startsWith('compressed');
const both = mode === 'compressed-both';
const topics = Array.from({ length: groupCount }, (_, index) => `topic-${index}`);
/** @type {any[]} */
const sockets = [];
let made = 0;

const server = bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  ...(isSecure ? { tls: { cert, key } } : {}),
  fetch(/** @type {Request} */ request, /** @type {any} */ self) {
    return self.upgrade(request) ? undefined : new Response('', { status: 400 });
  },
  websocket: {
    idleTimeout: 0,
    maxPayloadLength: 32 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    perMessageDeflate: both ? { compress: 'dedicated', decompress: 'dedicated' } : compressed,
    open(/** @type {any} */ socket) {
      for (const topic of topics) socket.subscribe(topic);
      if (mode === 'groups') sockets.push(socket);
    },
    message(/** @type {any} */ socket, /** @type {string | Uint8Array} */ data) {
      if (topics.length > 0) server.publish(topics[/** @type {number} */ (data[0]) % groupCount], data);
      else socket.send(data, both);
    },
  },
});

/** So many topics more, each of one connection, and each has sent a message. */
const groups = (/** @type {number} */ count) => {
  for (let i = 0; i < count; i++) {
    const topic = `made-${made++}`;
    sockets[i % sockets.length].subscribe(topic);
    server.publish(topic, 'x'.repeat(64));
  }
  return { size: made };
};

serving(server.port, { groups });

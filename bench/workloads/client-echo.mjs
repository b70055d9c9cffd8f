/**
 * The client role: one process of clients, whose CPU is what counts, each with a connection to the load's own server. It
 * is sent a message, sends it back, and is sent the next.
 */
import { acceptMany } from '../load/acceptor.mjs';
import { BINARY, bytes, serverFrame } from '../load/frames.mjs';
import { Unmasked } from '../load/unmasked.mjs';
import { measure } from '../measure/meter.mjs';

const CONNECTIONS = 100;

/** @returns {import('./index.mjs').Workload} */
const clientEcho = (/** @type {number} */ size, /** @type {string} */ name) => ({
  name: `client-${name}`,
  title: `client role: echo, ${size === 20 ? '20 B' : '16 KiB'}, ${CONNECTIONS} connections`,
  kind: 'rate',
  mode: 'client',
  unit: 'messages',
  wanted: {},
  run: async ({ server, times }) => {
    const payload = bytes(size);
    const frame = serverFrame(BINARY, payload);
    const { port, connections } = await acceptMany(CONNECTIONS);
    await server.ask(`connect ${port} ${CONNECTIONS}`);
    let messages = 0;
    const opened = await connections;
    for (const connection of opened) {
      const unmasked = new Unmasked(BINARY, payload);
      connection.onBytes = (buffer, length) => {
        const whole = unmasked.check(buffer, length);
        messages += whole;
        if (whole > 1) throw new Error('more came back than was sent');
        if (whole === 1) connection.write(frame);
      };
    }
    for (const connection of opened) connection.write(frame);
    const window = await measure(server, () => messages, times);
    for (const connection of opened) connection.end();
    return window;
  },
});

export const clientEcho20 = clientEcho(20, 'echo-20');
export const clientEcho16k = clientEcho(16 * 1024, 'echo-16k');

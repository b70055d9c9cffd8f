/**
 * Fan-out: one connection publishes, every connection reads. The publisher writes a burst of messages at once and
 * the next one when every reader has the whole burst, so a server that joins what it has for a reader gains by it,
 * as it does when a busy channel is read by many.
 */
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame } from '../load/frames.mjs';
import { measure } from '../measure/meter.mjs';

/**
 * @param {import('./index.mjs').Context} context
 * @param {{ readers: number, size: number, burst: number }} load
 */
const runFanOut = async ({ server, times }, { readers, size, burst }) => {
  const payload = bytes(size);
  const answer = serverFrame(BINARY, payload);
  const frame = clientFrame(BINARY, payload, { mask: bytes(4, 99) });
  const frames = Buffer.concat(Array.from({ length: burst }, () => frame));
  const expected = new Expected(answer);
  const opened = await openMany(readers, { port: server.port });
  const publisher = /** @type {import('../load/connection.mjs').LoadConnection} */ (opened[0]);
  const due = answer.length * burst;
  let deliveries = 0;
  let satisfied = 0;
  for (const connection of opened) {
    let at = 0;
    let arrived = 0;
    connection.onBytes = (buffer, length) => {
      at = expected.check(at, buffer, length);
      arrived += length;
      if (arrived > due) throw new Error('more came back than was published');
      if (arrived < due) return;
      arrived = 0;
      deliveries += burst;
      if (++satisfied < readers) return;
      satisfied = 0;
      publisher.write(frames);
    };
  }
  publisher.write(frames);
  const window = await measure(server, () => deliveries, times);
  for (const connection of opened) connection.end();
  return window;
};

/** @returns {import('./index.mjs').Workload} */
const fanOut = (
  /** @type {number} */ readers,
  /** @type {number} */ burst,
  /** @type {string} */ wanted,
) => ({
  name: `fan-out-${readers}`,
  title: `fan-out, 64 B to ${readers} (bursts of ${burst})`,
  kind: 'rate',
  mode: 'broadcast',
  unit: 'deliveries',
  wanted: { node20: wanted },
  run: (context) => runFanOut(context, { readers, size: 64, burst }),
});

export const fanOut100 = fanOut(100, 12, '≥ 14.5');
export const fanOut1000 = fanOut(1000, 6, '≥ 7.5');

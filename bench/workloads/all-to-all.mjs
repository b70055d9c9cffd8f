/**
 * All to all: every one of 500 connections sends one message, the server gives each to everyone, and the next
 * round begins when the first of them has all of the last. The first round names its senders and is checked for
 * loss, doubles and one order for all; the rounds on the clock are compared byte by byte.
 */
import { keepBursting } from '../load/bursts.mjs';
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame } from '../load/frames.mjs';
import { measure } from '../measure/meter.mjs';

const PEOPLE = 500;
const SIZE = 20;

/**
 * @param {import('../load/connection.mjs').LoadConnection[]} opened
 * @returns {Promise<void>}
 */
const checkOneRound = (opened) =>
  new Promise((resolve, reject) => {
    const size = serverFrame(BINARY, Buffer.alloc(SIZE)).length;
    /** @type {string | undefined} */
    let first;
    let finished = 0;
    const mask = bytes(4, 99);
    opened.forEach((connection, number) => {
      const received = Buffer.alloc(size * opened.length);
      let length = 0;
      connection.onBytes = (buffer, count) => {
        length += buffer.copy(received, length, 0, count);
        if (length < received.length) return;
        const order = [];
        for (let at = 0; at < received.length; at += size)
          order.push(received.readUInt32BE(at + size - SIZE));
        const told = order.join();
        if (new Set(order).size !== opened.length) reject(new Error('a message was lost or doubled'));
        first ??= told;
        if (told !== first) reject(new Error('two readers saw different orders'));
        if (++finished === opened.length) resolve();
      };
      const payload = Buffer.alloc(SIZE);
      payload.writeUInt32BE(number);
      connection.write(clientFrame(BINARY, payload, { mask }));
    });
  });

/** @type {import('./index.mjs').Workload} */
export const allToAll = {
  name: 'all-to-all',
  title: `all of ${PEOPLE} send to all, ${SIZE} B`,
  kind: 'rate',
  mode: 'broadcast-1',
  unit: 'deliveries',
  wanted: { node20: '≥ 150' },
  run: async ({ server, times }) => {
    const opened = await openMany(PEOPLE, { port: server.port });
    await checkOneRound(opened);
    const payload = bytes(SIZE);
    const frame = clientFrame(BINARY, payload, { mask: bytes(4, 99) });
    const answer = serverFrame(BINARY, payload);
    const expected = new Expected(answer);
    const due = answer.length * PEOPLE;
    let deliveries = 0;
    const reading = opened.map((connection) => {
      let at = 0;
      let arrived = 0;
      const take = (/** @type {Buffer} */ buffer, /** @type {number} */ length) => {
        at = expected.check(at, buffer, length);
        // Counted in parts, because one round takes some servers longer than the window.
        deliveries += length / answer.length;
        arrived += length;
        return Math.floor(arrived / due);
      };
      return { connection, take };
    });
    await keepBursting(reading, () => {
      for (const connection of opened) connection.write(frame);
    });
    const window = await measure(server, () => Math.round(deliveries), times);
    for (const connection of opened) connection.end();
    return window;
  },
};

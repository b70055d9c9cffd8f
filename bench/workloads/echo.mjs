/**
 * Echo: each connection sends one message, waits until the whole answer came back, checks it byte by byte and
 * sends the next. The server's own share of the time is what is counted, so the load may be the slower side.
 */
import { deflateRawSync } from 'node:zlib';
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame } from '../load/frames.mjs';
import { sentences } from '../load/sentences.mjs';
import { measure } from '../measure/meter.mjs';

/**
 * @param {import('./index.mjs').Context} context
 * @param {{ connections: number, frame: Buffer, answer: Buffer, deflate?: string }} load
 */
const runEcho = async ({ server, times }, { connections, frame, answer, deflate }) => {
  const expected = new Expected(answer);
  let messages = 0;
  const opened = await openMany(connections, {
    port: server.port,
    ...(deflate === undefined ? {} : { deflate }),
  });
  for (const connection of opened) {
    let at = 0;
    connection.onBytes = (buffer, length) => {
      const before = at;
      at = expected.check(at, buffer, length);
      // One message is in flight, so the answer is whole when the position is back at the start.
      if (before + length > answer.length) throw new Error('more came back than was sent');
      if (before + length === answer.length) {
        at = 0;
        messages++;
        connection.write(frame);
      }
    };
  }
  for (const connection of opened) connection.write(frame);
  const window = await measure(server, () => messages, times);
  for (const connection of opened) connection.end();
  return window;
};

/**
 * @param {{ name: string, title: string, size: number, connections: number, wanted: { node20: string, node24?: string } }} shape
 * @returns {import('./index.mjs').Workload}
 */
const echo = ({ name, title, size, connections, wanted }) => ({
  name,
  title,
  kind: 'rate',
  mode: 'echo',
  unit: 'messages',
  wanted,
  run: (context) => {
    const payload = bytes(size);
    const frame = clientFrame(BINARY, payload, { mask: bytes(4, 99) });
    return runEcho(context, {
      connections,
      frame,
      answer: context.raw ? frame : serverFrame(BINARY, payload),
    });
  },
});

export const echo20 = echo({
  name: 'echo-20',
  title: 'echo, 20 B, 100 connections',
  size: 20,
  connections: 100,
  wanted: { node20: '≥ 1.17' },
});

export const echo16k = echo({
  name: 'echo-16k',
  title: 'echo, 16 KiB, 100 connections',
  size: 16 * 1024,
  connections: 100,
  wanted: { node20: '≥ 2.5', node24: '≥ 3' },
});

export const echo200k = echo({
  name: 'echo-200k',
  title: 'echo, 200 kB, 20 connections',
  size: 200_000,
  connections: 20,
  wanted: { node20: '≥ 3', node24: '≥ 4.5' },
});

/** @type {import('./index.mjs').Workload} */
export const echoCompressed = {
  name: 'echo-compressed',
  title: 'echo, 512 B compressed inwards, 100 connections',
  kind: 'rate',
  mode: 'compressed',
  unit: 'messages',
  wanted: { node20: '≥ 3.3' },
  run: (context) => {
    const payload = Buffer.from(sentences(512));
    // A block that ends with a sync flush, less the four bytes that the extension leaves out. It refers to nothing
    // before it, so the same frame stays right whatever context the server keeps.
    const deflated = deflateRawSync(payload, { finishFlush: 2 }).subarray(0, -4);
    const frame = clientFrame(BINARY, deflated, { mask: bytes(4, 99), compressed: true });
    return runEcho(context, {
      connections: 100,
      frame,
      answer: serverFrame(BINARY, payload),
      deflate: 'permessage-deflate; client_max_window_bits',
    });
  },
};

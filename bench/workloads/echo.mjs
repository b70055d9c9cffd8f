/**
 * Echo: each connection sends one message, waits until the whole answer came back, checks it byte by byte and sends the
 * next.
 */
import { deflateRawSync } from 'node:zlib';
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame, TEXT } from '../load/frames.mjs';
import { chinese, sentences } from '../load/sentences.mjs';
import { measure } from '../measure/meter.mjs';

/**
 * @param {import('./index.mjs').Context} context
 * @param {{ connections: number, frame: Buffer, answer: Buffer, deflate?: string, secure?: boolean }} load
 */
const runEcho = async ({ server, times }, { connections, frame, answer, deflate, secure = false }) => {
  const expected = new Expected(answer);
  let messages = 0;
  const opened = await openMany(connections, {
    port: server.port,
    secure,
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
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} title
 * @property {number} connections
 * @property {{ node20?: string, node24?: string }} wanted
 * @property {string} [mode]
 * @property {number} [opcode]
 * @property {Buffer} payload
 */

/** @returns {import('./index.mjs').Workload} */
const echo = (/** @type {Shape} */ shape) => {
  const { name, title, connections, wanted, mode = 'echo', opcode = BINARY, payload } = shape;
  const frame = clientFrame(opcode, payload, { mask: bytes(4, 99) });
  return {
    name,
    title,
    kind: 'rate',
    mode,
    unit: 'messages',
    wanted,
    run: (context) =>
      runEcho(context, {
        connections,
        frame,
        answer: context.raw ? frame : serverFrame(opcode, payload),
        secure: mode.startsWith('secure-'),
      }),
  };
};

export const echo20 = echo({
  name: 'echo-20',
  title: 'echo, 20 B, 100 connections',
  payload: bytes(20),
  connections: 100,
  wanted: { node20: '≥ 1.17' },
});

export const echoChinese = echo({
  name: 'echo-chinese',
  title: 'echo, Chinese text of 100 B as a string, 100 connections',
  mode: 'text',
  opcode: TEXT,
  payload: chinese(100),
  connections: 100,
  wanted: {},
});

export const echo16k = echo({
  name: 'echo-16k',
  title: 'echo, 16 KiB, 100 connections',
  payload: bytes(16 * 1024),
  connections: 100,
  wanted: { node20: '≥ 2.5', node24: '≥ 3' },
});

export const echo200k = echo({
  name: 'echo-200k',
  title: 'echo, 200 kB, 20 connections',
  payload: bytes(200_000),
  connections: 20,
  wanted: { node20: '≥ 3', node24: '≥ 3' },
});

export const echo200kReused = echo({
  name: 'echo-200k-reused',
  title: 'the same, ours with a message valid until the listener returns',
  mode: 'reused',
  payload: bytes(200_000),
  connections: 20,
  wanted: { node24: '≥ 4.5' },
});

export const secureEcho20 = echo({
  name: 'tls-echo-20',
  title: 'TLS: echo, 20 B, 100 connections',
  mode: 'secure-echo',
  payload: bytes(20),
  connections: 100,
  wanted: { node20: '≥ 1' },
});

/** @type {import('./index.mjs').Workload} */
export const echoCompressed = {
  name: 'echo-compressed',
  title: 'echo, 512 B compressed inwards, 100 connections',
  kind: 'rate',
  mode: 'compressed',
  unit: 'messages',
  wanted: { node20: '≥ 3.5' },
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

/**
 * Memory: the server's resident set with many connections less the one before them, both after collecting garbage.
 * One connection comes and goes before the baseline, so that the modules that are loaded late count for no one; where
 * the connections also talk, so many come and go that the heap has grown to its working size.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { openMany } from '../load/connection.mjs';
import { bytes, clientFrame, TEXT } from '../load/frames.mjs';
import { sentences } from '../load/sentences.mjs';

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {import('./index.mjs').Context} context
 * @param {{ count: number, deflate?: string, use?: (connection: import('../load/connection.mjs').LoadConnection) => Promise<void> }} load
 */
const perConnection = async ({ server }, { count, deflate, use }) => {
  const options = { port: server.port, ...(deflate === undefined ? {} : { deflate }) };
  const wave = async (/** @type {number} */ size) => {
    const opened = await openMany(size, options);
    if (use) for (const connection of opened) await use(connection);
    return opened;
  };
  for (const connection of await wave(use ? 500 : 1)) connection.end();
  await pause(300);
  const before = await server.settle();
  const opened = await wave(count);
  await pause(300);
  const after = await server.settle();
  for (const connection of opened) connection.end();
  return { bytes: (after.rss - before.rss) / count };
};

/** @type {import('./index.mjs').Workload} */
export const memoryIdle = {
  name: 'memory-idle',
  title: 'resident memory per idle connection',
  kind: 'memory',
  mode: 'echo',
  unit: 'bytes',
  wanted: { node20: '≤ 5.2 kB' },
  run: (context) => perConnection(context, { count: 10_000 }),
};

/** Three messages of one connection as a deflater with one context makes them. */
const conversation = () => {
  const texts = [1, 2, 3].map((seed) => Buffer.from(sentences(500, seed)));
  /** @type {Buffer} */
  let past = Buffer.alloc(0);
  return texts.map((text, index) => {
    const dictionary = past.length > 0 ? { dictionary: past } : {};
    const deflated = deflateRawSync(text, { finishFlush: 2, ...dictionary }).subarray(0, -4);
    past = Buffer.concat([past, text]);
    return { text, frame: clientFrame(TEXT, deflated, { mask: bytes(4, 40 + index), compressed: true }) };
  });
};

/** The payload of one unmasked frame that is whole, compressed and shorter than 64 KiB; nothing while it is not whole. */
const payloadOf = (/** @type {Buffer} */ bytes) => {
  if (bytes.length < 4) return undefined;
  if (bytes[0] !== 0xc1) throw new Error('the answer is not compressed');
  const short = /** @type {number} */ (bytes[1]) < 126;
  const length = short ? /** @type {number} */ (bytes[1]) : bytes.readUInt16BE(2);
  const start = short ? 2 : 4;
  return bytes.length < start + length ? undefined : bytes.subarray(start, start + length);
};

/** @type {import('./index.mjs').Workload} */
export const memoryCompressed = {
  name: 'memory-compressed',
  title: 'the same, after three compressed messages of 500 B each way, contexts kept',
  kind: 'memory',
  mode: 'compressed-both',
  unit: 'bytes',
  wanted: { node20: '≤ 12 kB' },
  run: (context) => {
    const messages = conversation();
    const tail = Buffer.from([0, 0, 0xff, 0xff]);
    /** @type {(connection: import('../load/connection.mjs').LoadConnection) => Promise<void>} */
    const use = async (connection) => {
      /** @type {Buffer} */
      let past = Buffer.alloc(0);
      for (const { text, frame } of messages) {
        const answer = await new Promise((resolve) => {
          /** @type {Buffer} */
          let received = Buffer.alloc(0);
          connection.onBytes = (buffer, length) => {
            received = Buffer.concat([received, buffer.subarray(0, length)]);
            const payload = payloadOf(received);
            if (payload) resolve(payload);
          };
          connection.write(frame);
        });
        const dictionary = past.length > 0 ? { dictionary: past } : {};
        const inflated = inflateRawSync(Buffer.concat([answer, tail]), { finishFlush: 2, ...dictionary });
        if (!inflated.equals(text)) throw new Error('the answer inflates to something else');
        past = Buffer.concat([past, text]);
      }
    };
    return perConnection(context, {
      count: context.quick ? 2000 : 10_000,
      deflate: 'permessage-deflate; client_max_window_bits',
      use,
    });
  },
};

const MEMBERS = 100;

/** @type {import('./index.mjs').Workload} */
export const memoryGroup = {
  name: 'memory-group',
  title: 'memory per group of one connection that has sent a message (each in hundreds)',
  kind: 'memory',
  mode: 'groups',
  unit: 'bytes',
  wanted: { node20: '≤ 0.3 kB' },
  run: async ({ server, quick }) => {
    const opened = await openMany(MEMBERS, { port: server.port });
    // The first ones bring what is the same for any number of them, and grow the heap.
    await server.ask(`groups ${MEMBERS * 100}`);
    const count = MEMBERS * (quick ? 300 : 500);
    const before = await server.settle();
    const { size } = await server.ask(`groups ${count}`);
    if (size !== count + MEMBERS * 100) throw new Error(`there are ${size} groups`);
    await pause(500);
    const after = await server.settle();
    for (const connection of opened) connection.end();
    // What sending left behind is free memory that is still resident; what is taken from it shows in the heap alone.
    const resident = after.rss - before.rss;
    const heap = after.heapUsed + after.external - before.heapUsed - before.external;
    return { bytes: Math.max(resident, heap) / count };
  },
};

/**
 * Acknowledged durable messages: 100 senders, each at its own steady pace whatever the answers do, so that a server
 * that falls behind shows it in the delays. A delay runs from when a message was due to be sent, not from when the
 * sender got round to it.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command, guestToken, openSession } from '../load/chat-client.mjs';
import { FrameReader } from '../load/frame-reader.mjs';
import { clientFrame, TEXT } from '../load/frames.mjs';
import { measure } from '../measure/meter.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';

const SENDERS = 100;
const RATE = 10_000;
const CHANNEL = 'room:bench';
const noMask = Buffer.alloc(4);

/** What the disk itself takes for a small write that is forced there: the floor of every delay below. */
const fsyncDelay = () => {
  const folder = mkdtempSync(fileURLToPath(new URL('../results/disk-', import.meta.url)));
  const file = openSync(`${folder}/file`, 'w');
  const page = Buffer.alloc(4096);
  const delays = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    delays.push(performance.now() - start);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return percentiles(delays);
};

/** @param {import('../workloads/index.mjs').Context} context */
const run = async ({ server, quick }) => {
  const token = await guestToken(server.port, 'sender');
  await command(server.port, token, 'room.create', { name: 'bench' });
  /** @type {number[]} */
  let delays = [];
  let acknowledged = 0;
  let refused = 0;
  const senders = await Promise.all(
    Array.from({ length: SENDERS }, async (_, sender) => {
      const name = await guestToken(server.port, `sender-${sender}`);
      await command(server.port, name, 'room.join', { channel: CHANNEL });
      const { connection } = await openSession(server.port, { token: name });
      const reader = new FrameReader();
      /** @type {Map<number, number>} when each message was due, by id */
      const due = new Map();
      connection.onBytes = (buffer, length) => {
        const now = performance.now();
        for (const text of reader.push(buffer, length)) {
          for (const line of text.split('\n')) {
            const reply = JSON.parse(line);
            const at = due.get(reply.id);
            if (at === undefined) continue;
            due.delete(reply.id);
            if (reply.error) refused++;
            acknowledged++;
            delays.push(now - at);
          }
        }
      };
      return { connection, due, id: 1 };
    }),
  );
  const every = 1000 / RATE;
  const start = performance.now();
  let sent = 0;
  let isOver = false;
  const pace = () => {
    if (isOver) return;
    const now = performance.now();
    /** @type {Map<(typeof senders)[number], Buffer[]>} */
    const batches = new Map();
    for (; start + sent * every <= now; sent++) {
      const sender = /** @type {(typeof senders)[number]} */ (senders[sent % SENDERS]);
      const id = ++sender.id;
      sender.due.set(id, start + sent * every);
      const data = { channel: CHANNEL, key: `k${sent}`, text: 'x'.repeat(64) };
      const frame = clientFrame(
        TEXT,
        Buffer.from(JSON.stringify({ id, rpc: { method: 'message.send', data } })),
        {
          mask: noMask,
        },
      );
      batches.set(sender, [...(batches.get(sender) ?? []), frame]);
    }
    for (const [sender, frames] of batches) sender.connection.write(Buffer.concat(frames));
    setTimeout(pace, 1);
  };
  pace();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  delays = [];
  const window = await measure(server, () => acknowledged, { warm: 0, seconds: quick ? 3 : 10 });
  isOver = true;
  for (const { connection } of senders) connection.end();
  const result = {
    rate: window.work / window.seconds,
    refused,
    delay: percentiles(delays),
    fsync: fsyncDelay(),
    busy: window.busy,
    load: window.load,
    foreign: window.foreign,
  };
  if (refused > 0) throw new Error(`${refused} messages were refused`);
  return result;
};

export const acknowledged = {
  name: 'acknowledged',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ rate, delay, fsync, busy }) =>
    [
      `Acknowledged durable messages, 64 B, ${SENDERS} senders, ${RATE} a second asked for:`,
      '',
      '| acknowledged | p50 | p99 | p99.9 | most | server’s CPU | the disk’s own fsync, p50 and p99 |',
      '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      `| ${Math.round(rate)}/s | ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} | ${milliseconds(delay.p999)} | ${milliseconds(delay.most)} | ${(busy * 100).toFixed(0)} % of a core | ${milliseconds(fsync.p50)}, ${milliseconds(fsync.p99)} |`,
    ].join('\n'),
};

/**
 * Each flood once happened to a well-known engine. A flood sends; `measure` then asks the server what it holds. What
 * it gives back is for the test to bound, and for the benchmark to set beside what `ws` holds.
 */
import { deflateRawSync } from 'node:zlib';
import { frame, requestHead, Stranger, strangers } from './attacker.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const CONTINUE = 0x00;
const TEXT_OPEN = 0x01;
const BINARY = 0x82;
const PING = 0x89;
const KiB = 1024;
const MiB = 1024 * KiB;

/** What is held beyond what was held before, for each of so many. */
const over = (now, idle, count = 1) => ({ ...now, held: (now.held - idle.held) / count });

/** The last good connection: the server must still serve it. */
const stillServes = async (port) => {
  const honest = await new Stranger(port).ready;
  await honest.write(frame(PING, Buffer.from('alive')));
  for (let turn = 0; turn < 100 && honest.bytesReceived < 7; turn++) await pause(20);
  const serves = honest.status === 101 && honest.bytesReceived >= 7;
  honest.end();
  return serves;
};

/** Sends the same piece many times over one connection, until all is sent or the server reads no more. */
const repeat = async (stranger, piece, times, perWrite = 2000) => {
  const batch = Buffer.concat(Array.from({ length: perWrite }, () => piece));
  for (let sent = 0; sent < times; sent += perWrite) {
    if (!(await stranger.write(batch, 1500))) return;
  }
};

export const floods = {
  'tiny fragments': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for one message of 300,000 fragments of one byte that never ends',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port).ready;
      await stranger.write(frame(TEXT_OPEN, Buffer.from('a')));
      await repeat(stranger, frame(CONTINUE, Buffer.from('a')), 300_000);
      await pause(200);
      return { ...over(await measure(), idle), closeCode: stranger.closeCode };
    },
  },
  'empty fragments': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for one message of 300,000 empty fragments that never ends',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port).ready;
      await stranger.write(frame(TEXT_OPEN, Buffer.alloc(0)));
      await repeat(stranger, frame(CONTINUE, Buffer.alloc(0)), 300_000);
      await pause(200);
      return { ...over(await measure(), idle), closeCode: stranger.closeCode };
    },
  },
  'tiny chunks': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for a frame of 1 MiB of which 20,000 bytes came, each in a segment of its own',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port).ready;
      await stranger.write(frame(BINARY, Buffer.alloc(0), MiB));
      for (let i = 0; i < 20_000 && !stranger.isClosed; i++) {
        stranger.socket.write('a');
        if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await pause(300);
      return { ...over(await measure(), idle), closeCode: stranger.closeCode };
    },
  },
  'announced and not sent': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for each of 1000 connections that announced 100 MiB and sent 100 bytes',
    run: async ({ port, measure }) => {
      const all = await strangers(1000, port);
      const idle = await measure();
      await Promise.all(all.map((one) => one.write(frame(BINARY, Buffer.alloc(100), 100 * MiB))));
      await pause(300);
      return over(await measure(), idle, all.length);
    },
  },
  'decompression bomb': {
    behaviour: 'take',
    options: { perMessageDeflate: true, maxPayload: MiB },
    tells:
      'bytes by which the resident set grew at most over 20 messages that inflate from 200 kB to 200 MiB, the limit being 1 MiB',
    run: async ({ port, measure, idle }) => {
      const bomb = deflateRawSync(Buffer.alloc(200 * MiB), { level: 9, finishFlush: 2 }).subarray(0, -4);
      const codes = new Set();
      for (let i = 0; i < 20; i++) {
        const stranger = await new Stranger(port, {
          extra: 'Sec-WebSocket-Extensions: permessage-deflate\r\n',
        }).ready;
        await stranger.write(frame(0xc2, bomb));
        for (let turn = 0; turn < 100 && stranger.closeCode === undefined; turn++) await pause(10);
        codes.add(stranger.closeCode);
        stranger.end();
      }
      await pause(300);
      const now = await measure();
      return { ...now, held: now.peak - idle.peak, closeCode: [...codes].join() };
    },
  },
  'many headers': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held after 50 requests of 5000 headers each',
    run: (context) => {
      const headers = Array.from({ length: 5000 }, (_, index) => `a${index}: 1\r\n`).join('');
      return refuse(context, () => requestHead(headers));
    },
  },
  'long headers': {
    behaviour: 'take',
    options: { perMessageDeflate: true },
    tells: 'bytes held after 50 requests with headers of 1 MB',
    run: (context) =>
      refuse(context, () => requestHead(`Sec-WebSocket-Extensions: ${'a,'.repeat(500_000)}\r\n`)),
  },
  'hostile extensions': {
    behaviour: 'take',
    options: { perMessageDeflate: true },
    tells: 'bytes held after 50 requests with 12 kB of an extension that never ends',
    run: (context) =>
      refuse(context, () => requestHead(`Sec-WebSocket-Extensions: x; y="${'\\"'.repeat(6000)}\r\n`)),
  },
  'pending handshakes': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for each of 1000 connections that sent half a request',
    run: async ({ port, measure, idle }) => {
      const half = requestHead().slice(0, 80);
      const all = Array.from({ length: 1000 }, () => new Stranger(port, { head: half }));
      await pause(800);
      const now = await measure();
      for (const one of all) one.end();
      return over(now, idle, all.length);
    },
  },
  'pings and no reading': {
    behaviour: 'take',
    options: {},
    tells: 'bytes held for one connection that sends 40 MB of pings and reads none of the pongs',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port, { reads: false }).ready;
      await repeat(stranger, frame(PING, Buffer.alloc(125)), 320_000);
      await pause(300);
      return { ...over(await measure(), idle), closeCode: stranger.closeCode };
    },
  },
  'sends that nobody reads': {
    behaviour: 'push',
    options: {},
    tells:
      'bytes by which the resident set grew at most while 400 MB were sent to a connection that reads nothing',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port, { reads: false }).ready;
      await pause(2000);
      const now = await measure();
      stranger.end();
      await pause(300);
      // Whoever pushes does so to the next one too; what counts is this one.
      return { ...now, held: now.peak - idle.peak };
    },
  },
  'handshakes that nobody decides': {
    behaviour: 'undecided',
    options: { handshakeTimeout: 500 },
    tells: 'bytes held for each of 300 connections half a second after `verifyClient` should have decided',
    run: async ({ port, measure, idle }) => {
      const all = Array.from({ length: 300 }, () => new Stranger(port));
      await pause(1500);
      const now = await measure();
      const statuses = [...new Set(all.map(({ status }) => status))].join();
      for (const one of all) one.end();
      return { ...over(now, idle, all.length), statuses, serves: true };
    },
  },
  'messages that nobody takes': {
    behaviour: 'deaf',
    options: {},
    tells: 'bytes held for one connection that sends 40 MB to a server without a listener',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port).ready;
      await repeat(stranger, frame(BINARY, Buffer.alloc(1000)), 40_000);
      await pause(300);
      return over(await measure(), idle);
    },
  },
  'messages before a listener': {
    behaviour: 'late',
    options: {},
    tells: 'of 20,000 messages, those heard by a listener that came half a second late',
    run: async ({ port, measure, idle }) => {
      const stranger = await new Stranger(port).ready;
      await repeat(stranger, frame(BINARY, Buffer.alloc(100)), 20_000);
      await pause(1000);
      return over(await measure(), idle);
    },
  },
  'contexts of compression': {
    behaviour: 'echo',
    options: { perMessageDeflate: { threshold: 0 } },
    tells: 'bytes of resident set for each of 500 connections after three compressed messages each way',
    run: async ({ port, measure, idle }) => {
      const all = await strangers(500, port, { extra: 'Sec-WebSocket-Extensions: permessage-deflate\r\n' });
      for (let round = 0; round < 3; round++) {
        const text = Buffer.from(
          `{"type":"message","round":${round},"text":"${'what was said before '.repeat(20)}"}`,
        );
        const deflated = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
        await Promise.all(all.map((one) => one.write(frame(0xc1, deflated))));
        await pause(300);
      }
      const now = await measure();
      return { ...now, held: (now.rss - idle.rss) / all.length };
    },
  },
};

/** Requests that must be refused, or at least survived. */
async function refuse({ port, measure, idle }, head) {
  const statuses = new Set();
  for (let i = 0; i < 50; i++) {
    const stranger = new Stranger(port, { head: head() });
    await Promise.race([stranger.ready, pause(2000)]);
    statuses.add(stranger.status);
    stranger.end();
  }
  await pause(100);
  return { ...over(await measure(), idle), statuses: [...statuses].join() };
}

export { stillServes };

/**
 * The four transports side by side: the same message a second, read by as many over each at the same time. Bytes are
 * all that goes over the socket in both directions after the first answer; a delay runs from when the message was handed
 * to the network to when a reader has it.
 */
import { firstCursor, syncPath } from '../load/held-poll.mjs';
import { HttpClient } from '../load/http-client.mjs';
import { HOST, roomOf, userName } from '../load/names.mjs';
import { NumberedStream, textOf } from '../load/numbered-stream.mjs';
import { Session } from '../load/session.mjs';
import { tokenOf } from '../load/tokens.mjs';
import { joinAll, makeRooms, sessionOf } from '../load/world.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';

const READERS = 20;
const POLL_EVERY = 2000;
const CHANNEL = roomOf(0);
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One reader: counts what it costs and tells when each message came. */
class Reader {
  stream = new NumberedStream();
  bytes = () => 0;
  requests = () => 0;
  stop = () => {};
  /** @type {number[]} */
  delays = [];
  #sentAt;

  constructor(/** @type {Map<number, number>} */ sentAt) {
    this.#sentAt = sentAt;
  }

  take(/** @type {Buffer} */ buffer, length = buffer.length) {
    const before = this.stream.next;
    this.stream.push(buffer, length);
    for (let number = before; number < this.stream.next; number++) {
      this.delays.push(performance.now() - /** @type {number} */ (this.#sentAt.get(number)));
    }
  }
}

/**
 * What the two ways of asking again and again begin with: a cursor, and the count of what crosses from here on.
 *
 * @param {Reader} reader
 * @param {number} port
 * @param {string} token
 */
const beginAsking = async (reader, port, token) => {
  const client = new HttpClient(port);
  await client.open();
  const cursor = await firstCursor(client, token);
  const base = { bytes: client.bytesIn + client.bytesOut, requests: client.requests };
  reader.bytes = () => client.bytesIn + client.bytesOut - base.bytes;
  reader.requests = () => client.requests - base.requests;
  const asking = { client, cursor, isOver: false };
  reader.stop = () => {
    asking.isOver = true;
    client.end();
  };
  return asking;
};

/** @type {Record<string, (reader: Reader, port: number, token: string) => Promise<void>>} */
const open = {
  polling: async (reader, port, token) => {
    const asking = await beginAsking(reader, port, token);
    let { cursor } = asking;
    const poll = async () => {
      if (asking.isOver) return;
      const { body } = await asking.client.get(syncPath(cursor, 0), { authorization: `Bearer ${token}` });
      cursor = JSON.parse(body).cursor;
      reader.take(Buffer.from(body, 'latin1'));
      setTimeout(() => void poll(), POLL_EVERY);
    };
    // Pollers do not ask all at the same moment.
    setTimeout(() => void poll(), Math.random() * POLL_EVERY);
  },
  'long polling': async (reader, port, token) => {
    const asking = await beginAsking(reader, port, token);
    let { cursor } = asking;
    const session = Math.random().toString(36).slice(2);
    const poll = async () => {
      while (!asking.isOver) {
        const { body } = await asking.client.get(syncPath(cursor, 25, session), {
          authorization: `Bearer ${token}`,
        });
        reader.take(Buffer.from(body, 'latin1'));
        cursor = JSON.parse(body).cursor;
      }
    };
    void poll();
  },
  'server-sent events': async (reader, port, token) => {
    const client = new HttpClient(port);
    await client.open();
    const cursor = await firstCursor(client, token);
    const base = client.bytesIn + client.bytesOut;
    reader.bytes = () => client.bytesIn + client.bytesOut - base;
    reader.requests = () => 1;
    reader.stop = () => client.end();
    client.onPiece = (piece) => reader.take(Buffer.from(piece, 'latin1'));
    void client.get(
      syncPath(cursor, 0, Math.random().toString(36).slice(2)),
      { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      true,
    );
  },
  WebSocket: async (reader, port, token) => {
    const session = await Session.open(port, { token });
    await session.ask({ subscribe: { channel: CHANNEL } });
    const { connection } = session;
    let bytes = 0;
    connection.onBytes = (buffer, length) => {
      bytes += length;
      reader.take(buffer, length);
    };
    reader.bytes = () => bytes;
    reader.requests = () => 0;
    reader.stop = () => connection.end();
  },
};

/** @param {import('./index.mjs').ReportContext} context */
const run = async ({ start, quick }) => {
  const server = await start();
  const seconds = quick ? 8 : 60;
  await makeRooms(server.port, 1);
  await joinAll(server.port, READERS * Object.keys(open).length, 1);
  /** @type {Map<number, number>} */
  const sentAt = new Map();
  /** @type {{ transport: string, reader: Reader, start: () => Promise<void> }[]} */
  const all = [];
  for (const [transport, begin] of Object.entries(open)) {
    for (let i = 0; i < READERS; i++) {
      const token = tokenOf(userName(all.length));
      const reader = new Reader(sentAt);
      all.push({ transport, reader, start: () => begin(reader, server.port, token) });
    }
  }
  for (const { start } of all) await start();
  const sender = await sessionOf(server.port, HOST);
  for (let number = 1; number <= seconds; number++) {
    sentAt.set(number, performance.now());
    void sender.command('message.send', { channel: CHANNEL, key: `k${number}`, text: textOf(number, 64) });
    await pause(1000);
  }
  await pause(POLL_EVERY + 200);
  const rows = Object.keys(open).map((transport) => {
    const readers = all.filter((one) => one.transport === transport).map(({ reader }) => reader);
    for (const { stream } of readers) {
      if (stream.next !== seconds + 1)
        throw new Error(`over ${transport} ${stream.next - 1} of ${seconds} came`);
    }
    const sum = (/** @type {(reader: Reader) => number} */ of) =>
      readers.reduce((total, reader) => total + of(reader), 0);
    const deliveries = READERS * seconds;
    return {
      transport,
      bytes: sum((reader) => reader.bytes()) / deliveries,
      requests: sum((reader) => reader.requests()) / deliveries,
      delay: percentiles(readers.flatMap(({ delays }) => delays)),
    };
  });
  for (const { reader } of all) reader.stop();
  sender.end();
  await server.stop();
  return { seconds, rows };
};

/** @type {import('./index.mjs').Report} */
export const transports = {
  name: 'transports',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ seconds, rows }) =>
    [
      `The four transports side by side, one message of 64 B a second for ${seconds} s, ${READERS} readers each, polling every ${POLL_EVERY / 1000} s:`,
      '',
      '| transport | bytes on the wire per message | requests per message | delay, p50 | p99 |',
      '| --- | ---: | ---: | ---: | ---: |',
      ...rows.map(
        ({ transport, bytes, requests, delay }) =>
          `| ${transport} | ${Math.round(bytes)} | ${requests.toFixed(2)} | ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} |`,
      ),
    ].join('\n'),
};

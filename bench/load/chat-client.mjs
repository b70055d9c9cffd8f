/**
 * Clients of a chat over bare sockets, in the three languages that are measured: our session, Socket.IO's, and none.
 * They join, read, and say things; what they read is looked through for numbered messages, wherever in a frame those
 * are.
 */
import { LoadConnection } from './connection.mjs';
import { FrameReader } from './frame-reader.mjs';
import { clientFrame, TEXT } from './frames.mjs';

const MARK = Buffer.from('@#');
const DIGITS = 8;
const WHOLE = MARK.length + DIGITS;
const noMask = Buffer.alloc(4);

/** The text of one message: a mark, its number, and what fills it up to its size. */
export const textOf = (/** @type {number} */ number, /** @type {number} */ size) =>
  `${MARK.toString()}${String(number).padStart(DIGITS, '0')}`.padEnd(size, 'x');

/** Counts the numbered messages in a stream of bytes; each must have the number after the last one's. */
export class NumberedStream {
  next = 1;
  /** @type {Buffer} */
  #tail = Buffer.alloc(0);

  /** @param {Buffer} chunk */
  #scan(chunk, before = chunk.length) {
    let at = chunk.indexOf(MARK);
    while (at >= 0 && at < before && at + WHOLE <= chunk.length) {
      let number = 0;
      for (let i = at + MARK.length; i < at + WHOLE; i++)
        number = number * 10 + /** @type {number} */ (chunk[i]) - 48;
      if (number !== this.next) {
        console.error(`message ${number} came where ${this.next} was due`);
        process.exit(1);
      }
      this.next++;
      at = chunk.indexOf(MARK, at + WHOLE);
    }
  }

  /**
   * @param {Buffer} buffer
   * @param {number} length
   */
  push(buffer, length) {
    const chunk = buffer.subarray(0, length);
    if (this.#tail.length > 0) {
      // A message that began in the last chunk and ends in this one.
      const seam = Buffer.concat([this.#tail, chunk.subarray(0, WHOLE - 1)]);
      this.#scan(seam, this.#tail.length);
    }
    this.#scan(chunk);
    const all = length >= WHOLE - 1 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(all.subarray(Math.max(0, all.length - (WHOLE - 1))));
  }
}

/** A name for a token, from a server of ours in guest mode. */
export const guestToken = async (/** @type {number} */ port, /** @type {string} */ name) => {
  const response = await fetch(`http://127.0.0.1:${port}/api/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!response.ok) throw new Error(`no token for ${name}: ${await response.text()}`);
  return /** @type {{ token: string }} */ (await response.json()).token;
};

/** A command over HTTP to a server of ours. */
export const command = async (
  /** @type {number} */ port,
  /** @type {string} */ token,
  /** @type {string} */ method,
  /** @type {object} */ data,
) => {
  const response = await fetch(`http://127.0.0.1:${port}/api/commands/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(data),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
  return answer;
};

/**
 * @param {LoadConnection} connection
 * @param {(buffer: Buffer, length: number) => void} [look]
 */
const conversation = (connection, look) => {
  const reader = new FrameReader();
  /** @type {{ wanted: (text: string) => boolean, resolve: (text: string) => void }[]} */
  const waiting = [];
  connection.onBytes = (buffer, length) => {
    look?.(buffer, length);
    for (const text of reader.push(buffer, length)) {
      for (const line of text.split('\n')) {
        if (waiting[0]?.wanted(line)) waiting.shift()?.resolve(line);
      }
    }
  };
  return {
    say: (/** @type {string} */ text) =>
      connection.write(clientFrame(TEXT, Buffer.from(text), { mask: noMask })),
    hear: (/** @type {(text: string) => boolean} */ wanted) =>
      /** @type {Promise<string>} */ (new Promise((resolve) => waiting.push({ wanted, resolve }))),
  };
};

/**
 * A session of ours that is connected; `connect` goes into the command.
 * @param {number} port
 * @param {object} connect
 * @param {(buffer: Buffer, length: number) => void} [look] sees every byte that comes, the answer's included
 */
export const openSession = async (port, connect, look) => {
  const connection = new LoadConnection({ port, path: '/connection/websocket' });
  await connection.ready;
  const { say, hear } = conversation(connection, look);
  const reply = hear((line) => line.startsWith('{"id":1,') || line.includes('"id":1,'));
  say(JSON.stringify({ id: 1, connect }));
  const answer = JSON.parse(await reply);
  if (answer.error) throw new Error(`connect: ${JSON.stringify(answer.error)}`);
  return { connection, say, hear, answer: answer.connect };
};

/** A client of Socket.IO that is connected. */
export const openSocketIo = async (/** @type {number} */ port) => {
  const connection = new LoadConnection({ port, path: '/socket.io/?EIO=4&transport=websocket' });
  const { say, hear } = conversation(connection);
  const greeted = hear((line) => line.startsWith('0{'));
  await connection.ready;
  await greeted;
  const connected = hear((line) => line.startsWith('40'));
  say('40');
  await connected;
  return { connection, say, hear };
};

/**
 * @typedef {object} Chat
 * @property {() => Promise<LoadConnection>} join  one more reader
 * @property {(texts: string[]) => void} publish says them all at once
 * @property {() => void} leave   ends the one who publishes
 */

/** @type {Record<string, (port: number) => Promise<Chat>>} */
export const chats = {
  session: async (port) => {
    const channel = 'room:bench';
    const token = await guestToken(port, 'sender');
    await command(port, token, 'room.create', { name: 'bench' });
    const sender = await openSession(port, { token });
    let id = 1;
    return {
      join: async () => {
        const { connection, say, hear } = await openSession(port, { token });
        const subscribed = hear((line) => line.includes('"id":2'));
        say(JSON.stringify({ id: 2, subscribe: { channel } }));
        if (JSON.parse(await subscribed).error) throw new Error('not subscribed');
        return connection;
      },
      publish: (texts) => {
        const frames = texts.map((text) => {
          id++;
          const rpc = { method: 'message.send', data: { channel, key: `k${id}`, text } };
          return clientFrame(TEXT, Buffer.from(JSON.stringify({ id, rpc })), { mask: noMask });
        });
        sender.connection.write(Buffer.concat(frames));
      },
      leave: () => sender.connection.end(),
    };
  },
  'socket.io': async (port) => {
    const sender = await openSocketIo(port);
    return {
      join: async () => (await openSocketIo(port)).connection,
      publish: (texts) =>
        sender.connection.write(
          Buffer.concat(
            texts.map((text) =>
              clientFrame(TEXT, Buffer.from(`42${JSON.stringify(['message', text])}`), { mask: noMask }),
            ),
          ),
        ),
      leave: () => sender.connection.end(),
    };
  },
  plain: async (port) => {
    const sender = new LoadConnection({ port });
    await sender.ready;
    return {
      join: async () => {
        const connection = new LoadConnection({ port });
        await connection.ready;
        return connection;
      },
      publish: (texts) =>
        sender.write(
          Buffer.concat(texts.map((text) => clientFrame(TEXT, Buffer.from(text), { mask: noMask }))),
        ),
      leave: () => sender.end(),
    };
  },
};

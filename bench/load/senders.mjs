/**
 * People who send durable messages and wait for the acknowledgements, as fast as those come or at a steady pace, and a
 * reader on each node who tells when each message arrives.
 */
import { textFrame } from './conversation.mjs';
import { FrameReader } from './frame-reader.mjs';
import { roomOf, userName } from './names.mjs';
import { MarkedStream, textOf } from './numbered-stream.mjs';
import { rpcText } from './session.mjs';
import { follower, joinAll, makeRooms, sessionOf } from './world.mjs';

const SIZE = 64;
/** Messages that each sender has under way when it sends as fast as it may. */
const UNDER_WAY = 16;
const PACE = 1;

/**
 * @typedef {object} Sender
 * @property {number} node  which of them it is connected to
 * @property {import('./connection.mjs').LoadConnection} connection
 * @property {number} id    of its last command
 * @property {Map<number, number>} due when each message that is not acknowledged was due, by its command's id
 */

export class Senders {
  acknowledged = 0;
  refused = 0;
  /** Milliseconds from when a message was due to its acknowledgement. @type {number[]} */
  delays = [];
  /** The same, to its arrival at a reader of the sender's node and of each other one. @type {number[]} */
  here = [];
  /** @type {number[]} */
  elsewhere = [];
  #channels;
  /** @type {Sender[]} */
  #senders = [];
  /** @type {import('./session.mjs').Session[]} */
  #readers = [];
  /** When each message was due, and at which node, by its number. @type {number[]} */
  #due = [];
  /** @type {number[]} */
  #node = [];
  #isFlooding = false;
  #isOver = false;
  #sent = 0;

  constructor(/** @type {number} */ channels) {
    this.#channels = channels;
  }

  /**
   * Makes the channels, and lets the senders in, in turn by each of the ports.
   *
   * @param {number[]} ports one for each node
   * @param {number} count
   * @param {number} channels
   */
  static async open(ports, count, channels) {
    const all = new Senders(channels);
    const [first = 0] = ports;
    await makeRooms(first, channels);
    // The last of them are the readers, one on each node.
    await joinAll(first, count + ports.length, channels);
    for (const [node, port] of ports.entries()) await all.#read(node, port, userName(count + node));
    for (let i = 0; i < count; i++) {
      const node = i % ports.length;
      await all.#join(node, ports[node] ?? 0, userName(i));
    }
    return all;
  }

  async #read(/** @type {number} */ node, /** @type {number} */ port, /** @type {string} */ user) {
    const stream = new MarkedStream();
    stream.onNumber = (number) => {
      const due = this.#due[number];
      if (due === undefined) return;
      const delay = performance.now() - due;
      (this.#node[number] === node ? this.here : this.elsewhere).push(delay);
    };
    const session = await follower(port, user, {}, (buffer, length) => stream.push(buffer, length));
    session.connection.onBytes = (buffer, length) => stream.push(buffer, length);
    this.#readers.push(session);
  }

  async #join(/** @type {number} */ node, /** @type {number} */ port, /** @type {string} */ user) {
    const { connection } = await sessionOf(port, user);
    const sender = { node, connection, id: 1000, due: new Map() };
    const reader = new FrameReader();
    connection.onBytes = (buffer, length) => {
      const now = performance.now();
      let answered = 0;
      for (const text of reader.push(buffer, length)) {
        for (const line of text.split('\n')) {
          const reply = JSON.parse(line);
          const at = sender.due.get(reply.id);
          if (at === undefined) continue;
          sender.due.delete(reply.id);
          answered++;
          if (reply.error) this.refused++;
          this.delays.push(now - at);
        }
      }
      this.acknowledged += answered;
      if (this.#isFlooding && answered > 0) this.#send(sender, answered, () => now);
    };
    this.#senders.push(sender);
  }

  /**
   * @param {Sender} sender
   * @param {number} count
   * @param {(index: number) => number} dueAt
   */
  #send(sender, count, dueAt) {
    const frames = [];
    for (let i = 0; i < count; i++) {
      const number = ++this.#sent;
      const id = ++sender.id;
      const due = dueAt(i);
      sender.due.set(id, due);
      this.#due[number] = due;
      this.#node[number] = sender.node;
      const channel = roomOf(number % this.#channels);
      frames.push(
        textFrame(rpcText(id, 'message.send', { channel, key: `k${number}`, text: textOf(number, SIZE) })),
      );
    }
    sender.connection.write(frames.length === 1 ? /** @type {Buffer} */ (frames[0]) : Buffer.concat(frames));
  }

  /** Each has so many under way, until `calm`. */
  flood() {
    this.#isFlooding = true;
    for (const sender of this.#senders) this.#send(sender, UNDER_WAY, () => performance.now());
  }

  /** Resolves when everything is acknowledged. */
  async calm() {
    this.#isFlooding = false;
    this.#isOver = true;
    while (this.#senders.some(({ due }) => due.size > 0))
      await new Promise((resolve) => setTimeout(resolve, 20));
    // What was acknowledged is on its way to the readers.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }

  /** Forgets the delays until now. */
  begin() {
    this.delays = [];
    this.here = [];
    this.elsewhere = [];
  }

  /** So many a second in all, each at a moment of its own whatever the answers do, until `calm`. */
  pace(/** @type {number} */ rate) {
    this.#isOver = false;
    const start = performance.now();
    let sent = 0;
    const every = 1000 / rate;
    const tick = () => {
      if (this.#isOver) return;
      const now = performance.now();
      /** @type {Map<Sender, number[]>} */
      const batches = new Map();
      for (; start + sent * every <= now; sent++) {
        const sender = /** @type {Sender} */ (this.#senders[sent % this.#senders.length]);
        const batch = batches.get(sender);
        if (batch) batch.push(start + sent * every);
        else batches.set(sender, [start + sent * every]);
      }
      for (const [sender, due] of batches)
        this.#send(sender, due.length, (index) => /** @type {number} */ (due[index]));
      setTimeout(tick, PACE);
    };
    tick();
  }

  end() {
    this.#isOver = true;
    for (const { connection } of this.#senders) connection.end();
    for (const reader of this.#readers) reader.end();
  }
}

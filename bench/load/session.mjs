/** A session with a server of ours over WebSocket: connects, gives commands, many at once, and hears the answers. */
import { LoadConnection } from './connection.mjs';
import { conversation } from './conversation.mjs';

const PATH = '/connection/websocket';

/** The text of a command. */
export const rpcText = (/** @type {number} */ id, /** @type {string} */ method, /** @type {object} */ data) =>
  JSON.stringify({ id, rpc: { method, data } });

export class Session {
  /** What `connect` was answered. @type {any} */
  answer;
  /** @type {LoadConnection} */
  connection;
  #id = 1;
  #say;
  /** @type {Map<number, (reply: any) => void>} */
  #waiting = new Map();

  /**
   * @param {LoadConnection} connection
   * @param {(buffer: Buffer, length: number) => void} [look]
   */
  constructor(connection, look) {
    this.connection = connection;
    const { say, listeners } = conversation(connection, look);
    this.#say = say;
    listeners.add((line) => {
      // What is pushed is looked at as bytes, by those who want to.
      if (this.#waiting.size === 0 || line.startsWith('{"push"') || line.length < 4) return;
      const reply = JSON.parse(line);
      const resolve = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      resolve?.(reply);
    });
  }

  /**
   * Connects.
   *
   * @param {number} port
   * @param {object} connect goes into the command
   * @param {(buffer: Buffer, length: number) => void} [look] sees every byte that comes, the answer's included
   */
  static async open(port, connect, look) {
    const connection = new LoadConnection({ port, path: PATH });
    await connection.ready;
    const session = new Session(connection, look);
    session.answer = (await session.ask({ connect })).connect;
    return session;
  }

  /**
   * Any method of the protocol.
   *
   * @param {object} method
   * @returns {Promise<any>} the reply
   */
  async ask(method) {
    const id = this.#id++;
    const reply = await new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#say(JSON.stringify({ id, ...method }));
    });
    if (reply.error)
      throw new Error(`${JSON.stringify(method).slice(0, 200)}: ${JSON.stringify(reply.error)}`);
    return reply;
  }

  /**
   * A command of the chat.
   *
   * @param {string} method
   * @param {object} data
   * @returns {Promise<any>} its result
   */
  async command(method, data) {
    return (await this.ask({ rpc: { method, data } })).rpc.data;
  }

  end() {
    this.connection.end();
  }
}

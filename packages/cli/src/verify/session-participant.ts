/**
 * A participant that speaks the session over WebSocket, and does no more for itself than the protocol says it must: it
 * connects with its place, and takes what comes after it as it comes. What the server loses, it loses.
 */

import { WebSocket } from '@fullduplex/websocket';
import type { ConnectResult, Push, Reply } from '@fullduplex/wire';
import { CommandQueue, Refusal } from './commands.js';
import { fillByOffset } from './fill.js';
import { type Publication, placeOf } from './journal.js';
import { Gate, type Participant, type ParticipantOptions, sleep } from './participant.js';

/** How long an answer may take, in milliseconds. */
const PATIENCE = 4_000;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class SessionParticipant implements Participant {
  readonly journal: ParticipantOptions['journal'];
  readonly commands: CommandQueue;
  readonly #options: ParticipantOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #waiting = new Map<number, Waiting>();
  #cursor: string | undefined;
  /** Whether it is signed in on this connection. */
  #signedIn = false;
  #socket: WebSocket | undefined;
  #lastId = 0;
  #session: Promise<void> | undefined;

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.journal = options.journal;
    const run = (method: string, params: unknown) => this.#rpc(method, params);
    this.commands = new CommandQueue({ ...options, run });
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#session = this.#live(resolve);
    });
  }

  send(channel: string, text: string): void {
    this.commands.send(channel, text);
  }

  /** There is one transport for it: it comes back over another connection of the same. */
  hop(): void {
    this.#socket?.close(1000);
  }

  pause(): () => void {
    const socket = this.#socket;
    const open = this.#gate.close();
    socket?.pause();
    return () => {
      open();
      socket?.resume();
    };
  }

  get pending(): number {
    return this.commands.pending;
  }

  async close(): Promise<void> {
    this.commands.close();
    this.#closing.abort();
    this.#socket?.close(1000);
    await this.#session;
  }

  /** One connection after another. */
  async #live(started: () => void): Promise<void> {
    const closing = this.#closing.signal;
    while (!closing.aborted) {
      await this.#connection(started);
      await sleep(this.#options.random.int(10, 150), closing);
    }
  }

  /** Resolves when it has ended, for whatever reason. */
  async #connection(started: () => void): Promise<void> {
    const url = `${this.#options.url.replace('http', 'ws')}/connection/websocket`;
    const socket = new WebSocket(url);
    this.#socket = socket;
    const closed = new Promise<void>((resolve) => {
      socket.onclose = () => resolve();
    });
    socket.onerror = () => {};
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(socket, String(data));
    socket.onopen = () => void this.#connect(socket, started);
    const stuck = setTimeout(() => socket.terminate(), PATIENCE);
    socket.addEventListener('open', () => clearTimeout(stuck));
    await closed;
    this.#signedIn = false;
    clearTimeout(stuck);
    for (const { reject } of this.#waiting.values()) reject(new Error('The connection was cut.'));
    this.#waiting.clear();
  }

  async #connect(socket: WebSocket, started: () => void): Promise<void> {
    const since = this.#cursor;
    const data = { follow: 'mine', ...(since !== undefined && { since }) };
    try {
      const { connect } = await this.#request({ connect: { token: this.#options.token, data } });
      if (connect?.data?.recovered === false) await this.#anew(connect);
      started();
    } catch (error) {
      if (error instanceof Refusal && !error.retryable) {
        this.journal.complain(`connecting was refused: ${error.code}`);
      }
      socket.terminate();
    }
  }

  #receive(socket: WebSocket, frame: string): void {
    for (const line of frame.split('\n')) {
      if (line === '') continue;
      const message = JSON.parse(line) as Reply & { readonly push?: Push };
      if (message.push) this.#push(message.push);
      else if (message.id !== undefined) this.#reply(message);
      else if (message.error) this.journal.complain(`an error without an id: ${message.error.message}`);
      else socket.send('{}');
    }
  }

  #reply(reply: Reply): void {
    // In the same turn: the pushes behind it belong after it.
    if (reply.connect) this.#connected(reply.connect);
    this.#waiting.get(reply.id ?? 0)?.resolve(reply);
    this.#waiting.delete(reply.id ?? 0);
  }

  #connected({ data, subs = {} }: ConnectResult): void {
    this.#signedIn = true;
    if (this.#cursor === undefined) {
      for (const [channel, { epoch, offset }] of Object.entries(subs)) {
        this.journal.baseline.set(channel, { epoch, offset });
      }
      this.journal.place = placeOf(data?.cursor);
    } else if (data?.recovered === true) {
      return;
    }
    this.#cursor = data?.cursor;
  }

  /** Its place is good for nothing any more. */
  async #anew({ data }: ConnectResult): Promise<void> {
    const channels = data?.channels ?? [...this.journal.baseline.keys()];
    await fillByOffset(this.journal, channels, (method, params) => this.#rpc(method, params));
  }

  #push({ channel = '', pub, subscribe, disconnect, cursor }: Push): void {
    if (disconnect && disconnect.code >= 3_500) {
      this.journal.complain(`disconnected: ${disconnect.code} ${disconnect.reason}`);
    }
    this.#cursor = pub?.cursor ?? cursor ?? this.#cursor;
    if (pub) {
      const epoch = this.#cursor?.slice(this.#cursor.indexOf('.') + 1) ?? '';
      if (pub.cursor === undefined) this.journal.complain(`${channel} ${pub.offset} came without a cursor`);
      this.journal.saw(channel, epoch, pub as Publication, placeOf(pub.cursor));
    }
    if (subscribe?.gap) this.journal.missed(subscribe.gap);
  }

  async #rpc(method: string, data: unknown): Promise<unknown> {
    if (!this.#signedIn) throw new Error('It is not signed in yet.');
    return (await this.#request({ rpc: { method, data } })).rpc?.data;
  }

  #request(command: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket?.readyState !== socket?.OPEN || !socket) {
        reject(new Error('There is no connection.'));
        return;
      }
      this.#lastId += 1;
      const id = this.#lastId;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        // It may be the reading that is paused.
        if (this.#gate.open) socket.terminate();
        reject(new Error('There was no answer.'));
      }, PATIENCE);
      this.#waiting.set(id, {
        resolve: (reply) => {
          clearTimeout(timer);
          const { error } = reply;
          // The message begins with the code's name.
          if (error) reject(new Refusal(error.message.split(':')[0] ?? '', error.temporary ?? false));
          else resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      socket.send(JSON.stringify({ id, ...command }));
    });
  }
}

/**
 * A participant on one of the two plain addresses, as a page is that knows nothing but `new WebSocket(url)`. Nothing is
 * acknowledged there; whoever is cut off comes again.
 */
import { WebSocket } from '@fullduplex/websocket';
import type { Journal } from './journal.js';
import { Gate, type Participant, sleep } from './participant.js';
import type { Random } from './random.js';
import { digest } from './truth/truth.js';

/** How long connecting may take, in milliseconds. */
const PATIENCE = 4_000;

export interface PlainOptions {
  /** `/ws`, or `/ws/NAME`. */
  readonly path: string;
  /** The conversation that it writes to, as the log knows it. */
  readonly channel: string;
  /** Whom it writes to, at `/ws/NAME`. */
  readonly to?: string;
  readonly url: string;
  readonly random: Random;
  readonly journal: Journal;
}

export class PlainParticipant implements Participant {
  readonly journal: Journal;
  readonly pending = 0;
  readonly #options: PlainOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  #socket: WebSocket | undefined;
  #living: Promise<void> | undefined;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.journal = options.journal;
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#living = this.#live(resolve);
    });
  }

  /** Where there is no connection nothing is sent. */
  send(channel: string, text: string): void {
    const socket = this.#socket;
    if (socket?.readyState !== socket?.OPEN || !socket || channel !== this.#options.channel) return;
    this.journal.sent.push({ channel, text, data: digest({ type: 'message', text }), acknowledged: [] });
    const { to } = this.#options;
    socket.send(to === undefined ? text : JSON.stringify({ to_user: to, msg: text }));
  }

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

  async close(): Promise<void> {
    this.#closing.abort();
    this.#socket?.close(1000);
    await this.#living;
  }

  async #live(started: () => void): Promise<void> {
    const closing = this.#closing.signal;
    while (!closing.aborted) {
      await this.#connection(started);
      await sleep(this.#options.random.int(10, 150), closing);
    }
  }

  async #connection(started: () => void): Promise<void> {
    const { url, path } = this.#options;
    const socket = new WebSocket(url.replace('http', 'ws') + path);
    this.#socket = socket;
    const closed = new Promise<void>((resolve) => {
      socket.onclose = () => resolve();
    });
    const came: string[] = [];
    this.journal.plain.push(came);
    socket.onerror = () => {};
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(String(data), came);
    const stuck = setTimeout(() => socket.terminate(), PATIENCE);
    socket.onopen = () => {
      clearTimeout(stuck);
      started();
    };
    await closed;
    clearTimeout(stuck);
  }

  #receive(frame: string, came: string[]): void {
    if (this.#options.to === undefined) {
      came.push(frame);
      return;
    }
    const { from_user: from, msg, error } = JSON.parse(frame) as Record<string, unknown>;
    // What was not accepted was not sent.
    if (error !== undefined) return;
    if (from !== this.#options.to) this.journal.complain(`a message came from ${String(from)}`);
    came.push(String(msg));
  }
}

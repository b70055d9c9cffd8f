/**
 * A participant that speaks the session over WebSocket, and does no more for itself than the protocol says it must: it
 * connects with its positions, and takes what comes after them as it comes. What the server loses, it loses.
 */

import { WebSocket } from '@fullduplex/websocket';
import type { Gap, Position, Push, Reply, SubscribeResult } from '@fullduplex/wire';
import { CommandQueue, Refusal } from './commands.js';
import type { Publication, Sent } from './journal.js';
import { Gate, type Participant, type ParticipantOptions, sleep } from './participant.js';

/** How long an answer may take, in milliseconds. */
const PATIENCE = 4_000;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class SessionParticipant implements Participant {
  readonly journal: ParticipantOptions['journal'];
  readonly #options: ParticipantOptions;
  readonly #commands: CommandQueue;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #waiting = new Map<number, Waiting>();
  readonly #epochs = new Map<string, string>();
  /** Where reading of a channel began that was joined on the way. */
  readonly #begun = new Map<string, Position>();
  #socket: WebSocket | undefined;
  #lastId = 0;
  #session: Promise<void> | undefined;
  #started = false;

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.journal = options.journal;
    this.#commands = new CommandQueue(
      async (method, data) => (await this.#request({ rpc: { method, data } })).rpc?.data,
      options.journal,
      options.random,
    );
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#session = this.#live(resolve);
    });
  }

  send(channel: string, text: string): void {
    this.#commands.send(channel, text);
  }

  resend(sent: Sent): void {
    this.#commands.resend(sent);
  }

  join(channel: string): void {
    this.#commands.join(channel);
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
    return this.#commands.pending;
  }

  async close(): Promise<void> {
    this.#commands.close();
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
    clearTimeout(stuck);
    for (const { reject } of this.#waiting.values()) reject(new Error('The connection was cut.'));
    this.#waiting.clear();
  }

  async #connect(socket: WebSocket, started: () => void): Promise<void> {
    const subs: Record<string, unknown> = {};
    for (const channel of this.#epochs.keys()) subs[channel] = { recover: true, ...this.#position(channel) };
    try {
      await this.#request({ connect: { token: this.#options.token, data: { follow: 'mine' }, subs } });
      this.#started = true;
      started();
    } catch (error) {
      if (error instanceof Refusal) this.journal.complain(`connecting was refused: ${error.code}`);
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
    for (const [channel, sub] of Object.entries(reply.connect?.subs ?? {})) this.#subscribed(channel, sub);
    this.#waiting.get(reply.id ?? 0)?.resolve(reply);
    this.#waiting.delete(reply.id ?? 0);
  }

  #subscribed(channel: string, sub: SubscribeResult): void {
    this.#epochs.set(channel, sub.epoch);
    const position = this.#position(channel);
    if (!position) {
      const { epoch, offset } = sub;
      // Before the beginning all the channels are given; what comes later was joined.
      const begun = this.#started ? this.#begun : this.journal.baseline;
      begun.set(channel, { epoch, offset });
    } else if (!sub.recovered) {
      const { epoch, offset } = sub;
      this.journal.gaps.push({
        channel,
        reason: epoch === position.epoch ? 'retention' : 'epoch',
        epoch,
        from: position.offset + 1,
        to: offset,
        oldest: offset + 1,
        head: offset,
      });
    }
    for (const publication of sub.publications ?? []) this.journal.saw(channel, sub.epoch, publication);
  }

  #position(channel: string): Position | undefined {
    return this.journal.position(channel) ?? this.#begun.get(channel);
  }

  #push({ channel = '', pub, subscribe, message, disconnect }: Push): void {
    if (disconnect) this.journal.complain(`disconnected: ${disconnect.code} ${disconnect.reason}`);
    if (subscribe) this.#subscribed(channel, subscribe);
    if (pub) this.journal.saw(channel, this.#epochs.get(channel) ?? '', pub as Publication);
    const told = message?.data as { readonly type?: string; readonly gap?: Gap } | undefined;
    if (told?.type === 'gap' && told.gap) this.journal.gaps.push(told.gap);
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
          if (error) reject(new Refusal(error.message, error.temporary ?? false));
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

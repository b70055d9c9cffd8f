/**
 * Connections that hold a sync request: a socket and little else, where `node:http` keeps a parser, two messages and
 * their streams. Each connection starts here; the first request that is anything but a plain sync takes it, for good,
 * to the HTTP server.
 */
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { TimerWheel, WheelMember } from '../time/timer-wheel.js';
import type { AnswerHeaders, Exchange, ExchangeRequest } from './exchange.js';
import { readLightHead } from './light-head.js';

export interface LightServices {
  readonly wheel: TimerWheel;
  /** Between two requests, and before the first, in milliseconds. */
  readonly idleTimeout: number;
  sync(request: ExchangeRequest, exchange: Exchange): void;
  /** Whether the server goes on: otherwise each answer is the connection's last. */
  isOpen(): boolean;
}

/** What a caller may send ahead while its request is held. */
const MAX_AHEAD = 16 * 1024;

/**
 * Takes the server's connections as they come, and passes on what is not for us.
 *
 * @returns what cuts those that are ours, for the server's end
 */
export function lightenConnections(http: Server, services: LightServices): () => void {
  const listeners = http.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  http.removeAllListeners('connection');
  const passOn = (socket: Socket): void => {
    for (const listener of listeners) listener.call(http, socket);
  };
  const own = new Set<Socket>();
  http.on('connection', (socket: Socket) => new LightConnection(socket, services, own, passOn));
  return () => {
    for (const socket of own) socket.destroySoon();
  };
}

/** Looked up by socket, so that the listeners can be the same functions for all. */
const connections = new WeakMap<Socket, LightConnection>();

class LightConnection implements WheelMember {
  slot: number | undefined;
  readonly socket: Socket;
  readonly #services: LightServices;
  readonly #own: Set<Socket>;
  readonly #passOn: (socket: Socket) => void;
  #exchange: LightExchange | undefined;
  /** Came while a request was held. */
  #ahead: Buffer | undefined;

  constructor(socket: Socket, services: LightServices, own: Set<Socket>, passOn: (socket: Socket) => void) {
    this.socket = socket;
    this.#services = services;
    this.#own = own;
    own.add(socket);
    this.#passOn = passOn;
    connections.set(socket, this);
    for (const [event, listener] of LISTENERS) socket.on(event, listener);
    services.wheel.set(this, services.idleTimeout);
  }

  /** On the wheel: nobody asks anything. */
  expire(): void {
    this.socket.destroy();
  }

  received(chunk: Buffer): void {
    if (this.#exchange === undefined) {
      this.#take(chunk);
      return;
    }
    this.#ahead = this.#ahead === undefined ? chunk : Buffer.concat([this.#ahead, chunk]);
    if (this.#ahead.length > MAX_AHEAD) this.socket.destroy();
    // One request at a time; the rest waits in the kernel.
    else this.socket.pause();
  }

  closed(): void {
    this.#own.delete(this.socket);
    this.#services.wheel.delete(this);
    this.#exchange?.ended();
    this.#exchange = undefined;
  }

  /** The exchange is over. */
  finished(keepAlive: boolean): void {
    this.#exchange = undefined;
    if (!keepAlive || !this.#services.isOpen()) {
      // Once everything is written, and whether or not the caller closes its side.
      this.socket.destroySoon();
      return;
    }
    this.#services.wheel.set(this, this.#services.idleTimeout);
    if (this.#ahead === undefined) return;
    // Not within the answer's own call; what comes behind it stays in the kernel until then.
    setImmediate(() => {
      const ahead = this.#ahead!;
      this.#ahead = undefined;
      this.socket.resume();
      this.#take(ahead);
    });
  }

  #take(chunk: Buffer): void {
    if (this.socket.destroyed) return;
    const head = readLightHead(chunk);
    this.#services.wheel.delete(this);
    if (head === undefined) {
      this.#giveAway(chunk);
      return;
    }
    this.#exchange = new LightExchange(this, head.keepAlive && this.#services.isOpen());
    this.#services.sync(head.request, this.#exchange);
  }

  #giveAway(chunk: Buffer): void {
    const { socket } = this;
    this.#own.delete(socket);
    connections.delete(socket);
    for (const [event, listener] of LISTENERS) socket.off(event, listener);
    socket.pause();
    socket.unshift(chunk);
    this.#passOn(socket);
    socket.resume();
  }
}

const LISTENERS: readonly (readonly [event: string, listener: (this: Socket, data: Buffer) => void])[] = [
  ['data', onData],
  ['close', onClose],
  // The caller will send no more, and so waits for no answer.
  ['end', onGone],
  ['error', onGone],
];

function onData(this: Socket, chunk: Buffer): void {
  connections.get(this)?.received(chunk);
}

function onClose(this: Socket): void {
  connections.get(this)?.closed();
}

function onGone(this: Socket): void {
  this.destroy();
}

class LightExchange implements Exchange {
  readonly #connection: LightConnection;
  readonly #keepAlive: boolean;
  #begun = false;
  #listener: (() => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(connection: LightConnection, keepAlive: boolean) {
    this.#connection = connection;
    this.#keepAlive = keepAlive;
  }

  get begun(): boolean {
    return this.#begun;
  }

  get gone(): boolean {
    return this.#connection.socket.destroyed;
  }

  get backlog(): number {
    return this.#connection.socket.writableLength;
  }

  answer(status: number, headers: AnswerHeaders, body: string): void {
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    this.#write(headText(status, { ...headers, ...length }, this.#keepAlive) + body);
    this.#over(this.#keepAlive);
  }

  /** The end of such an answer is the end of its connection. */
  begin(headers: AnswerHeaders): void {
    this.#write(headText(200, headers, false));
  }

  write(text: string): void {
    this.#write(text);
  }

  finish(): void {
    this.#over(false);
  }

  onEnd(listener: () => void): void {
    if (this.gone) listener();
    else this.#listener = listener;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
    this.#connection.socket.on('drain', listener);
  }

  ended(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.();
  }

  #write(text: string): void {
    this.#begun = true;
    if (!this.gone) this.#connection.socket.write(text);
  }

  #over(keepAlive: boolean): void {
    if (this.#drained !== undefined) this.#connection.socket.off('drain', this.#drained);
    this.ended();
    if (!this.gone) this.#connection.finished(keepAlive);
  }
}

let date = '';
let dateUntil = 0;

function headText(status: number, headers: AnswerHeaders, keepAlive: boolean): string {
  const now = Date.now();
  if (now >= dateUntil) {
    date = new Date(now).toUTCString();
    dateUntil = now - (now % 1000) + 1000;
  }
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  return `${text}Date: ${date}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
}

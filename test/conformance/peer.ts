/**
 * The judge's end of one connection: sends frames in whatever pieces a case wants, and writes down what comes back.
 * It replies to nothing by itself, so that every byte it sends is a case's.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { DeflateContext } from './deflate.js';
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  encode,
  type Frame,
  FrameReader,
  type FrameSpec,
  PING,
  PONG,
  TEXT,
} from './frames.js';
import type { Opened } from './handshake.js';

export interface Received {
  readonly kind: 'text' | 'binary' | 'ping' | 'pong';
  readonly payload: Buffer;
}

/** How the bytes of several frames are handed to the network. */
export type Delivery = 'together' | 'apart' | 'octets' | { readonly chunk: number };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Peer {
  readonly received: Received[] = [];
  /** The close frame that came, its code null when it has none. */
  closed: { readonly code: number | null; readonly reason: Buffer } | undefined;
  /** The other end has closed its side of the TCP connection, or dropped it. */
  ended = false;
  /** The first thing that the other end must not have sent. */
  violation: string | undefined;
  /** Set by a case that looked for a failure at a point and did not see it yet. */
  late = false;
  /** The other end failed the connection and left the TCP connection for the judge to close. */
  heldOpen = false;
  readonly compresses: boolean;

  readonly #socket: Socket;
  readonly #fromClient: boolean;
  readonly #reader = new FrameReader();
  readonly #inbound: DeflateContext | undefined;
  readonly #outbound: DeflateContext | undefined;
  #fragments: Frame[] = [];
  #wake: () => void = () => {};

  constructor({ socket, rest, deflate }: Opened, fromClient: boolean) {
    this.#socket = socket;
    this.#fromClient = fromClient;
    this.compresses = deflate !== undefined;
    if (deflate !== undefined) {
      const server = new DeflateContext(deflate.serverBits, !deflate.serverNoTakeover);
      const client = new DeflateContext(deflate.clientBits, !deflate.clientNoTakeover);
      this.#inbound = fromClient ? server : client;
      this.#outbound = fromClient ? client : server;
    }
    const over = (): void => {
      this.ended = true;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => this.#onBytes(chunk));
    socket.on('end', over);
    socket.on('close', over);
    if (rest.length > 0) this.#onBytes(rest);
    socket.resume();
  }

  async send(specs: FrameSpec | readonly FrameSpec[], delivery: Delivery = 'together'): Promise<void> {
    const list = Array.isArray(specs) ? (specs as readonly FrameSpec[]) : [specs as FrameSpec];
    const frames = list.map((spec) => encode(spec, this.#fromClient));
    if (delivery === 'apart') {
      for (const frame of frames) await this.#write(frame, true);
      return;
    }
    const bytes = Buffer.concat(frames);
    if (delivery === 'together') {
      await this.#write(bytes, false);
      return;
    }
    const size = delivery === 'octets' ? 1 : delivery.chunk;
    // Small pieces let the event loop turn between them, so that they arrive as pieces; of many only some do.
    const yieldEvery = Math.max(1, Math.floor(bytes.length / size / 512));
    for (let at = 0, count = 0; at < bytes.length; at += size, count++) {
      await this.#write(bytes.subarray(at, at + size), count % yieldEvery === 0);
    }
  }

  /** One frame's bytes as this end must send them. */
  encode(spec: FrameSpec): Buffer {
    return encode(spec, this.#fromClient);
  }

  /** Any bytes at all, such as a part of a frame. */
  raw(bytes: Buffer): Promise<void> {
    return this.#write(bytes, true);
  }

  /** Compresses a message with this connection's context. */
  deflate(message: Uint8Array): Uint8Array {
    return this.#outbound?.deflate(message) ?? message;
  }

  /** Waits until the condition holds, the connection has ended or the time is up; says whether it holds. */
  async until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (!condition() && !this.ended) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
    return condition();
  }

  /** Waits for the other end to close the TCP connection. */
  async untilEnd(milliseconds: number): Promise<boolean> {
    return this.until(() => this.ended, milliseconds);
  }

  /** Closes our side of the TCP connection. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #write(bytes: Buffer, yields: boolean): Promise<void> {
    if (this.ended || this.#socket.destroyed || this.#socket.writableEnded) return;
    const hasRoom = this.#socket.write(bytes);
    if (!hasRoom)
      await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => {});
    if (yields) await turn();
  }

  #onBytes(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk)) this.#onFrame(frame);
    this.#wake();
  }

  #complain(what: string): void {
    this.violation ??= what;
  }

  #onFrame(frame: Frame): void {
    const { fin, rsv, opcode, masked, payload } = frame;
    if (this.closed) this.#complain('a frame came after the close frame');
    if (masked === this.#fromClient)
      this.#complain(masked ? 'a server masked its frame' : 'a client did not mask its frame');
    if (opcode >= 8) {
      if (!fin || payload.length > 125 || rsv !== 0) this.#complain('a control frame was malformed');
      if (opcode === PING) this.received.push({ kind: 'ping', payload });
      else if (opcode === PONG) this.received.push({ kind: 'pong', payload });
      else if (opcode === CLOSE) this.#onClose(payload);
      else this.#complain(`a frame had the opcode ${opcode}`);
      return;
    }
    if (opcode > BINARY) this.#complain(`a frame had the opcode ${opcode}`);
    if ((opcode === CONTINUATION) !== this.#fragments.length > 0)
      this.#complain('a fragment was out of place');
    const allowed = this.#inbound !== undefined && opcode !== CONTINUATION ? 4 : 0;
    if ((rsv & ~allowed) !== 0) this.#complain('reserved bits were set');
    this.#fragments.push(frame);
    if (fin) this.#onMessage();
  }

  #onClose(payload: Buffer): void {
    if (payload.length === 1) this.#complain('a close frame had one byte');
    this.closed = {
      code: payload.length < 2 ? null : payload.readUInt16BE(0),
      reason: payload.subarray(2),
    };
  }

  #onMessage(): void {
    const [first] = this.#fragments as [Frame];
    const whole =
      this.#fragments.length === 1 ? first.payload : Buffer.concat(this.#fragments.map((f) => f.payload));
    this.#fragments = [];
    let payload = whole;
    if (first.rsv === 4) {
      try {
        payload = this.#inbound!.inflate(whole);
      } catch (error) {
        this.#complain(`a message does not inflate: ${(error as Error).message}`);
      }
    }
    this.received.push({ kind: first.opcode === TEXT ? 'text' : 'binary', payload });
  }
}

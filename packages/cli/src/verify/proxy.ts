/**
 * A TCP proxy between clients and server that does to their connections what networks do: cuts them, at any byte, lets
 * them stall, and hands the bytes on in pieces of any size. It knows nothing of what the bytes mean.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Direction } from './plan.js';
import type { Random } from './random.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #random: Random;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #targets: readonly Address[];
  /** Directions in which nothing is handed on, by whatever connection. */
  readonly #held = new Set<{ readonly direction: Direction; readonly resume: (() => void)[] }>();
  /** The largest piece that is handed on whole, in bytes; 0: as it came. */
  #pieces = 0;

  /** @param targets where servers listen; each connection goes to one of them */
  constructor(targets: readonly Address[], random: Random) {
    this.#targets = targets;
    this.#random = random;
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  /** Resolves with the address that clients are given. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  cut(pick: number): void {
    this.#choose(pick)?.cut();
  }

  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
  }

  cutAtByte(pick: number, direction: Direction, bytes: number): void {
    this.#choose(pick)?.cutAfter(direction, bytes);
  }

  /** Hands nothing on in one direction until the function that it gives is called. */
  stall(pick: number, direction: Direction): () => void {
    return this.#choose(pick)?.stall(direction) ?? (() => {});
  }

  /** The same for every connection, those that are yet to come included. */
  hold(...directions: Direction[]): () => void {
    const holds = directions.map((direction) => ({
      direction,
      resume: [...this.#connections].map((connection) => connection.stall(direction)),
    }));
    for (const hold of holds) this.#held.add(hold);
    return () => {
      for (const hold of holds) {
        this.#held.delete(hold);
        for (const resume of hold.resume.splice(0)) resume();
      }
    };
  }

  /** Hands nothing back to those that asked PostgreSQL to be notified. */
  mute(): () => void {
    const resume = [...this.#connections]
      .filter(({ listens }) => listens)
      .map((connection) => connection.stall('down'));
    return () => {
      for (const one of resume) one();
    };
  }

  /** The client of a connection is gone, and the server is not told until the function that it gives is called. */
  abandon(pick: number): () => void {
    return this.#choose(pick)?.abandon() ?? (() => {});
  }

  /** Hands everything on in pieces of at most `size` bytes; 0: as it comes. */
  split(size: number): void {
    this.#pieces = size;
  }

  #choose(pick: number): ProxiedConnection | undefined {
    return [...this.#connections][Math.floor(pick * this.#connections.size)];
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#random.pick(this.#targets), noDelay: true });
    const connection = new ProxiedConnection(client, server, (chunk) => this.#cutUp(chunk));
    this.#connections.add(connection);
    for (const { direction, resume } of this.#held) resume.push(connection.stall(direction));
    client.on('close', () => this.#connections.delete(connection));
  }

  #cutUp(chunk: Buffer): Buffer[] {
    if (this.#pieces === 0) return [chunk];
    const pieces: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      // A large chunk in single bytes would take longer than any timeout: what is beyond goes on whole.
      const size = pieces.length < MAX_PIECES ? this.#random.int(1, this.#pieces) : chunk.length;
      pieces.push(chunk.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }
}

const MAX_PIECES = 64;

class ProxiedConnection {
  readonly #sockets: Readonly<Record<Direction, { readonly from: Socket; readonly to: Socket }>>;
  readonly #cutUp: (chunk: Buffer) => Buffer[];
  /** Bytes that are handed on before the connection is cut. */
  readonly #left: Record<Direction, number> = {
    up: Number.POSITIVE_INFINITY,
    down: Number.POSITIVE_INFINITY,
  };
  readonly #stalls: Record<Direction, number> = { up: 0, down: 0 };
  #abandoned = false;
  /** Whether it asked PostgreSQL to be notified. */
  listens = false;

  constructor(client: Socket, server: Socket, cutUp: (chunk: Buffer) => Buffer[]) {
    this.#cutUp = cutUp;
    this.#sockets = { up: { from: client, to: server }, down: { from: server, to: client } };
    for (const direction of ['up', 'down'] as const) void this.#carry(direction);
    for (const { from, to } of Object.values(this.#sockets)) {
      // An end of its own making or the other's: all that matters is that it ended.
      from.on('error', () => {});
      from.on('close', () => {
        if (!this.#abandoned) to.destroySoon();
      });
    }
  }

  abandon(): () => void {
    this.#abandoned = true;
    const { from, to } = this.#sockets.up;
    if (!from.destroyed) from.resetAndDestroy();
    return () => to.destroy();
  }

  cut(): void {
    if (this.#abandoned) return;
    const { from, to } = this.#sockets.up;
    for (const socket of [from, to]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  cutAfter(direction: Direction, bytes: number): void {
    this.#left[direction] = bytes;
    if (bytes === 0) this.cut();
  }

  stall(direction: Direction): () => void {
    this.#stalls[direction] += 1;
    return () => {
      this.#stalls[direction] -= 1;
      this.#sockets[direction].from.emit('resumed');
    };
  }

  async #carry(direction: Direction): Promise<void> {
    const { from, to } = this.#sockets[direction];
    const gone = new AbortController();
    const { signal } = gone;
    // Whatever waits to be handed on there waits for nothing.
    to.on('close', () => gone.abort());
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (direction === 'up' && chunk.includes('LISTEN')) this.listens = true;
        for (const piece of this.#cutUp(chunk)) {
          while (this.#stalls[direction] > 0) await once(from, 'resumed', { signal });
          const passed = piece.subarray(0, this.#left[direction]);
          this.#left[direction] -= passed.length;
          if (!to.write(passed)) await once(to, 'drain', { signal });
          if (passed.length < piece.length || this.#left[direction] === 0) {
            // Once they are on their way; a reset would overtake them.
            to.end(() => this.cut());
            return;
          }
          if (piece !== chunk) await new Promise((resolve) => setImmediate(resolve));
        }
      }
      to.end();
    } catch {
      this.cut();
    }
  }
}

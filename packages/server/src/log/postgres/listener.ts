/**
 * What comes by NOTIFY, for all who listen in this process, over one connection that is made anew whenever it dies.
 * Notifications are lost while there is none, and wherever LISTEN does not work (behind pgbouncer, say): nothing may
 * depend on them.
 */
import type { Connection } from './connection.js';

export interface ListenerOptions {
  readonly connect: () => Connection;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface Listening {
  readonly notified: (payload: string) => void;
  /** It listens, from the first time on and again: what was sent before may be lost. */
  readonly began?: (() => void) | undefined;
}

/** Between two looks whether the connection is alive, and between two tries to make it, in milliseconds. */
const PROBE = 10_000;
const RETRY = 50;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #channels = new Map<string, Set<Listening>>();
  /** The channels that the connection listens to. */
  readonly #heard = new Set<string>();
  #connection: Connection | undefined;
  #busy = false;
  /** There is more to do than was there when it last looked. */
  #again = false;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  listen(channel: string, listening: Listening): () => void {
    let all = this.#channels.get(channel);
    if (all === undefined) {
      all = new Set();
      this.#channels.set(channel, all);
    }
    all.add(listening);
    if (this.#heard.has(channel)) listening.began?.();
    else this.#wake();
    return () => {
      all.delete(listening);
      if (all.size > 0 || this.#channels.get(channel) !== all) return;
      this.#channels.delete(channel);
      this.#wake();
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #wake(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#again = true;
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    let next = PROBE;
    try {
      this.#connection ??= this.#connect();
      const connection = this.#connection;
      // It may have been a while since, and the other side may be gone without a word.
      await connection.query('SELECT 1');
      while (this.#again) {
        this.#again = false;
        for (let changed = true; changed; ) changed = await this.#adjust(connection);
      }
    } catch {
      next = RETRY;
    }
    this.#busy = false;
    if (this.#closed) return;
    if (this.#channels.size > 0) this.#cancel = this.#options.after(next, () => this.#wake());
  }

  /** Listens to one more channel, or to one less; false when it listens to what it should. */
  async #adjust(connection: Connection): Promise<boolean> {
    for (const channel of this.#heard) {
      if (this.#channels.has(channel)) continue;
      await connection.query(`UNLISTEN ${quoted(channel)}`);
      this.#heard.delete(channel);
      return true;
    }
    for (const channel of this.#channels.keys()) {
      if (this.#heard.has(channel)) continue;
      await connection.query(`LISTEN ${quoted(channel)}`);
      this.#heard.add(channel);
      for (const { began } of this.#channels.get(channel) ?? []) began?.();
      return true;
    }
    return false;
  }

  #connect(): Connection {
    const connection = this.#options.connect();
    connection.onLost = () => {
      this.#heard.clear();
      this.#wake();
    };
    connection.onNotification = (channel, payload) => {
      for (const { notified } of this.#channels.get(channel) ?? []) notified(payload);
    };
    return connection;
  }
}

/** An identifier as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

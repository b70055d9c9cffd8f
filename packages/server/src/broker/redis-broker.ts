/**
 * The broker over Valkey or Redis, for more nodes and more that comes and goes than a database should carry. It stores
 * nothing there. While no connection stands, messages are lost, and it connects again by itself.
 */
import type { Clock } from '../time/clock.js';
import type { Broker, Listener, Topic, Topics } from './broker.js';
import { Listeners } from './listeners.js';
import { type Letter, Outgoing } from './outgoing.js';
import { RedisLink } from './redis-link.js';

export interface RedisBrokerOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS; of a cluster any server. */
  readonly url: string;
  readonly node: string;
  readonly clock: Clock;
  /** From 0 to 1: spreads attempts to connect again. */
  readonly random?: () => number;
  /** Told when the connection is lost, and of what could not be sent. */
  readonly failed: (error: unknown) => void;
}

/** Messages of so many milliseconds travel together. */
const COALESCE = 2;

/** Before another attempt to connect, in milliseconds: twice as long each time, up to the latter. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

export class RedisBroker implements Broker {
  readonly node: string;
  readonly #options: RedisBrokerOptions;
  readonly #listeners: Listeners;
  readonly #outgoing: Outgoing;
  #link: RedisLink | undefined;
  #attempts = 0;
  #cancel: () => void = () => {};
  #closing: Promise<void> | undefined;

  private constructor(options: RedisBrokerOptions) {
    const { node, clock, failed } = options;
    this.node = node;
    this.#options = options;
    this.#listeners = new Listeners(node);
    this.#outgoing = new Outgoing({
      node,
      clock,
      failed,
      coalesce: COALESCE,
      send: (letters) => this.#send(letters),
    });
  }

  /** Connects and listens. Rejects where the server cannot be reached, or refuses. */
  static async open(options: RedisBrokerOptions): Promise<RedisBroker> {
    const broker = new RedisBroker(options);
    await broker.#connect();
    return broker;
  }

  /** Whether the server's channels are sharded ones; undefined while no connection stands. */
  get sharded(): boolean | undefined {
    return this.#link?.sharded;
  }

  publish<T extends Topic>(topic: T, payload: Topics[T], to?: string): void {
    // What is said while nobody can hear it would only be old news afterwards.
    if (this.#closing === undefined && this.#link !== undefined) this.#outgoing.add(topic, payload, to);
  }

  subscribe<T extends Topic>(topic: T, listener: Listener<T>): () => void {
    return this.#listeners.add(topic, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancel();
    this.#listeners.clear();
    await this.#outgoing.flush();
    this.#link?.close();
  }

  async #send(letters: readonly Letter[]): Promise<void> {
    await this.#link?.send(letters);
  }

  async #connect(): Promise<void> {
    const { url, node, clock } = this.#options;
    const link = await RedisLink.open({
      url,
      node,
      clock,
      received: (envelope) => this.#listeners.receive(envelope),
      lost: (cause) => this.#lost(cause),
    });
    this.#attempts = 0;
    if (this.#closing === undefined) this.#link = link;
    else link.close();
  }

  #lost(cause: unknown): void {
    this.#link = undefined;
    this.#options.failed(new Error('The connection to the broker was lost.', { cause }));
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#closing !== undefined) return;
    const { clock, random = Math.random } = this.#options;
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#attempts, LONGEST_PAUSE);
    this.#attempts += 1;
    this.#cancel = clock.after(pause * (0.5 + random() / 2), () => {
      this.#connect().catch(() => this.#tryAgain());
    });
  }
}

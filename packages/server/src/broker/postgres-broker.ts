/**
 * The broker over PostgreSQL's NOTIFY: nothing to install beside the database that the log is in. What is notified
 * while a connection is down is lost, and so is everything where LISTEN does not work (behind pgbouncer, say).
 */
import { PostgresClient, type PostgresClientOptions } from '../log/postgres/client.js';
import type { Clock } from '../time/clock.js';
import type { Broker, Listener, Topic, Topics } from './broker.js';
import { Listeners } from './listeners.js';
import { type Letter, Outgoing } from './outgoing.js';

export interface PostgresBrokerOptions extends Pick<PostgresClientOptions, 'url' | 'ssl' | 'timeout'> {
  /** This node's id, at most 40 characters. */
  readonly node: string;
  readonly clock: Clock;
  /** From 0 to 1: spreads attempts to connect again. */
  readonly random?: () => number;
  /** Told of what could not be sent. */
  readonly failed: (error: unknown) => void;
}

/** Messages of so many milliseconds travel together. */
const COALESCE = 5;

/** How long it is waited for that LISTEN begins, in milliseconds. */
const PATIENCE = 5000;

/** What all nodes listen to; each listens to its own besides, which ends in its id. */
const CHANNEL = 'fullduplex_nodes';

/**
 * All at once, in a transaction of their own that waits for no disk and no replica: NOTIFY holds a lock over the whole
 * database until it has committed.
 */
const NOTIFY = `SELECT pg_notify(channel, payload)
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS set, unnest($1::text[], $2::text[]) AS it(channel, payload)`;

export class PostgresBroker implements Broker {
  readonly node: string;
  readonly #client: PostgresClient;
  readonly #listeners: Listeners;
  readonly #outgoing: Outgoing;
  #ends: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  private constructor(options: PostgresBrokerOptions) {
    const { url, ssl, timeout, node, clock, random = Math.random, failed } = options;
    this.node = node;
    this.#client = new PostgresClient({
      url,
      ssl,
      timeout,
      random,
      maxConnections: 3,
      applicationName: 'fullduplex broker',
      after: (ms, callback) => clock.after(ms, callback),
    });
    this.#listeners = new Listeners(node);
    this.#outgoing = new Outgoing({
      node,
      clock,
      failed,
      coalesce: COALESCE,
      send: (letters) => this.#send(letters),
    });
  }

  /**
   * Connects, and resolves once it listens, or when that takes too long.
   *
   * @throws {LogError} `unavailable`
   */
  static async open(options: PostgresBrokerOptions): Promise<PostgresBroker> {
    const broker = new PostgresBroker(options);
    try {
      await broker.#client.query('SELECT 1');
      await broker.#listen(options.clock);
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  publish<T extends Topic>(topic: T, payload: Topics[T], to?: string): void {
    if (this.#closing === undefined) this.#outgoing.add(topic, payload, to);
  }

  subscribe<T extends Topic>(topic: T, listener: Listener<T>): () => void {
    return this.#listeners.add(topic, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    for (const end of this.#ends) end();
    await this.#outgoing.flush();
    await this.#client.close();
  }

  async #send(letters: readonly Letter[]): Promise<void> {
    await this.#client.query(NOTIFY, [
      letters.map(({ to }) => channelOf(to)),
      letters.map(({ envelope }) => envelope),
    ]);
  }

  async #listen(clock: Clock): Promise<void> {
    const notified = (payload: string): void => this.#listeners.receive(payload);
    const begun = [undefined, this.node].map(
      (to) =>
        new Promise<void>((resolve) => {
          this.#ends.push(this.#client.listen(channelOf(to), { notified, began: resolve }));
        }),
    );
    let cancel: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(PATIENCE, resolve);
    });
    await Promise.race([Promise.all(begun), late]);
    cancel();
  }
}

function channelOf(to: string | undefined): string {
  return to === undefined ? CHANNEL : `${CHANNEL}_${to}`;
}

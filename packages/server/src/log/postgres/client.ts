/**
 * The way to one PostgreSQL database: how it is reached, the connections that this process shares, and what is notified.
 * It must not know what the database is for.
 */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { LogError } from '../log.js';
import { Backoff } from './backoff.js';
import { Connection, type Row } from './connection.js';
import { Listener, type Listening } from './listener.js';

export interface PostgresClientOptions {
  /**
   * `postgres://user:password@host:5432/database`, as psql and the client library `pg` take it: `sslmode`,
   * `sslrootcert`, `sslcert`, `sslkey`, `host` (a socket's folder) may follow as parameters. What is left out comes from
   * `PGHOST`, `PGUSER`, `PGPASSWORD` and the like.
   */
  readonly url: string;
  /** Goes before what the address says of TLS: Node's `tls.connect` options. */
  readonly ssl?: boolean | TlsOptions | undefined;
  /** The most connections that are open at once, at least 3: one commits, one listens, the others read. 8. */
  readonly maxConnections?: number | undefined;
  /** How long connecting, or one query, may take, in milliseconds. 5,000. */
  readonly timeout?: number | undefined;
  /** How the connections are named in `pg_stat_activity`. `fullduplex`. */
  readonly applicationName?: string | undefined;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Waiting {
  readonly go: (connection: Connection) => void;
  readonly fail: (why: string) => void;
}

export class PostgresClient {
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly #url: string;
  readonly #connect: () => Connection;
  readonly #connections = new Set<Connection>();
  readonly #timeout: number;
  readonly #listener: Listener;
  /** For `query`: those that nobody uses, and how many there may still be. */
  readonly #idle: Connection[] = [];
  #spare: number;
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  constructor(options: PostgresClientOptions) {
    const { url, ssl, applicationName = 'fullduplex', timeout = 5000, maxConnections = 8 } = options;
    const { after, random } = options;
    const backoff = new Backoff({ random, after });
    this.after = after;
    this.#url = url;
    this.#timeout = timeout;
    this.#spare = Math.max(maxConnections - 2, 1);
    this.#connect = () => {
      const connection = new Connection({ url, ssl, applicationName, timeout, after, backoff });
      this.#connections.add(connection);
      return connection;
    };
    this.#listener = new Listener({ connect: this.#connect, after });
  }

  /** Where it leads, without the password: for people to read. */
  get address(): string {
    return this.#url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1@').replace(/\?.*$/, '');
  }

  /** A connection for one user alone, who has to close it. */
  dedicated(): Connection {
    return this.#connect();
  }

  /**
   * Runs one statement, which is its own transaction, on any of the shared connections.
   *
   * @throws {LogError} `unavailable`; then it is unknown whether the statement was carried out
   */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const connection = await this.#take();
    try {
      return (await connection.query(text, values)).rows;
    } finally {
      this.#give(connection);
    }
  }

  /** Calls back with each payload that is notified on the channel, from all nodes, this one too. */
  listen(channel: string, listening: Listening): () => void {
    return this.#listener.listen(channel, listening);
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    for (const waiting of this.#waiting) waiting.fail('the client is closed');
    await Promise.all(Array.from(this.#connections, (connection) => connection.close()));
  }

  async #take(): Promise<Connection> {
    if (this.#closed) throw new LogError('unavailable', 'PostgreSQL: the client is closed.');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#spare > 0) {
      this.#spare--;
      return this.#connect();
    }
    return new Promise((resolve, reject) => {
      const cancel = this.after(this.#timeout, () =>
        waiting.fail(`no connection became free within ${this.#timeout} ms`),
      );
      const settle = (): void => {
        this.#waiting.delete(waiting);
        cancel();
      };
      const waiting: Waiting = {
        go: (connection) => {
          settle();
          resolve(connection);
        },
        fail: (why) => {
          settle();
          reject(new LogError('unavailable', `PostgreSQL: ${why}.`));
        },
      };
      this.#waiting.add(waiting);
    });
  }

  #give(connection: Connection): void {
    const [next] = this.#waiting;
    if (next !== undefined) next.go(connection);
    else this.#idle.push(connection);
  }
}

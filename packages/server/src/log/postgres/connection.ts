/**
 * One connection to PostgreSQL, which is made when it is needed and made anew when it has died. One query is under way
 * at a time; what was under way when it died has failed, and nothing is sent twice.
 */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import pg from 'pg';
import type { Backoff } from './backoff.js';
import { asLogError, endsConnection } from './errors.js';

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; what it leaves out comes from `PGHOST` and the like. */
  readonly url: string;
  /** Goes before what the address says of TLS. */
  readonly ssl?: boolean | TlsOptions | undefined;
  /** How the connections are named in `pg_stat_activity`. */
  readonly applicationName: string;
  /** How long connecting, or one query, may take, in milliseconds; then the connection is given up. */
  readonly timeout: number;
  /** Calls back once, after so many milliseconds. Returns what takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Shared by all connections to this database. */
  readonly backoff: Backoff;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly rows: readonly Row[];
  /** Whether PostgreSQL warned while it carried the query out. */
  readonly warned: boolean;
}

/** What each connection begins with: nothing that hangs on how the database is set up. */
const SETUP = `SELECT pg_is_in_recovery() AS standby, current_setting('server_encoding') AS encoding,
  set_config('default_transaction_isolation', 'read committed', false)`;

const INT8: number = pg.types.builtins.INT8;

export class Connection {
  readonly #options: ConnectionOptions;
  #client: pg.Client | undefined;
  #warned = false;
  #closed = false;
  /** Told when the connection has died by itself. */
  onLost: (() => void) | undefined;
  /** Told of what `LISTEN` brings. */
  onNotification: ((channel: string, payload: string) => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Runs one query, which the caller may only do when none is under way. It resolves once PostgreSQL is ready for the
   * next, which is after the commit.
   *
   * @throws {LogError} `unavailable`, `full`
   */
  async query(text: string, values: readonly unknown[] = []): Promise<Answer> {
    let client: pg.Client | undefined;
    try {
      client = this.#client ?? (await this.#open());
      this.#warned = false;
      const rows = await this.#run(client, text, values);
      return { rows, warned: this.#warned };
    } catch (error) {
      if (client !== undefined && endsConnection(error)) this.#drop(client);
      throw asLogError(error);
    }
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    if (client === undefined) return;
    this.#lost(client);
    await client.end().catch(() => {});
  }

  async #open(): Promise<pg.Client> {
    const { url, ssl, applicationName, timeout, backoff } = this.#options;
    if (this.#closed) throw new Error('the connection is closed');
    if (backoff.isResting) throw new Error('it could not be reached a moment ago', { cause: backoff.cause });
    const client = new pg.Client({
      connectionString: url,
      ...(ssl === undefined ? {} : { ssl }),
      application_name: applicationName,
      connectionTimeoutMillis: timeout,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // Ids, offsets and times fit a number.
      types: {
        getTypeParser: ((oid: number, format?: 'text') =>
          oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
      },
    });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notice', ({ code }) => {
      // By its class: the text comes in the server's language.
      if (code === undefined || /^(01|57)/.test(code)) this.#warned = true;
    });
    client.on('notification', ({ channel, payload }) => this.onNotification?.(channel, payload ?? ''));
    try {
      await client.connect();
      const [state] = await this.#run(client, SETUP, []);
      if (state?.standby === true) throw new Error('this is a standby server, which cannot be written to');
      if (state?.encoding !== 'UTF8') throw new Error('the database is not encoded in UTF-8');
    } catch (error) {
      backoff.failed(error);
      client.end().catch(() => {});
      throw error;
    }
    if (this.#closed) {
      client.end().catch(() => {});
      throw new Error('the connection is closed');
    }
    backoff.succeeded();
    this.#client = client;
    return client;
  }

  async #run(client: pg.Client, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const { timeout, after } = this.#options;
    let late = false;
    const cancel = after(timeout, () => {
      late = true;
      // With a query under way this ends the connection at once.
      client.end().catch(() => {});
    });
    try {
      const { rows } = await client.query<Row>(text, values as unknown[]);
      return rows;
    } catch (error) {
      if (late) throw new Error(`no answer within ${timeout} ms`, { cause: error });
      throw error;
    } finally {
      cancel();
    }
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.onLost?.();
  }

  #drop(client: pg.Client): void {
    this.#lost(client);
    client.end().catch(() => {});
  }
}

/** What `postgres.mjs` gives. It is JavaScript, so that the benchmark can use it without a build. */

export interface PostgresServer {
  /** Of the database `postgres`, as its superuser. */
  readonly url: string;
  readonly port: number;
  /** Of the process that all the others of this server come from. */
  readonly pid: number | undefined;
  /** The last of what it has printed. */
  readonly output: string;
  /** Starts it after `shutDown` or `kill`, on the port it had before; resolves once it answers. */
  start(): Promise<void>;
  /** Ends it as an operator does. */
  shutDown(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes all that it kept. */
  stop(): Promise<void>;
  /** Makes an empty database and gives its address. */
  createDatabase(): Promise<string>;
  /** Runs one statement as the superuser, on a connection of its own. */
  query(text: string, values?: readonly unknown[], url?: string): Promise<Record<string, unknown>[]>;
}

/** Makes a cluster in a folder of its own, with fsync on, and starts it; `settings` are those of `postgresql.conf`. */
export function startPostgres(options?: {
  readonly settings?: Readonly<Record<string, string | number>>;
}): Promise<PostgresServer>;

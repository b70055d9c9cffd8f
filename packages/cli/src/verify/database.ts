/** A PostgreSQL database to check servers on: one of our own, out of this checkout, or one on a server that is given. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export interface Database {
  readonly url: string;
  /** What can be done to a server of our own; absent where it is somebody else's. */
  readonly server?: {
    kill(): Promise<void>;
    shutDown(): Promise<void>;
    start(): Promise<void>;
  };
  /** Removes it. */
  dispose(): Promise<void>;
}

interface PostgresServer {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  shutDown(): Promise<void>;
  stop(): Promise<void>;
  createDatabase(): Promise<string>;
}

interface Support {
  startPostgres(): Promise<PostgresServer>;
}

/**
 * @param url of a server on which a database may be made; without it one is started
 * @throws {Error} where there is none to be had
 */
export async function openDatabase(url: string | undefined): Promise<Database> {
  return url === undefined ? ownDatabase() : givenDatabase(url);
}

async function ownDatabase(): Promise<Database> {
  // A development dependency brings it: a package that is installed has no PostgreSQL with it.
  const support = new URL('../../../../test/support/postgres.mjs', import.meta.url);
  if (!existsSync(fileURLToPath(support))) {
    throw new Error(
      'PostgreSQL comes with a checkout of this project only. Give one: --postgres postgres://…',
    );
  }
  const programs = (await import(support.href)) as Support;
  const server = await programs.startPostgres();
  return { url: await server.createDatabase(), server, dispose: () => server.stop() };
}

async function givenDatabase(server: string): Promise<Database> {
  const name = `fullduplex_verify_${randomBytes(4).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await run(server, `CREATE DATABASE ${name}`);
  return { url: url.href, dispose: () => run(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(sql);
  } catch (cause) {
    throw new Error(`PostgreSQL at ${new URL(url).host} does not: ${sql}`, { cause });
  } finally {
    await client.end().catch(() => {});
  }
}

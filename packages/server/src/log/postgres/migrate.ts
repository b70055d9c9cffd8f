/** Brings a database's schema up to what this server knows, by itself and under a lock; refuses one it does not know. */
import { LogError } from '../log.js';
import type { Connection } from './connection.js';
import { asLogError } from './errors.js';
import { quoted } from './listener.js';
import { migrations } from './migrations/index.js';

/** The newest migration that this server knows. */
export const LEVEL = migrations.length;

/** @throws {LogError} `unavailable` */
export async function migrate(connection: Connection, schema: string): Promise<void> {
  const before = await versionOf(connection, schema);
  if (before !== undefined && isCurrent(before, schema)) return;
  await connection.query('BEGIN');
  try {
    await connection.query(`SELECT pg_advisory_xact_lock(7074, hashtext($1))`, [schema]);
    // Another node may have been at it.
    const version = await versionOf(connection, schema);
    if (version === undefined || !isCurrent(version, schema)) {
      await carryOut(connection, schema, version?.to ?? 0);
    }
    await connection.query('COMMIT');
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {});
    throw asLogError(error);
  }
}

/** The migrations that servers must know at least to run on the schema, and the newest that was carried out. */
interface Version {
  readonly from: number;
  readonly to: number;
}

async function carryOut(connection: Connection, schema: string, done: number): Promise<void> {
  if (done === 0) await connection.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
  // The functions keep this path: they find the schema's tables, and nobody else's.
  await connection.query(`SET LOCAL search_path = ${quoted(schema)}, pg_temp`);
  for (const { sql } of migrations.slice(done)) await connection.query(sql);
  const { serversFrom } = migrations.at(-1)!;
  await connection.query(
    done === 0
      ? `INSERT INTO version (servers_from, servers_to) VALUES (${serversFrom}, ${LEVEL})`
      : `UPDATE version SET servers_from = ${serversFrom}, servers_to = ${LEVEL}`,
  );
}

/** Undefined when the schema was not made yet. */
async function versionOf(connection: Connection, schema: string): Promise<Version | undefined> {
  const { rows } = await connection.query(
    // Not by to_regclass: waiting for the lock, a backend keeps in mind what there was before.
    `SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'version') AS there`,
    [schema],
  );
  if (rows[0]?.there !== true) return undefined;
  const answer = await connection.query(`SELECT servers_from, servers_to FROM ${quoted(schema)}.version`);
  const row = answer.rows[0] as { servers_from: number; servers_to: number } | undefined;
  return row === undefined ? undefined : { from: row.servers_from, to: row.servers_to };
}

/** Whether there is nothing to do. */
function isCurrent({ from, to }: Version, schema: string): boolean {
  if (from > LEVEL) {
    throw new LogError(
      'unavailable',
      `The log in the schema "${schema}" is for servers that know its migrations up to ${from} or more (it has ${to}); ` +
        `this one knows ${LEVEL}: update it.`,
    );
  }
  return to >= LEVEL;
}

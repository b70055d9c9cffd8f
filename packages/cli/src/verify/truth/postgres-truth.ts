/** Reads a log out of its PostgreSQL database by SQL. It knows the tables, and nothing of the server. */
import pg from 'pg';
import type { Epoch, Stored, StoredChannel, StoredRecord } from './truth.js';

/** @throws {Error} when the database cannot be reached, or holds no log */
export async function readPostgres(url: string): Promise<Stored> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  // A connection that is lost fails what is asked over it.
  client.on('error', () => {});
  try {
    await client.connect();
    // All of it as of one moment.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL search_path = fullduplex');
    const all = async <Row extends object>(sql: string): Promise<Row[]> =>
      (await client.query(sql)).rows as Row[];
    return {
      epochs: await all<Epoch>('SELECT name, first::float8 AS first FROM epoch ORDER BY number'),
      channels: await all<StoredChannel>(
        'SELECT name, oldest::float8 AS oldest, floor::float8 AS floor FROM channel ORDER BY number',
      ),
      records: (await all<PostgresRow>(RECORDS)).map(
        ({ key, changes, ...row }): StoredRecord => ({
          ...row,
          key: key ?? undefined,
          changes: JSON.parse(changes ?? '[]') as NonNullable<StoredRecord['changes']>,
        }),
      ),
      facts: new Map(
        (await all<{ key: string; value: string }>('SELECT key, value FROM fact')).map(({ key, value }) => [
          key,
          value,
        ]),
      ),
    };
  } finally {
    // Of a connection that was lost there may be no end.
    void client.end().catch(() => {});
  }
}

interface PostgresRow {
  readonly id: number;
  readonly channel: string;
  readonly offset: number;
  readonly sender: string;
  readonly key: string | null;
  readonly data: string;
  readonly redacted: boolean;
  readonly changes: string | null;
}

const RECORDS = `
  SELECT record.id::float8 AS id, channel.name AS channel, "offset"::float8 AS "offset", sender, key, data, redacted,
    changes
  FROM record JOIN channel ON channel.number = record.channel ORDER BY record.id`;

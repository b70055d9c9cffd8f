/** Reads a log out of its SQLite file, which it does not change. It knows the tables, and nothing of the server. */
import Database from 'libsql';
import type { Stored, StoredRecord } from './truth.js';

/**
 * To be called when no server has the file open.
 *
 * @throws {Error} when it is no log, or is damaged
 */
export function readSqlite(file: string): Stored {
  const db = new Database(file);
  try {
    db.exec('PRAGMA query_only = ON');
    const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as Row[];
    const damage = all<{ integrity_check: string }>('PRAGMA integrity_check')[0]?.integrity_check;
    if (damage !== 'ok') throw new Error(`${file} is damaged: ${damage}`);
    return {
      epochs: all('SELECT name, first FROM epoch ORDER BY number'),
      channels: all('SELECT name, oldest, floor FROM channel ORDER BY id'),
      records: all<SqliteRow>(RECORDS).map(toRecord),
      facts: new Map(all<FactRow>('SELECT key, value FROM fact').map(({ key, value }) => [key, value])),
    };
  } finally {
    db.close();
  }
}

interface FactRow {
  readonly key: string;
  readonly value: string;
}

interface SqliteRow {
  readonly id: number;
  readonly channel: string;
  readonly offset: number;
  readonly sender: string;
  readonly key: string | null;
  readonly data: string;
  readonly redacted: number | null;
  readonly changes: string | null;
}

const RECORDS = `
  SELECT record.id, channel.name AS channel, record.offset, sender, key, data, redacted, changes
  FROM record JOIN channel ON channel.id = record.channel ORDER BY record.id`;

function toRecord({ key, redacted, changes, ...row }: SqliteRow): StoredRecord {
  return {
    ...row,
    key: key ?? undefined,
    redacted: redacted !== null && redacted !== 0,
    changes: parseChanges(changes),
  };
}

/** What an append changed, and what it redacted: `[[[key, value], …], …]`. */
function parseChanges(text: string | null): NonNullable<StoredRecord['changes']> {
  if (text === null) return [];
  const [changes] = JSON.parse(text) as [[string, string | null][]];
  return changes.map(([key, value]) => ({ key, value }));
}

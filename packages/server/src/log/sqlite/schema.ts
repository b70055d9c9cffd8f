/** The tables of a log's database file, and how a connection to it is set up. It knows SQLite, and no threads. */
import { randomUUID } from 'node:crypto';
import Database from 'libsql';
import { type Durability, type Epoch, LogError } from '../log.js';
import type { StorageState } from '../storage.js';

/** Counted up with every change of the tables; kept in the file as SQLite's `user_version`. */
export const SCHEMA_VERSION = 2;
const PAGE_BYTES = 4096;
/** Of a connection, in KiB: keys come in any order, and so do channels; each wants its page of their index. */
const CACHE_KIB = 16384;

/**
 * A record's rowid is its id. `changes` is what an append changed beside its records, on the first of them. `oldest` is
 * the first offset that is still there, `floor` the id of the newest record that was trimmed. `home` is what the log
 * knows of the file it lies in: see `home.ts`.
 */
export const TABLES = `
  CREATE TABLE epoch (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first INTEGER NOT NULL) STRICT;
  CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    oldest INTEGER NOT NULL DEFAULT 1,
    floor INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    sender TEXT NOT NULL,
    key TEXT,
    time INTEGER NOT NULL,
    data TEXT NOT NULL,
    redacted INTEGER,
    changes TEXT
  ) STRICT;
  CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE last_batch (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, reply TEXT NOT NULL) STRICT;
  CREATE TABLE home (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    file TEXT NOT NULL,
    boot TEXT NOT NULL,
    doubt INTEGER NOT NULL
  ) STRICT;
`;

/** Every index ends with the rowid, so that the second one is (channel, id). */
export const INDEXES = `
  CREATE UNIQUE INDEX record_offset ON record (channel, offset);
  CREATE INDEX record_channel ON record (channel);
  CREATE UNIQUE INDEX record_key ON record (channel, sender, key) WHERE key IS NOT NULL;
`;

export interface DatabaseOptions {
  /** The database file; it is made when there is none. */
  readonly file: string;
  readonly durability: Exclude<Durability, 'memory'>;
  /** The most bytes the database file may grow to; undefined for as many as the disk has. */
  readonly maxFileBytes?: number | undefined;
  /** Bytes that the write-ahead log may have before it is begun anew; under load somewhat more. */
  readonly walBytes: number;
}

/** A statement whose rows come as arrays. */
export type RowStatement = Database.Statement;

export function prepareRows(db: Database.Database, sql: string): RowStatement {
  const statement = db.prepare(sql) as Database.Statement & { raw(): Database.Statement };
  return statement.raw();
}

/** The version of the file's tables; 0 for a file without any. */
export function readVersion(db: Database.Database): number {
  return (prepareRows(db, 'PRAGMA user_version').get() as [number])[0];
}

/** A connection that may write; makes the tables of a new file. It leaves checkpoints to others. */
export function openForWriting(options: DatabaseOptions): Database.Database {
  const db = connect(options.file);
  try {
    db.exec('PRAGMA journal_mode = WAL');
    setDurability(db, options.durability);
    db.exec('PRAGMA wal_autocheckpoint = 0');
    // After a burst the write-ahead log gives its room back. Otherwise it keeps its size: what is written over reaches
    // the disk sooner than what makes a file grow.
    db.exec(`PRAGMA journal_size_limit = ${2 * options.walBytes}`);
    // What is redacted or trimmed is overwritten, and not merely let go.
    db.exec('PRAGMA secure_delete = ON');
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    if (options.maxFileBytes !== undefined) {
      db.exec(`PRAGMA max_page_count = ${Math.max(Math.floor(options.maxFileBytes / PAGE_BYTES), 1)}`);
    }
    make(db, options.file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A connection that only reads; the file and its tables are there already. */
export function openForReading(file: string): Database.Database {
  const db = connect(file);
  db.exec('PRAGMA query_only = ON');
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  return db;
}

/** A connection that copies what was committed from the write-ahead log into the file. */
export function openForCheckpoints(options: DatabaseOptions): Database.Database {
  const db = connect(options.file);
  db.exec('PRAGMA wal_autocheckpoint = 0');
  setDurability(db, options.durability);
  // A commit waits for the write-ahead log to begin anew: that is given up soon when a reader is in its way.
  db.exec('PRAGMA busy_timeout = 50');
  return db;
}

/** FULL forces the write-ahead log to the disk with each commit; NORMAL only when it is copied into the file. */
export function setDurability(db: Database.Database, durability: DatabaseOptions['durability']): void {
  db.exec(`PRAGMA synchronous = ${durability === 'disk' ? 'FULL' : 'NORMAL'}`);
  // On macOS a plain fsync leaves the data in the drive's cache.
  db.exec(`PRAGMA fullfsync = ${durability === 'disk' ? 'ON' : 'OFF'}`);
}

/** What the log holds; prepared once, since it is asked for with every reading. */
export function prepareState(db: Database.Database): () => StorageState {
  // The newest record of all is its channel's head, which no trimming removes.
  const lastId = prepareRows(db, 'SELECT max(id) FROM record');
  const epochs = prepareRows(db, 'SELECT name, first FROM epoch ORDER BY number');
  return () => ({
    lastId: (lastId.get() as [number | null])[0] ?? 0,
    epochs: (epochs.all() as [string, number][]).map(([name, first]): Epoch => ({ name, first })),
  });
}

/** What the storage threw, as the log's own error. */
export function toLogError(error: unknown): LogError {
  if (error instanceof LogError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL') {
    return new LogError('full', `There is no room left for the log: ${message}.`, { cause: error });
  }
  return new LogError('unavailable', `The log's storage failed: ${message}.`, { cause: error });
}

/** Runs the function as one transaction, or, when it throws, as none. */
export function transact<Result>(db: Database.Database, run: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite ends the transaction by itself for some errors, a full disk among them.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export function connect(file: string): Database.Database {
  // Milliseconds to wait for another connection of ours; another process is kept out by the file's lock.
  const db = new Database(file, { timeout: 5000 });
  db.exec('PRAGMA temp_store = MEMORY');
  return db;
}

function make(db: Database.Database, file: string): void {
  const version = readVersion(db);
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) {
    const message = `${file} was written by another version of this server (format ${version}, not ${SCHEMA_VERSION}).`;
    throw new LogError('unavailable', message);
  }
  transact(db, () => {
    db.exec(TABLES);
    db.exec(INDEXES);
    db.prepare('INSERT INTO epoch (number, name, first) VALUES (1, ?, 1)').run(randomUUID());
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

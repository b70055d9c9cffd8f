/** The tables of a log's database file, and how a connection to it is set up. It knows SQLite, and no threads. */
import { randomUUID } from 'node:crypto';
import Database from 'libsql';
import { type Durability, LogError } from './log.js';

/** Counted up with every change of the tables; kept in the file as SQLite's `user_version`. */
const SCHEMA_VERSION = 1;
const PAGE_BYTES = 4096;

const SCHEMA = `
  CREATE TABLE log (epoch TEXT NOT NULL) STRICT;
  CREATE TABLE channel (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL) STRICT;
  CREATE TABLE record (
    channel INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    sender TEXT NOT NULL,
    key TEXT,
    time INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (channel, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX record_key ON record (channel, sender, key) WHERE key IS NOT NULL;
  CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE last_batch (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, reply TEXT NOT NULL) STRICT;
`;

export interface StorageOptions {
  /** The database file; it is made when there is none. */
  readonly file: string;
  readonly durability: Exclude<Durability, 'memory'>;
  /** The most bytes the database file may grow to; undefined for as many as the disk has. */
  readonly maxFileBytes?: number | undefined;
  /** Channels whose heads the writer keeps at hand; past it all are forgotten, and read again as they are needed. */
  readonly maxChannelsKept?: number;
}

/** A connection that may write; makes the tables of a new file. */
export function openForWriting(options: StorageOptions): Database.Database {
  const db = connect(options.file);
  try {
    db.exec('PRAGMA journal_mode = WAL');
    // FULL forces the write-ahead log to the disk with each commit; NORMAL only when it is copied into the file.
    db.exec(`PRAGMA synchronous = ${options.durability === 'disk' ? 'FULL' : 'NORMAL'}`);
    // On macOS a plain fsync leaves the data in the drive's cache.
    db.exec(`PRAGMA fullfsync = ${options.durability === 'disk' ? 'ON' : 'OFF'}`);
    // After a burst the write-ahead log gives its room back.
    db.exec('PRAGMA journal_size_limit = 16777216');
    if (options.maxFileBytes !== undefined) {
      db.exec(`PRAGMA max_page_count = ${Math.max(Math.floor(options.maxFileBytes / PAGE_BYTES), 1)}`);
    }
    migrate(db, options.file);
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
  return db;
}

/** The epoch that the log's channels begin with. */
export function readEpoch(db: Database.Database): string {
  return (db.prepare('SELECT epoch FROM log').raw().get() as [string])[0];
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

function connect(file: string): Database.Database {
  // Milliseconds to wait for another connection of ours; another process is kept out by the file's lock.
  const db = new Database(file, { timeout: 5000 });
  db.exec('PRAGMA temp_store = MEMORY');
  return db;
}

function migrate(db: Database.Database, file: string): void {
  const [version] = db.prepare('PRAGMA user_version').raw().get() as [number];
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) {
    const message = `${file} was written by another version of this server (format ${version}, not ${SCHEMA_VERSION}).`;
    throw new LogError('unavailable', message);
  }
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(SCHEMA);
    db.prepare('INSERT INTO log (epoch) VALUES (?)').run(randomUUID());
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Brings a log's database file of the first format to the present one. The new file is built beside the old one and
 * forced to the disk before it takes its place, so that there is a whole log at every moment; the old one is kept.
 *
 * The first format had an order for each channel and none over them. Its channels are merged by time, channel number
 * and offset; the epoch stays, and with it every `{epoch, offset}` that somebody has stored.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'libsql';
import { LogError } from '../log.js';
import { migrateFacts } from './migrate-facts.js';
import { connect, INDEXES, prepareRows, readVersion, SCHEMA_VERSION, TABLES } from './schema.js';

const FIRST_VERSION = 1;
/** Where a database file has its `user_version`: https://sqlite.org/fileformat.html#the_database_header */
const VERSION_AT = 60;
/** The new file, what sorting takes, and the old one's indexes for good measure, by the old one's size. */
const ROOM_FACTOR = 2;

/**
 * Whether the file may have to be migrated, by its first bytes: what a log has not copied into the file yet, they do
 * not show.
 */
export function mayBeFirst(file: string): boolean {
  if (!existsSync(file)) return false;
  const header = Buffer.alloc(VERSION_AT + 4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return header.readUInt32BE(VERSION_AT) !== SCHEMA_VERSION;
}

/**
 * Builds the new file beside the old one, and forces it to the disk. Answers whether there is one: not for a file that
 * is not of the first format, or is not there. Its connections end with the thread that it runs in, and not before.
 *
 * @param roomIn bytes that the folder has left
 * @throws {LogError} `unavailable` where there is no room for a second file
 */
export function buildMigrated(file: string, roomIn: (folder: string) => number = roomOf): boolean {
  if (!existsSync(file) || !isFirst(file)) return false;
  const needed = ROOM_FACTOR * statSync(file).size;
  const room = roomIn(dirname(file));
  if (room < needed) {
    const message = `${file} is to be brought to a new format, which needs ${needed} bytes of room; there are ${room}.`;
    throw new LogError('unavailable', message);
  }
  discardMigrated(file);
  build(madeBeside(file), file, workBeside(file));
  flush(madeBeside(file));
  return true;
}

/** Puts the file that was built into the old one's place. Nothing may have either open. */
export function installMigrated(file: string): void {
  keep(file);
  renameSync(madeBeside(file), file);
  flushFolder(dirname(file));
}

/** Removes what was built, or begun. Nothing may have it open. */
export function discardMigrated(file: string): void {
  for (const path of [madeBeside(file), workBeside(file)]) rmSync(path, { force: true });
}

function madeBeside(file: string): string {
  return `${file}.new`;
}

function workBeside(file: string): string {
  return `${file}.work`;
}

/** Whether the file is of the first format; then all of it is in the one file. */
function isFirst(file: string): boolean {
  const db = connect(file);
  try {
    if (readVersion(db) !== FIRST_VERSION) return false;
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
  const log = `${file}-wal`;
  if (existsSync(log) && statSync(log).size > 0) {
    throw new LogError('unavailable', `${log} could not be copied into ${file}.`);
  }
  return true;
}

function build(made: string, file: string, work: string): void {
  const db = connect(made);
  try {
    // Whatever happens meanwhile, the file is thrown away and built anew.
    db.exec('PRAGMA journal_mode = OFF');
    db.exec('PRAGMA synchronous = OFF');
    db.exec('PRAGMA temp_store = FILE');
    db.exec('PRAGMA cache_size = -65536');
    db.prepare('ATTACH ? AS old').run(file);
    db.prepare('ATTACH ? AS work').run(work);
    db.exec('PRAGMA work.journal_mode = OFF');
    db.exec('PRAGMA work.synchronous = OFF');
    db.exec('BEGIN');
    db.exec(TABLES);
    copyRecords(db);
    db.exec(INDEXES);
    migrateFacts(db);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

function copyRecords(db: Database.Database): void {
  db.exec('INSERT INTO epoch (number, name, first) SELECT 1, epoch, 1 FROM old.log');
  // A channel of which something was trimmed needs an id for that, before all others and its own.
  db.exec(`
    INSERT INTO channel (id, name, oldest, floor)
    SELECT id, name, oldest, CASE WHEN oldest > 1 THEN sum(oldest > 1) OVER (ORDER BY id) ELSE 0 END FROM (
      SELECT id, name, (SELECT min(offset) FROM old.record WHERE channel = c.id) AS oldest FROM old.channel AS c
    ) WHERE oldest IS NOT NULL ORDER BY id
  `);
  const [floors] = prepareRows(db, 'SELECT count(*) FROM channel WHERE floor > 0').get() as [number];
  // Time never went back within a channel; should it have all the same, offsets come first.
  db.prepare(`
    INSERT INTO record (id, channel, offset, sender, key, time, data)
    SELECT ordered.id, r.channel, r.offset, r.sender, r.key, r.time, r.data FROM (
      SELECT channel, offset, ? + row_number() OVER (ORDER BY time, channel, offset) AS id FROM (
        SELECT channel, offset, max(time) OVER (PARTITION BY channel ORDER BY offset) AS time FROM old.record
      ) ORDER BY id
    ) AS ordered CROSS JOIN old.record AS r ON r.channel = ordered.channel AND r.offset = ordered.offset
  `).run(floors);
}

/** Gives the old file a second name, which stays when the new file takes the first. */
function keep(file: string): void {
  for (let count = 1; ; count++) {
    const kept = count === 1 ? `${file}.v1` : `${file}.v1-${count}`;
    if (existsSync(kept)) {
      // What was kept by a start that ended before the renaming is this very file.
      if (statSync(kept).ino === statSync(file).ino) return;
      continue;
    }
    linkSync(file, kept);
    return;
  }
}

function roomOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function flushFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch {
    // There are systems that do not open folders; theirs keep names by themselves.
  }
}

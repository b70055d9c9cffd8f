import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { LogError } from '../../../src/log/log.js';
import {
  type DatabaseOptions,
  openForReading,
  openForWriting,
  prepareState,
  toLogError,
} from '../../../src/log/sqlite/schema.js';
import { temporaryFolder } from '../fixtures.js';

const open = (options: Pick<DatabaseOptions, 'file' | 'durability'>) => {
  const db = openForWriting({ walBytes: 1_000_000, ...options });
  onTestFinished(() => void db.close());
  return db;
};
const setUp = async (durability: 'disk' | 'system') => {
  const file = join(await temporaryFolder(), 'log.db');
  return { file, db: open({ file, durability }) };
};
const pragma = (db: Database.Database, name: string) => db.prepare(`PRAGMA ${name}`).get() as object;

test('the write-ahead log is forced to the disk with each commit, unless that is not wanted', async () => {
  const { db } = await setUp('disk');
  expect(pragma(db, 'journal_mode')).toMatchObject({ journal_mode: 'wal' });
  expect(pragma(db, 'synchronous')).toMatchObject({ synchronous: 2 });
  const { db: faster } = await setUp('system');
  expect(pragma(faster, 'synchronous')).toMatchObject({ synchronous: 1 });
});

test('the writer leaves checkpoints to others, and overwrites what is taken away', async () => {
  const { db } = await setUp('disk');
  expect(pragma(db, 'wal_autocheckpoint')).toMatchObject({ wal_autocheckpoint: 0 });
  expect(pragma(db, 'secure_delete')).toMatchObject({ secure_delete: 1 });
});

test('a file keeps its epoch, and each file has another', async () => {
  const { file, db } = await setUp('disk');
  const { epochs, lastId } = prepareState(db)();
  expect(lastId).toBe(0);
  expect(epochs).toEqual([{ name: expect.any(String), first: 1 }]);
  expect(prepareState(open({ file, durability: 'disk' }))().epochs).toEqual(epochs);
  const { db: other } = await setUp('disk');
  expect(prepareState(other)().epochs).not.toEqual(epochs);
});

test('a reading connection cannot write', async () => {
  const { file } = await setUp('disk');
  const reading = openForReading(file);
  onTestFinished(() => void reading.close());
  expect(() => reading.exec("INSERT INTO fact VALUES ('a', 'b', 1)")).toThrow(/readonly/);
});

test('a file of a later version is left alone', async () => {
  const { file, db } = await setUp('disk');
  db.exec('PRAGMA user_version = 3');
  expect(() => open({ file, durability: 'disk' })).toThrow(/format 3, not 2/);
});

test('a database of something else is left alone', async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const other = new Database(file);
  other.exec('CREATE TABLE channel (id)');
  other.close();
  expect(() => open({ file, durability: 'disk' })).toThrow(/already exists/);
});

test('what the database throws becomes an error of the log', async () => {
  const { db } = await setUp('disk');
  const thrown = (): unknown => {
    try {
      db.exec('nonsense');
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(toLogError(thrown())).toMatchObject({ name: 'LogError', code: 'unavailable', retryable: true });
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  expect(toLogError(full)).toMatchObject({ code: 'full', cause: full });
  const conflict = new LogError('key_conflict', 'as it is');
  expect(toLogError(conflict)).toBe(conflict);
  expect(toLogError('a string')).toMatchObject({ code: 'unavailable' });
});

/**
 * Keeps a second server off a file. The lock is the operating system's own, held on an empty file beside it, so
 * that it ends with the process however that ends, and never has to be cleared by hand.
 */
import Database from 'libsql';
import { LogError } from '../log.js';

/**
 * Takes the lock of the file and answers what lets it go.
 *
 * @throws {LogError} `unavailable` when another has it, in this process or in any other
 */
export function lockFile(file: string): () => void {
  // An exclusive transaction of SQLite on a database that stays empty: it locks the same way on every system.
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const message = `Another server is using ${file}; stop it first, or choose another data folder.`;
    throw new LogError('unavailable', message, { cause: error });
  }
  return () => lock.close();
}

/**
 * Where a log's file lies, and whether it may hold less than it once acknowledged: it was put there by somebody else
 * (a backup, a copy), it ends before what its witness has seen, or the machine stopped with commits that were never
 * forced to the disk. Whoever cannot say no to all of these begins a new epoch; where it was unneeded, no harm is done.
 *
 * The witness is a small file beside the database that holds the last id. It is written after every commit, without
 * being forced to the disk: it outlives the process, however that ends, so that it is exact unless the machine itself
 * stopped. Then it lags by what the system had not written yet (on Linux, half a minute), and is never ahead of what
 * was forced to the disk. What neither it nor the file's identity can show is a whole disk that was set back.
 */
import { closeSync, fsyncSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import type Database from 'libsql';
import type { DatabaseOptions } from './schema.js';
import { prepareRows, setDurability, transact } from './schema.js';

/** What the log has noted of the file that it lies in. */
export interface Home {
  /** As `identityOf` tells it. */
  readonly file: string;
  /** The start of the machine during which commits were made that were not forced to the disk; '' for none. */
  readonly boot: string;
}

export interface Signs {
  readonly noted: Home;
  /** The file's identity and the machine's start as they are now. */
  readonly file: string;
  readonly boot: string;
  readonly lastId: number;
  /** What the witness has seen; 0 without one. */
  readonly witnessed: number;
}

/** Whether acknowledged commits may be missing from the file. */
export function mayHaveGoneBack({ noted, file, boot, lastId, witnessed }: Signs): boolean {
  if (!isSameFile(noted.file, file) || lastId < witnessed) return true;
  return noted.boot !== '' && (noted.boot !== boot || boot === UNKNOWN);
}

const UNKNOWN = 'unknown';

/**
 * The file's inode and, where the file system knows it, its birth: numbers of inodes are given again. Another machine,
 * another folder, or a file put in its place have another.
 */
export function identityOf(file: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(file, { bigint: true });
  // A file system that knows no birth may tell the last change instead.
  return `${ino}:${birthtimeNs === ctimeNs ? 0n : birthtimeNs}`;
}

export function isSameFile(a: string, b: string): boolean {
  const [inode, birth] = a.split(':');
  const [otherInode, otherBirth] = b.split(':');
  return inode === otherInode && (birth === otherBirth || birth === '0' || otherBirth === '0');
}

/** Of the machine's present start; `unknown` where the system does not tell. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return UNKNOWN;
  }
}

/**
 * Settles where the file is at home, durably, before anything is committed. Answers whether the next commit is to
 * begin a new epoch: what was doubted stays in doubt until one does.
 */
export function settle(
  db: Database.Database,
  { file, durability }: DatabaseOptions,
  { lastId, witnessed, restored }: { lastId: number; witnessed: number; restored: boolean },
): boolean {
  const row = prepareRows(db, 'SELECT file, boot, doubt FROM home').get() as
    | [file: string, boot: string, doubt: number]
    | undefined;
  const now = { file: identityOf(file), boot: bootId() };
  const noted = row && { file: row[0], boot: row[1] };
  // A file without a note was just made; where it has records and a witness, it came after another one.
  const gone =
    noted === undefined ? lastId > 0 && witnessed > 0 : mayHaveGoneBack({ noted, ...now, lastId, witnessed });
  const doubt = restored || row?.[2] === 1 || gone;
  const boot = durability === 'system' ? now.boot : '';
  if (noted?.file === now.file && noted.boot === boot && (row?.[2] === 1) === doubt) return doubt;
  setDurability(db, 'disk');
  transact(db, () => {
    const sql = 'INSERT INTO home (only, file, boot, doubt) VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET';
    db.prepare(`${sql} file = excluded.file, boot = excluded.boot, doubt = excluded.doubt`).run(
      now.file,
      boot,
      doubt ? 1 : 0,
    );
  });
  setDurability(db, durability);
  return doubt;
}

/** Everything is on the disk, and nothing comes after it: the machine may stop. */
export function settleAtEnd(db: Database.Database): void {
  setDurability(db, 'disk');
  db.exec("UPDATE home SET boot = '' WHERE boot <> ''");
}

const WITNESS_BYTES = 17;

export class Witness {
  readonly #descriptor: number;
  /** What it held when it was opened. */
  readonly seen: number;

  constructor(file: string) {
    this.#descriptor = openWitness(`${file}.witness`);
    const text = Buffer.alloc(WITNESS_BYTES);
    readSync(this.#descriptor, text, 0, WITNESS_BYTES, 0);
    const seen = Number.parseInt(text.toString('latin1'), 10);
    this.seen = Number.isSafeInteger(seen) ? seen : 0;
  }

  /** Never throws: an older witness accuses less, and nobody falsely. */
  write(id: number): void {
    try {
      writeSync(this.#descriptor, `${String(id).padStart(WITNESS_BYTES - 1, '0')}\n`, 0);
    } catch {
      // It stays as it is.
    }
  }

  close(): void {
    try {
      fsyncSync(this.#descriptor);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

function openWitness(path: string): number {
  // Not emptied when it is there, and not appended to.
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return openSync(path, 'w+');
  }
}

import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Epoch } from '../../../src/log/log.js';
import {
  identityOf,
  isSameFile,
  mayHaveGoneBack,
  type Signs,
  Witness,
} from '../../../src/log/sqlite/home.js';
import { record } from '../fixtures.js';
import { newFile, type OpenOptions, open } from './support.js';

describe('a file may have gone back', () => {
  const signs = ({
    noted,
    ...changed
  }: Omit<Partial<Signs>, 'noted'> & { noted?: Partial<Signs['noted']> } = {}) =>
    mayHaveGoneBack({
      noted: { file: '7:100', boot: '', ...noted },
      file: '7:100',
      boot: 'today',
      lastId: 10,
      witnessed: 10,
      ...changed,
    });

  test('not where nothing speaks for it', () => {
    expect(signs()).toBe(false);
    expect(signs({ lastId: 11 })).toBe(false);
    expect(signs({ noted: { boot: 'today' } })).toBe(false);
  });

  test('where it is another file', () => {
    expect(signs({ file: '8:100' })).toBe(true);
    expect(signs({ file: '7:200' })).toBe(true);
  });

  test('not where the file system does not know when a file was made', () => {
    expect(signs({ file: '7:0' })).toBe(false);
    expect(signs({ noted: { file: '7:0' } })).toBe(false);
    expect(signs({ file: '8:0' })).toBe(true);
  });

  test('where it ends before what was witnessed', () => {
    expect(signs({ lastId: 9 })).toBe(true);
  });

  test('where the machine stopped with commits that were not forced to the disk', () => {
    expect(signs({ noted: { boot: 'yesterday' } })).toBe(true);
    expect(signs({ noted: { boot: 'unknown' }, boot: 'unknown' })).toBe(true);
  });
});

test('a file is known again, and another in its place is another', async () => {
  const file = await newFile();
  await writeFile(file, 'x');
  const before = identityOf(file);
  await writeFile(file, 'y', { flag: 'a' });
  expect(isSameFile(identityOf(file), before)).toBe(true);
  await copyFile(file, `${file}2`);
  expect(isSameFile(identityOf(`${file}2`), before)).toBe(false);
});

test('a witness tells what was written last, and nothing where it cannot be read', async () => {
  const file = await newFile();
  const seen = () => {
    const witness = new Witness(file);
    witness.close();
    return witness.seen;
  };
  expect(seen()).toBe(0);
  const witness = new Witness(file);
  witness.write(12_345);
  witness.write(9);
  witness.close();
  expect(seen()).toBe(9);
  await writeFile(`${file}.witness`, 'nonsense');
  expect(seen()).toBe(0);
});

describe('a new epoch', () => {
  const append = async ({ log }: Awaited<ReturnType<typeof open>>, ...texts: string[]) =>
    log.append({ records: texts.map((text) => record('room:a', text)) });
  const reopened = async (options: OpenOptions & { file: string }): Promise<readonly Epoch[]> => {
    const opened = await open(options);
    await append(opened, 'x');
    await opened.log.close();
    return opened.log.epochs;
  };
  const setUp = async (options: OpenOptions = {}) => {
    const file = await newFile();
    const opened = await open({ file, ...options });
    await append(opened, '1', '2', '3');
    return { file, ...opened };
  };
  const sql = (file: string, statement: string) => {
    const db = new Database(file);
    db.exec(statement);
    db.close();
  };

  test('does not begin when the same file is opened again', async () => {
    const { file, log } = await setUp();
    await log.close();
    expect(await reopened({ file })).toHaveLength(1);
    expect(await reopened({ file })).toHaveLength(1);
  });

  test('begins with the first commit after a restore, once', async () => {
    const { file, log } = await setUp();
    await log.close();
    const restored = await open({ file, restored: true });
    expect(restored.log.epochs).toHaveLength(1);
    await restored.log.close();
    // Nothing was committed yet: it is still in doubt.
    const [first, second] = await reopened({ file });
    expect(second).toEqual({ name: expect.any(String), first: 4 });
    expect(second?.name).not.toBe(first?.name);
    expect(await reopened({ file })).toHaveLength(2);
  });

  test('is told with the commit that it begins in, and stands in its position', async () => {
    const { file, log } = await setUp();
    await log.close();
    const restored = await open({ file, restored: true });
    const [appended] = await append(restored, '4');
    expect(restored.log.epochs).toHaveLength(2);
    expect(appended?.position).toEqual({ epoch: restored.log.epochs[1]?.name, offset: 4 });
  });

  test('begins in a copy, and not in the original', async () => {
    const { file, log } = await setUp();
    await log.close();
    const copy = join(dirname(file), 'copy.db');
    await copyFile(file, copy);
    expect(await reopened({ file: copy })).toHaveLength(2);
    expect(await reopened({ file })).toHaveLength(1);
  });

  test('begins where an older copy was written over the file, though it grew past what was lost', async () => {
    const { file, log } = await setUp();
    await log.close();
    const backup = await readFile(file);
    const later = await open({ file });
    await append(later, '4', '5');
    await later.log.close();
    // In place: the same inode.
    await writeFile(file, backup);
    const opened = await open({ file });
    await append(opened, 'a', 'b', 'c', 'd');
    expect(opened.log.epochs).toMatchObject([{ first: 1 }, { first: 4 }]);
  });

  test('begins where the witness is ahead after the process was killed', async () => {
    const { file, log } = await setUp();
    expect(Number(await readFile(`${file}.witness`, 'latin1'))).toBe(3);
    await log.close();
    await writeFile(`${file}.witness`, '0000000000000004\n');
    expect(await reopened({ file })).toHaveLength(2);
  });

  test('does not begin where the witness is behind or gone', async () => {
    const { file, log } = await setUp();
    await log.close();
    await rm(`${file}.witness`);
    expect(await reopened({ file })).toHaveLength(1);
    await writeFile(`${file}.witness`, '0000000000000001\n');
    expect(await reopened({ file })).toHaveLength(1);
  });

  test('begins where the machine stopped under durability `system`, and not where the log was closed first', async () => {
    const { file, log } = await setUp({ durability: 'system' });
    await log.close();
    sql(file, "UPDATE home SET boot = boot || 'x' WHERE boot <> ''");
    expect(await reopened({ file, durability: 'system' })).toHaveLength(1);
    // As it stands while the log is open, and is found after the next start of the machine.
    sql(file, "UPDATE home SET boot = 'an earlier start'");
    expect(await reopened({ file })).toHaveLength(2);
  });

  test('notes the start of the machine before anything is committed under `system`, and none under `disk`', async () => {
    const boot = (file: string) => {
      const db = new Database(file);
      onTestFinished(() => void db.close());
      return (db.prepare('SELECT boot FROM home').get() as { boot: string }).boot;
    };
    const system = await setUp({ durability: 'system' });
    expect(boot(system.file)).not.toBe('');
    const disk = await setUp();
    expect(boot(disk.file)).toBe('');
  });
});

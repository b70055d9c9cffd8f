import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SqliteLog, type SqliteLogOptions } from '../../src/log/sqlite-log.js';
import { startSqliteWorker } from '../../src/log/sqlite-thread.js';
import { describeContract } from './contract.js';
import { offsetsOf, record, temporaryFolder } from './fixtures.js';

const open = async (options: SqliteLogOptions): Promise<SqliteLog> => {
  const log = await SqliteLog.open(options);
  onTestFinished(() => log.close());
  return log;
};

describeContract('SqliteLog', async (options) => {
  const folder = await temporaryFolder();
  const log = await SqliteLog.open({ ...options, file: join(folder, 'log.db') });
  return { log, discard: () => log.close() };
});

describeContract('SqliteLog that keeps next to nothing in memory', async (options) => {
  const folder = await temporaryFolder();
  const file = join(folder, 'log.db');
  const log = await SqliteLog.open({ ...options, file, tailBytes: 0, maxChannelsKept: 1 });
  return { log, discard: () => log.close() };
});

describe('opened again', () => {
  test('it has its records, keys, facts, epoch and the time', async () => {
    const file = join(await temporaryFolder(), 'made', 'on the way', 'log.db');
    const first = await open({ file, now: () => 5000 });
    const [appended] = await first.append({
      records: [record('room:a', 'one', 'k')],
      facts: [{ key: 'f', value: 'v' }],
    });
    await first.close();

    const second = await open({ file, now: () => 4000 });
    const again = await second.append({ records: [record('room:a', 'one', 'k'), record('room:a', 'two')] });
    expect(again[0]).toEqual({ ...appended, duplicate: true });
    expect(again[1]).toMatchObject({ position: { epoch: appended?.position.epoch, offset: 2 }, time: 5000 });
    expect(await second.facts('')).toEqual([{ key: 'f', value: 'v' }]);
  });

  test('it reads what it never had in memory, by any way', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    const first = await open({ file });
    const records = Array.from({ length: 500 }, (_, index) => record('room:a', `${index}`));
    await first.append({ records });
    await first.close();

    const second = await open({ file });
    const offsets = async (request: object) =>
      offsetsOf((await second.read({ channel: 'room:a', limit: 3, ...request })).records);
    expect(await offsets({ after: 480 })).toEqual([481, 482, 483]);
    expect(await offsets({ newestFirst: true })).toEqual([498, 499, 500]);
    expect(await offsets({ after: 10 })).toEqual([11, 12, 13]);
    expect(await offsets({ before: 10, newestFirst: true })).toEqual([7, 8, 9]);
    expect(await offsets({ before: 400, newestFirst: true, limit: 200 })).toHaveLength(200);
    await second.append({ records: [record('room:a', 'new')] });
    expect(await offsets({ after: 497, limit: 100 })).toEqual([498, 499, 500, 501]);
  });

  test('it reads long records by their bytes and not by their number', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    const log = await open({ file, tailBytes: 0 });
    const text = 'x'.repeat(100_000);
    for (let count = 0; count < 60; count++) await log.append({ records: [record('room:a', text)] });
    const { records } = await log.read({ channel: 'room:a', limit: 100, maxBytes: 2_500_000 });
    expect(records).toHaveLength(24);
    const byDefault = await log.read({ channel: 'room:a', limit: 100 });
    expect(byDefault.records).toHaveLength(41);
  });
});

describe('kill -9', () => {
  test('in the middle of appending loses nothing acknowledged, doubles nothing, leaves no hole', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    const script = fileURLToPath(new URL('./append-forever.mjs', import.meta.url));
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 3; round++) {
      const child = fork(script, [file, String(round)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const wanted = acknowledged.size + 300;
      child.on('message', (entries: [key: string, offset: number][]) => {
        for (const [key, offset] of entries) acknowledged.set(key, offset);
        if (acknowledged.size >= wanted) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
    }

    const log = await open({ file });
    const byKey = new Map<string, number>();
    let position = 0;
    for (;;) {
      const { records } = await log.read({ channel: 'room:a', after: position, limit: 1000 });
      if (records.length === 0) break;
      for (const { offset, key = '' } of records) {
        expect(offset).toBe(++position);
        expect(byKey.has(key)).toBe(false);
        byKey.set(key, offset);
      }
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(900);
    for (const [key, offset] of acknowledged) expect(byKey.get(key)).toBe(offset);
    // Each append brought a fact of the same number: neither is there without the other.
    expect(await log.facts('f/')).toHaveLength(byKey.size);
  }, 30_000);
});

describe('a second server on the same file', () => {
  test('is refused with a sentence that names it, and may have it once the first has gone', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    const first = await open({ file });
    await expect(SqliteLog.open({ file })).rejects.toMatchObject({
      name: 'LogError',
      code: 'unavailable',
      message: `Another server is using ${file}; stop it first, or choose another data folder.`,
    });
    await expect(first.append({ records: [record('room:a', 'undisturbed')] })).resolves.toHaveLength(1);
    await first.close();
    const second = await open({ file });
    expect((await second.heads(['room:a']))[0]?.offset).toBe(1);
  });
});

describe('what cannot be opened', () => {
  const refusal = (file: string) =>
    SqliteLog.open({ file }).then(
      () => expect.fail('it was opened'),
      (error: unknown) => error,
    );

  test('a folder that cannot be made', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a file'), '');
    const file = join(folder, 'a file', 'log.db');
    const error = await refusal(file);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(String(error)).toContain(file);
  });

  test('a folder in place of the file', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    await mkdir(file);
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(file),
    });
  });

  test('a file of another kind, which is left as it is, and whose lock is let go', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    await writeFile(file, 'This is a letter, and no database. '.repeat(200));
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/log\.db.*not a database/),
    });
    await rm(file);
    await open({ file });
  });

  test('a log of a later format', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    await (await open({ file })).close();
    const db = new Database(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('another version'),
    });
  });
});

describe('a disk that is full', () => {
  test('refuses with `full`, keeps nothing by halves, still reads, and goes on when there is room', async () => {
    const file = join(await temporaryFolder(), 'log.db');
    const first = await open({ file, maxFileBytes: 400 * 1024 });
    const text = 'x'.repeat(50_000);
    let kept = 0;
    let failure: unknown;
    while (failure === undefined) {
      const key = `f/${kept}`;
      const records = [record('room:a', text, key), record('room:b', text)];
      await first.append({ records, facts: [{ key, value: '' }] }).then(
        () => kept++,
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({ name: 'LogError', code: 'full', retryable: true });
    expect(kept).toBeGreaterThan(0);
    const heads = await first.heads(['room:a', 'room:b']);
    expect(heads.map((head) => head.offset)).toEqual([kept, kept]);
    expect(await first.facts('f/')).toHaveLength(kept);
    expect((await first.read({ channel: 'room:a', limit: 10 })).records).toHaveLength(kept);
    // Room is made: what was refused goes through, at the place it would have had.
    await first.trim('room:a', kept);
    await first.trim('room:b', kept);
    const [again] = await first.append({ records: [record('room:a', text, `f/${kept}`)] });
    expect(again).toMatchObject({ duplicate: false, position: { offset: kept + 1 } });
  });
});

describe('a thread that dies', () => {
  const openWithWorkers = async () => {
    const workers: Worker[] = [];
    const startWorker = () => {
      const worker = startSqliteWorker();
      workers.push(worker);
      return worker;
    };
    const log = await open({ file: join(await temporaryFolder(), 'log.db'), startWorker, tailBytes: 0 });
    return { log, workers };
  };

  test('between commits is replaced, and nobody notices', async () => {
    const { log, workers } = await openWithWorkers();
    await log.append({ records: [record('room:a', '1')] });
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(await log.append({ records: [record('room:a', '2')] })).toMatchObject([
      { position: { offset: 2 } },
    ]);
    expect((await log.read({ channel: 'room:a', limit: 10 })).records).toHaveLength(2);
    expect(workers).toHaveLength(4);
  });

  test('in the middle of a commit loses and doubles nothing', async () => {
    const { log, workers } = await openWithWorkers();
    const seen: number[] = [];
    await log.follow('room:a', (records) => seen.push(...offsetsOf(records)));
    let sent = 0;
    for (let round = 0; round < 10; round++) {
      const calls = Array.from({ length: 20 }, () =>
        log.append({ records: [record('room:a', `${++sent}`)] }),
      );
      // The appends go to the thread with the end of this turn, and the thread is ended while it has them.
      await new Promise((resolve) => setImmediate(resolve));
      const writer = workers.length === 2 ? workers[0] : workers.at(-1);
      await Promise.all([writer?.terminate(), ...calls]);
    }
    const { records } = await log.read({ channel: 'room:a', limit: 1000 });
    const texts = records.map((entry) => (JSON.parse(entry.data) as { text: string }).text);
    expect(texts).toEqual(Array.from({ length: sent }, (_, index) => `${index + 1}`));
    expect(seen).toEqual(offsetsOf(records));
    expect(workers.length).toBeGreaterThan(2);
  });

  test('again and again fails what it had, clearly, and works once it can be started', async () => {
    let broken = false;
    const startWorker = () => {
      const worker = startSqliteWorker();
      if (broken) void worker.terminate();
      return worker;
    };
    const folder = await temporaryFolder();
    const workers: Worker[] = [];
    const log = await open({
      file: join(folder, 'log.db'),
      startWorker: () => {
        const worker = startWorker();
        workers.push(worker);
        return worker;
      },
    });
    broken = true;
    await workers[0]?.terminate();
    await expect(log.append({ records: [record('room:a', '1')] })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    broken = false;
    await expect(log.append({ records: [record('room:a', '1')] })).resolves.toMatchObject([
      { position: { offset: 1 } },
    ]);
  });
});

test('a copy of the file, taken while nothing is written, is a log of its own', async () => {
  const folder = await temporaryFolder();
  const log = await open({ file: join(folder, 'log.db') });
  await log.append({ records: [record('room:a', '1')] });
  await log.close();
  await copyFile(join(folder, 'log.db'), join(folder, 'copy.db'));
  const copy = await open({ file: join(folder, 'copy.db') });
  expect((await copy.heads(['room:a']))[0]?.offset).toBe(1);
});

test('reads do not wait for a commit that is under way', async () => {
  const log = await open({ file: join(await temporaryFolder(), 'log.db'), tailBytes: 0 });
  await log.append({ records: [record('room:a', 'x')] });
  const order: string[] = [];
  const many = Array.from({ length: 20_000 }, (_, index) => record('room:b', `${index}`, `k${index}`));
  const append = log.append({ records: many }).then(() => order.push('append'));
  await new Promise((resolve) => setImmediate(resolve));
  await log.read({ channel: 'room:a', limit: 1 }).then(() => order.push('read'));
  await append;
  expect(order).toEqual(['read', 'append']);
});

test('a log that is idle does not keep its process alive', async () => {
  const script = fileURLToPath(new URL('./append-once.mjs', import.meta.url));
  const child = fork(script, [join(await temporaryFolder(), 'log.db')], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = vi.fn();
  child.on('exit', exited);
  await vi.waitFor(() => expect(exited).toHaveBeenCalledWith(0, null), { timeout: 10_000 });
}, 15_000);

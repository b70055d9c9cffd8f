import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SqliteStorage } from '../../../src/log/sqlite/sqlite-storage.js';
import { offsetsOf, record } from '../fixtures.js';
import { factsOf, idsOf, listen, range, texts } from '../subject.js';
import { type Ending, newFile, open, Workers } from './support.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe('opened again', () => {
  test('it has its records, keys, facts, epochs and places', async () => {
    const file = join(dirname(await newFile()), 'made', 'on the way', 'log.db');
    const first = await open({ file, now: () => 5000 });
    const append = { records: [record('room:a', 'one', 'k')], facts: [{ key: 'f', value: 'v' }] };
    const [appended] = await first.log.append(append);
    await first.log.close();

    const { log } = await open({ file, now: () => 4000 });
    expect(log.epochs).toEqual(first.log.epochs);
    expect(log.position).toBe(1);
    const again = await log.append({ records: [record('room:a', 'one', 'k'), record('room:a', 'two')] });
    expect(again[0]).toEqual({ ...appended, duplicate: true });
    expect(again[1]).toMatchObject({ id: 2, position: { offset: 2 }, time: 4000 });
    expect(await factsOf(log)).toEqual({ f: 'v' });
  });

  test('it reads what it never had in memory, by any way', async () => {
    const file = await newFile();
    const first = await open({ file });
    await first.log.append({ records: range(1, 500).map((n) => record('room:a', `${n}`)) });
    await first.log.close();

    const { log } = await open({ file });
    const offsets = async (request: object) =>
      offsetsOf((await log.read({ channel: 'room:a', limit: 3, ...request })).records);
    expect(await offsets({ after: 480 })).toEqual([481, 482, 483]);
    expect(await offsets({ newestFirst: true })).toEqual([498, 499, 500]);
    expect(await offsets({ after: 10 })).toEqual([11, 12, 13]);
    expect(await offsets({ before: 10, newestFirst: true })).toEqual([7, 8, 9]);
    expect(await offsets({ before: 400, newestFirst: true, limit: 200 })).toHaveLength(200);
    await log.append({ records: [record('room:a', 'new')] });
    expect(await offsets({ after: 497, limit: 100 })).toEqual([498, 499, 500, 501]);
  });

  test('it reads long records by their bytes and not by their number', async () => {
    const { log } = await open();
    const text = 'x'.repeat(100_000);
    for (let count = 0; count < 60; count++) await log.append({ records: [record('room:a', text)] });
    const { records } = await log.read({ channel: 'room:a', limit: 100, maxBytes: 2_500_000 });
    expect(records).toHaveLength(24);
    const byDefault = await log.read({ channel: 'room:a', limit: 100 });
    expect(byDefault.records).toHaveLength(41);
  });
});

test('a long list of facts comes whole, however many messages it takes', async () => {
  const { storage, log } = await open();
  const key = (n: number) => `f/${`${n}`.padStart(3, '0')}`;
  const value = 'x'.repeat(100_000);
  await log.append({ records: [], facts: range(1, 30).map((n) => ({ key: key(n), value })) });
  const { facts } = await storage.list('f/', 25, key(2));
  expect(facts.map((fact) => fact.key)).toEqual(range(3, 27).map(key));
});

test('what is redacted or trimmed is nowhere in the file', async () => {
  const file = await newFile();
  const { log } = await open({ file });
  const secret = (n: number) => `secret number ${n}.`;
  const records = [1, 2, 3].map((n) => record('room:a', secret(n) + 'x'.repeat(n * 3000)));
  await log.append({ records });
  await log.append({ records: [record('room:a', 'y')], redact: [{ id: 3, data: '"gone"' }] });
  await log.trim('room:a', 3);
  await log.close();
  const bytes = await readFile(file, 'latin1');
  for (const n of [1, 2, 3]) expect(bytes).not.toContain(secret(n));
  expect(bytes).toContain('"gone"');
});

test('under steady load the write-ahead log has a bound, and all of it ends up in the file', async () => {
  const file = await newFile();
  const { log } = await open({ file, walBytes: 400_000, durability: 'system' });
  for (let round = 0; round < 30; round++) {
    await log.append({ records: range(1, 200).map((n) => record(`room:${n}`, `${round}`, `${round}`)) });
  }
  expect((await readFile(`${file}-wal`)).length).toBeLessThan(4_000_000);
  await log.close();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  expect(db.prepare('SELECT count(*) AS count FROM record').get()).toMatchObject({ count: 6_000 });
});

describe('kill -9', () => {
  test('in the middle of appending loses nothing acknowledged, doubles nothing, leaves no hole', async () => {
    const file = await newFile();
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 3; round++) {
      const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
      const child = fork(script('./append-forever.mjs'), [file, String(round)], { stdio: [...stdio] });
      const wanted = acknowledged.size + 300;
      child.on('message', (entries: [key: string, id: number][]) => {
        for (const [key, id] of entries) acknowledged.set(key, id);
        if (acknowledged.size >= wanted) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
    }

    const { storage, log } = await open({ file });
    expect(log.epochs).toHaveLength(1);
    const byKey = new Map<string, number>();
    let last = 0;
    for (;;) {
      const { records } = await storage.tail(last, 1000, 1e6);
      if (records.length === 0) break;
      for (const { id, offset, key = '' } of records) {
        expect(id).toBe(++last);
        expect(offset).toBe(id);
        expect(byKey.has(key)).toBe(false);
        byKey.set(key, id);
      }
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(900);
    for (const [key, id] of acknowledged) expect(byKey.get(key)).toBe(id);
    // Each append brought a fact of the same number: neither is there without the other.
    expect(Object.keys(await factsOf(log, 'f/'))).toHaveLength(byKey.size);
  });
});

test('a second server is refused with a sentence that names the file, and may have it once the first has gone', async () => {
  const file = await newFile();
  const first = await open({ file });
  await expect(SqliteStorage.open({ file })).rejects.toMatchObject({
    name: 'LogError',
    code: 'unavailable',
    message: `Another server is using ${file}; stop it first, or choose another data folder.`,
  });
  await expect(first.log.append({ records: [record('room:a', 'undisturbed')] })).resolves.toHaveLength(1);
  await first.log.close();
  const second = await open({ file });
  expect(second.log.position).toBe(1);
});

describe('what cannot be opened', () => {
  const refusal = (file: string) =>
    SqliteStorage.open({ file }).then(
      () => expect.fail('it was opened'),
      (error: unknown) => error,
    );

  test('a folder that cannot be made', async () => {
    const file = await newFile();
    await writeFile(file, '');
    const below = join(file, 'log.db');
    expect(await refusal(below)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(below),
    });
  });

  test('a folder in place of the file', async () => {
    const file = await newFile();
    await mkdir(file);
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(file),
    });
  });

  test('a file of another kind, which is left as it is, and whose lock is let go', async () => {
    const file = await newFile();
    await writeFile(file, 'This is a letter, and no database. '.repeat(200));
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/log\.db.*not a database/),
    });
    await rm(file);
    await open({ file });
  });

  test('a log of a later format', async () => {
    const file = await newFile();
    await (await open({ file })).log.close();
    const db = new Database(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(await refusal(file)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('another version'),
    });
  });
});

test('a disk that is full refuses with `full`, keeps nothing by halves, still reads, and goes on when there is room', async () => {
  const { log } = await open({ maxFileBytes: 400 * 1024 });
  const text = 'x'.repeat(50_000);
  let kept = 0;
  let failure: unknown;
  while (failure === undefined) {
    const key = `f/${kept}`;
    const records = [record('room:a', text, key), record('room:b', text)];
    await log.append({ records, facts: [{ key, value: '' }] }).then(
      () => kept++,
      (error: unknown) => {
        failure = error;
      },
    );
  }
  expect(failure).toMatchObject({ name: 'LogError', code: 'full', retryable: true });
  expect(kept).toBeGreaterThan(0);
  const heads = await log.heads(['room:a', 'room:b']);
  expect(heads.map((head) => head.offset)).toEqual([kept, kept]);
  expect(Object.keys(await factsOf(log, 'f/'))).toHaveLength(kept);
  expect((await log.read({ channel: 'room:a', limit: 10 })).records).toHaveLength(kept);
  // Room is made: what was refused goes through, at the place it would have had.
  await log.trim('room:a', kept);
  await log.trim('room:b', kept);
  const [again] = await log.append({ records: [record('room:a', text, `f/${kept}`)] });
  expect(again).toMatchObject({ id: 2 * kept + 1, duplicate: false, position: { offset: kept + 1 } });
});

describe('a thread that dies', () => {
  const setUp = async (next?: Ending) => {
    const workers = new Workers();
    workers.next = next;
    const clock = { uptime: 0 };
    const opened = await open({ startWorker: workers.start, uptime: () => clock.uptime });
    return { ...opened, workers, clock };
  };

  test('between commits is replaced, and nobody notices', async () => {
    const { log, workers } = await setUp();
    await log.append({ records: [record('room:a', '1')] });
    await Workers.end(...workers.all);
    expect(await log.append({ records: [record('room:a', '2')] })).toMatchObject([
      { position: { offset: 2 } },
    ]);
    expect((await log.read({ channel: 'room:a', limit: 10 })).records).toHaveLength(2);
    expect(workers.all).toHaveLength(4);
  });

  test('in the middle of a commit loses and doubles nothing', async () => {
    const { log, workers } = await setUp({ at: 3, when: 'before' });
    const { records: seen } = listen(log);
    let sent = 0;
    for (let round = 0; round < 20; round++) {
      workers.next = { at: 3, when: round % 2 === 0 ? 'after' : 'before' };
      await Promise.all(range(1, 20).map(() => log.append({ records: [record('room:a', `${++sent}`)] })));
    }
    const { records } = await log.read({ channel: 'room:a', limit: 1000 });
    expect(texts(records)).toEqual(range(1, sent).map(String));
    expect(idsOf(seen)).toEqual(idsOf(records));
    expect(workers.all.length).toBeGreaterThan(8);
  });

  test('while several reads are under way fails none of them', async () => {
    const { log, workers } = await setUp();
    await log.append({ records: [record('room:a', '1')] });
    const ended = Workers.end(workers.all[1]);
    const reads = Promise.all([
      log.heads(['room:a']),
      log.heads(['room:a', 'room:b']),
      log.heads(['room:b']),
      log.facts(['f']),
    ]);
    const [[a], [, b]] = await reads;
    await ended;
    expect(a).toEqual({ offset: 1, id: 1 });
    expect(b).toEqual({ offset: 0, id: 0 });
  });

  test('and cannot be replaced, by and by, is replaced once it can be', async () => {
    const { log, workers, clock } = await setUp();
    await log.append({ records: [record('room:a', '1')] });
    workers.next = 'at once';
    await Workers.end(...workers.all);
    const failed = { code: 'unavailable', retryable: true };
    for (let count = 0; count < 3; count++) {
      const calls = [
        log.append({ records: [record('room:a', '2', 'k')] }),
        log.heads(['room:a']),
        log.heads(['room:a', 'room:b']),
        log.facts(['f']),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failed });
      }
    }
    workers.next = undefined;
    clock.uptime = 10_000;
    expect(await log.append({ records: [record('room:a', '2', 'k')] })).toMatchObject([
      { id: 2, duplicate: false },
    ]);
    expect(await log.heads(['room:a'])).toEqual([{ offset: 2, id: 2 }]);
  });

  test('after it has committed, and cannot be replaced, leaves no hole for those who follow', async () => {
    const { log, workers, clock } = await setUp({ at: 1, when: 'after' });
    const { records: seen } = listen(log);
    workers.next = 'at once';
    const append = (text: string) => log.append({ records: [record('room:a', text, text)] });
    await expect(append('1')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    workers.next = undefined;
    clock.uptime = 10_000;
    expect(await append('2')).toMatchObject([{ id: 2, position: { offset: 2 } }]);
    // Who tries again is told that it was there, and those who follow have been told of it once.
    expect(await append('1')).toMatchObject([{ id: 1, duplicate: true }]);
    expect(texts(seen)).toEqual(['1', '2']);
  });

  test('is not replaced by one that writes to another file', async () => {
    const workers = new Workers();
    const file = await newFile();
    const { log } = await open({ file, startWorker: workers.start });
    await log.append({ records: [record('room:a', '1')] });
    await rename(file, `${file}.away`);
    await Workers.end(workers.all[0]);
    await expect(log.append({ records: [record('room:a', '2')] })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('taken away'),
    });
    await rename(`${file}.away`, file);
  });
});

test('a copy of the file, taken while nothing is written, is a log of its own', async () => {
  const file = await newFile();
  const { log } = await open({ file });
  await log.append({ records: [record('room:a', '1')] });
  await log.close();
  const copied = join(dirname(file), 'copy.db');
  await copyFile(file, copied);
  const copy = await open({ file: copied });
  expect(await copy.log.heads(['room:a'])).toEqual([{ offset: 1, id: 1 }]);
});

test('reads do not wait for a commit that is under way', async () => {
  const { log } = await open();
  await log.append({ records: [record('room:a', 'x')] });
  const order: string[] = [];
  const many = range(1, 20_000).map((n) => record('room:b', `${n}`, `k${n}`));
  const append = log.append({ records: many }).then(() => order.push('append'));
  await new Promise((resolve) => setImmediate(resolve));
  await log.read({ channel: 'room:a', limit: 1 }).then(() => order.push('read'));
  await append;
  expect(order).toEqual(['read', 'append']);
});

test('a storage that is idle does not keep its process alive', async () => {
  const child = fork(script('./append-once.mjs'), [await newFile()], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = vi.fn();
  child.on('exit', exited);
  await vi.waitFor(() => expect(exited).toHaveBeenCalledWith(0, null), { timeout: 60_000 });
});

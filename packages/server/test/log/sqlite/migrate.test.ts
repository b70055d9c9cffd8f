import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { buildMigrated } from '../../../src/log/sqlite/migrate.js';
import { record } from '../fixtures.js';
import { factsOf, range, texts } from '../subject.js';
import { newFile, open } from './support.js';

/** The tables of the first format. */
const FIRST = `
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
  INSERT INTO log VALUES ('first-epoch');
  PRAGMA user_version = 1;
`;

type Record = [channel: string, offset: number, sender: string, time: number, data: object, key?: string];

const quoted = (text: string | null): string => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`);

/** Makes a folder as the first edition left it. */
async function makeFirst(
  records: readonly Record[],
  facts: { readonly [key: string]: string } = {},
): Promise<string> {
  const file = await newFile();
  const db = new Database(file);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(FIRST);
  // As an append that failed left it: a channel without records.
  for (const name of new Set([...records.map(([channel]) => channel), 'room:empty'])) {
    db.exec(`INSERT INTO channel (name, epoch) VALUES (${quoted(name)}, 'first-epoch')`);
  }
  for (const [name, offset, sender, time, data, key = null] of records) {
    const channel = `(SELECT id FROM channel WHERE name = ${quoted(name)})`;
    const values = [quoted(sender), quoted(key), time, quoted(JSON.stringify(data))].join(', ');
    db.exec(`INSERT INTO record VALUES (${channel}, ${offset}, ${values})`);
  }
  for (const [key, value] of Object.entries(facts)) {
    db.exec(`INSERT INTO fact VALUES (${quoted(key)}, ${quoted(value)})`);
  }
  db.exec("INSERT INTO last_batch VALUES (1, 'x:1', '{}')");
  db.close();
  return file;
}

const message = (text: string) => ({ type: 'message', text });
const joined = (user: string, channel: string, by?: string) => ({
  type: 'joined',
  user,
  channel,
  ...(by === undefined ? {} : { by }),
});

test('channels are merged by time, and of one time by number and offset; epoch, offsets and keys stay', async () => {
  const file = await makeFirst([
    ['room:a', 1, 'ada', 10, message('a1'), 'k1'],
    ['room:b', 1, 'bob', 5, message('b1')],
    ['room:a', 2, 'ada', 20, message('a2')],
    ['room:b', 2, 'bob', 10, message('b2')],
    ['room:b', 3, 'bob', 10, message('b3'), 'k1'],
    ['room:c', 1, 'cy', 30, message('c1')],
  ]);
  const { storage, log } = await open({ file, now: () => 50 });
  expect(log.epochs).toEqual([{ name: 'first-epoch', first: 1 }]);
  const { records } = await storage.tail(0, 100, 1e6);
  expect(texts(records)).toEqual(['b1', 'a1', 'b2', 'b3', 'a2', 'c1']);
  expect(records.map(({ id }) => id)).toEqual(range(1, 6));
  expect(records[1]).toEqual({
    id: 2,
    channel: 'room:a',
    offset: 1,
    sender: 'ada',
    key: 'k1',
    time: 10,
    data: '{"type":"message","text":"a1"}',
  });
  expect(await log.channels(0, 10)).toMatchObject([
    { channel: 'room:a' },
    { channel: 'room:b' },
    { channel: 'room:c' },
  ]);
  const again = await log.append({ records: [record('room:a', 'a1', 'k1'), record('room:b', 'b4')] });
  expect(again).toMatchObject([
    { id: 2, duplicate: true },
    { id: 7, position: { epoch: 'first-epoch', offset: 4 } },
  ]);
  // A channel that never had a record begins when it gets its first.
  expect(await log.append({ records: [record('room:empty', 'x')] })).toMatchObject([
    { position: { offset: 1 } },
  ]);
});

test('what was trimmed stays a gap, before everything that is there', async () => {
  const file = await makeFirst([
    ['room:a', 5, 'ada', 1, message('a5')],
    ['room:b', 1, 'bob', 2, message('b1')],
    ['room:c', 3, 'cy', 3, message('c3')],
  ]);
  const { log } = await open({ file });
  expect(log.position).toBe(5);
  const channels = ['room:a', 'room:b', 'room:c'].map((channel) => ({ channel, after: 0 }));
  const { records, holes } = await log.readAfter({ channels, limit: 100 });
  expect(holes).toEqual([
    { channel: 'room:a', id: 1, offset: 4 },
    { channel: 'room:c', id: 2, offset: 2 },
  ]);
  expect(records.map(({ id, offset }) => [id, offset])).toEqual([
    [3, 5],
    [4, 1],
    [5, 3],
  ]);
  const read = await log.read({ channel: 'room:a', after: 2, epoch: 'first-epoch', limit: 10 });
  expect(read.gap).toMatchObject({ reason: 'retention', from: 3, to: 4 });
});

test('an empty log stays one', async () => {
  const { log } = await open({ file: await makeFirst([]) });
  expect(log.position).toBe(0);
  expect(await factsOf(log)).toEqual({});
  expect(await log.append({ records: [record('room:a', '1')] })).toMatchObject([{ id: 1 }]);
});

test('facts are spelled anew, memberships begin with the last joining, and everything is counted', async () => {
  const file = await makeFirst(
    [
      ['room:Tea', 1, 'Ada', 1, joined('Ada', 'room:Tea')],
      ['user:Ada', 1, 'Ada', 1, joined('Ada', 'room:Tea')],
      ['room:Tea', 2, 'Ada', 2, message('{"type":"joined"')],
      ['room:Tea', 3, 'Ada', 3, joined('Bob', 'room:Tea', 'Ada')],
      ['room:Tea', 4, 'Bob', 4, { type: 'left', user: 'Bob', channel: 'room:Tea' }],
      ['room:Tea', 5, 'Bob', 5, joined('Bob', 'room:Tea')],
    ],
    {
      'u/ada': 'Ada',
      'u/bob': 'Bob',
      'u/😀': '😀',
      'r/tea': '{"name":"Tea","owner":"ada","key":"k"}',
      'r/lobby': '{"name":"lobby"}',
      'r/den': '{"name":"Den","private":true,"owner":"ada"}',
      'm/tea/ada': 'owner',
      'm/tea/bob': 'member',
      'm/lobby/ada': 'member',
      'm/gone/ada': 'member',
      'm/tea/nobody': 'member',
      'd/ada,bob': '',
      'd/ada,😀': '',
      'd/bob,bob': '',
      'p/ada/room:Tea': '3',
      'h/bob/direct:Ada,Bob': '2',
      'x/room:Tea/2': '',
    },
  );
  const { log } = await open({ file });
  expect(await factsOf(log)).toEqual({
    'u/ada': '{"name":"Ada"}',
    'u/bob': '{"name":"Bob"}',
    'u/😀': '{"name":"😀"}',
    'c/users': '3',
    'r/tea': '{"name":"Tea","owner":"ada","key":"k"}',
    'r/lobby': '{"name":"lobby"}',
    'r/den': '{"name":"Den","private":true,"owner":"ada"}',
    'l/tea': 'Tea',
    'l/lobby': 'lobby',
    'm/tea/ada': 'owner',
    'm/tea/bob': 'member',
    'm/lobby/ada': 'member',
    'n/room:Tea': '2',
    'n/room:lobby': '1',
    'o/ada': '2',
    'b/ada/room:Tea': 'owner',
    'b/ada/room:lobby': 'member',
    'b/ada/direct:Ada,Bob': '',
    'b/ada/direct:Ada,😀': '',
    'b/bob/room:Tea': 'member',
    'b/bob/direct:Ada,Bob': '',
    'b/bob/direct:Bob,Bob': '',
    'b/😀/direct:Ada,😀': '',
    'k/ada': '4',
    'k/bob': '3',
    'k/😀': '1',
    'd/ada,bob': '',
    'd/ada,😀': '',
    'd/bob,bob': '',
    'p/ada/room:Tea': '3',
    'h/bob/direct:Ada,Bob': '2',
    'x/room:Tea/2': '',
  });
  const keys = [
    'm/tea/ada',
    'b/ada/room:Tea',
    'm/tea/bob',
    'b/bob/room:Tea',
    'm/lobby/ada',
    'b/bob/direct:Ada,Bob',
    'u/ada',
  ];
  const { facts } = await log.facts(keys);
  const { records } = await log.read({ channel: 'room:Tea', limit: 10 });
  const [first, , , , last] = records.map(({ id }) => id);
  expect(facts.map((fact) => fact?.id)).toEqual([first, first, last, last, 1, 1, 1]);
});

test('deleted messages, and edits that others took the place of, lose their text', async () => {
  const edit = (offset: number, text: string) => ({ type: 'edit', offset, text });
  const file = await makeFirst(
    [
      ['room:7', 1, 'ada', 1, message('deleted after an edit')],
      ['room:7', 2, 'ada', 2, message('edited twice')],
      ['room:7', 3, 'ada', 3, edit(1, 'edit of what was deleted')],
      ['room:7', 4, 'ada', 4, edit(2, 'first edit')],
      ['room:7', 5, 'ada', 5, { type: 'delete', offset: 1 }],
      ['room:7', 6, 'ada', 6, edit(2, 'second edit')],
      ['room:8', 1, 'ada', 6, message('untouched')],
    ],
    { 'x/room:7/1': '', 'x/room:9/1': '' },
  );
  const { log } = await open({ file });
  const { records } = await log.read({ channel: 'room:7', limit: 10 });
  expect(
    records.map(({ data, redacted }) => [(JSON.parse(data) as { text?: string }).text, redacted]),
  ).toEqual([
    [undefined, true],
    ['edited twice', undefined],
    [undefined, true],
    [undefined, true],
    [undefined, undefined],
    ['second edit', undefined],
  ]);
  expect(records[0]?.data).toBe('{"type":"deleted"}');
  const { facts } = await log.list('e/', 10);
  expect(facts).toEqual([{ key: 'e/room:7/2', value: '', id: records[5]?.id }]);
});

test('the old file is kept as it was, nothing else is left, and it is done once', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('x')]]);
  const before = await readFile(file);
  await (await open({ file })).log.close();
  expect(await readFile(`${file}.v1`)).toEqual(before);
  expect((await readdir(dirname(file))).sort()).toEqual([
    'log.db',
    'log.db.lock',
    'log.db.v1',
    'log.db.witness',
  ]);
  const after = await stat(file);
  const again = await open({ file });
  expect((await stat(file)).ino).toBe(after.ino);
  expect(again.log.epochs).toHaveLength(1);
});

test('what the first edition left in its write-ahead log comes along', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('1')]]);
  const left = new Database(file);
  onTestFinished(() => void left.close());
  left.exec(`INSERT INTO record VALUES (1, 2, 'ada', NULL, 2, '{"type":"message","text":"2"}')`);
  const { log } = await open({ file });
  expect(texts((await log.read({ channel: 'room:a', limit: 10 })).records)).toEqual(['1', '2']);
});

test('it is not begun where there is no room for it, and tells how much that takes', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('x')]]);
  const before = await readFile(file);
  expect(() => buildMigrated(file, () => 100)).toThrow(/needs \d+ bytes of room; there are 100/);
  expect(await readFile(file)).toEqual(before);
  expect(existsSync(`${file}.v1`)).toBe(false);
});

test('what an earlier try left behind is in nobody’s way, and what was kept before is not lost', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('x')]]);
  for (const suffix of ['.new', '.work', '.v1']) await writeFile(`${file}${suffix}`, 'left behind');
  const { log } = await open({ file });
  expect(log.position).toBe(1);
  expect(await readFile(`${file}.v1`, 'latin1')).toBe('left behind');
  expect(existsSync(`${file}.v1-2`)).toBe(true);
  expect(existsSync(`${file}.new`)).toBe(false);
});

test('a file of the first format that took the place of a later one begins a new epoch', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('x')]]);
  await writeFile(`${file}.witness`, '0000000000000001\n');
  const { log } = await open({ file });
  await log.append({ records: [record('room:a', 'y')] });
  expect(log.epochs).toEqual([
    { name: 'first-epoch', first: 1 },
    { name: expect.any(String), first: 2 },
  ]);
});

test('a try that fails leaves the old file in its place', async () => {
  const file = await makeFirst([['room:a', 1, 'ada', 1, message('x')]], { 'r/tea': 'no JSON' });
  const before = await readFile(file);
  await expect(open({ file })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(file),
  });
  expect(await readFile(file)).toEqual(before);
  expect((await readdir(dirname(file))).sort()).toEqual(['log.db', 'log.db.lock']);
});

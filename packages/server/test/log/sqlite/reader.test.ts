import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Append } from '../../../src/log/log.js';
import { encodeBatch } from '../../../src/log/sqlite/batch.js';
import { MERGED, NEWS } from '../../../src/log/sqlite/merge.js';
import { SqliteReader } from '../../../src/log/sqlite/reader.js';
import { unpackRecords, unpackTail } from '../../../src/log/sqlite/rows.js';
import { openForReading } from '../../../src/log/sqlite/schema.js';
import { SqliteWriter } from '../../../src/log/sqlite/writer.js';
import { record, temporaryFolder } from '../fixtures.js';
import { idsOf, range, texts } from '../subject.js';

const setUp = async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const writer = new SqliteWriter({ file, durability: 'system', walBytes: 1_000_000 });
  onTestFinished(() => writer.close());
  const reader = new SqliteReader(file);
  onTestFinished(() => reader.close());
  let batches = 0;
  const commit = (...appends: Append[]) => writer.commit(encodeBatch(`${++batches}`, appends, 5));
  return { file, writer, reader, commit };
};
const END = Number.MAX_SAFE_INTEGER;
const places = (afters: Record<string, number>) => JSON.stringify(afters);
const MB = 1024 * 1024;

test('the tail gives everything in order, with what changed, by limits of records and bytes', async () => {
  const { reader, commit } = await setUp();
  commit({
    records: range(1, 50).map((n) => record(`room:${n % 3}`, `${n}`)),
    facts: [{ key: 'f', value: 'v' }],
  });
  commit({ records: [record('room:a', 'x')], redact: [{ id: 2, data: '{"type":"deleted"}' }] });
  const all = reader.tail(0, 1000, MB);
  expect(all.lastId).toBe(51);
  const records = unpackTail(all.records);
  expect(idsOf(records)).toEqual(range(1, 51));
  expect(records[0]).toMatchObject({ id: 1, channel: 'room:1', changes: [{ key: 'f', value: 'v' }] });
  expect(records[1]).toMatchObject({ id: 2, data: '{"type":"deleted"}', redacted: true });
  expect(records[50]).toMatchObject({ redactions: [{ id: 2, data: '{"type":"deleted"}' }] });
  expect(idsOf(unpackTail(reader.tail(10, 5, MB).records))).toEqual(range(11, 15));
  expect(idsOf(unpackTail(reader.tail(10, 1000, 100).records))).toEqual([11, 12, 13]);
  expect(idsOf(unpackTail(reader.tail(10, 1000, 1).records))).toEqual([11]);
});

test('names of channels, keys and prefixes may have anything in them that text has', async () => {
  const { reader, commit } = await setUp();
  const names = ['room:"quoted"', 'room:back\\slash', 'room:日本', 'room:😀', '__proto__', '7', "room:'"];
  commit({
    records: names.map((name) => record(name, name)),
    facts: names.map((name) => ({ key: name, value: name })),
  });
  const { records } = reader.readAfter({
    places: JSON.stringify(Object.fromEntries(names.map((name) => [name, 0]))),
    upTo: END,
    limit: 100,
    maxBytes: MB,
  });
  expect(texts(unpackRecords(records))).toEqual(names);
  expect(reader.extents(names, END).map(({ head }) => head.id)).toEqual(range(1, names.length));
  const facts = reader.facts([...names, 'none']);
  expect(facts.texts).toEqual([...names.flatMap((name) => [name, name]), null, null]);
  expect(reader.list('room:😀', 10, undefined, MB).texts).toEqual(['room:😀', 'room:😀']);
});

test('channels are merged without looking at more than is given', async () => {
  const { reader, commit } = await setUp();
  commit({ records: range(1, 3000).map((n) => record(n % 10 === 0 ? 'room:quiet' : 'room:busy', `${n}`)) });
  const read = (limit: number, upTo = END) =>
    reader.readAfter({
      places: places({ 'room:busy': 5, 'room:quiet': 0, 'room:none': 0 }),
      upTo,
      limit,
      maxBytes: MB,
    });
  const { records, whole } = read(10);
  expect(idsOf(unpackRecords(records))).toEqual(range(6, 15));
  expect(whole).toBe(false);
  const end = read(5000, 2000);
  expect(idsOf(unpackRecords(end.records))).toEqual(range(6, 2000));
  expect(end.whole).toBe(true);
});

test('what was trimmed stands among the records, and counts', async () => {
  const { reader, writer, commit } = await setUp();
  commit({ records: range(1, 40).map((n) => record(n % 2 === 0 ? 'room:even' : 'room:odd', `${n}`)) });
  writer.trim('room:even', 6);
  const read = (limit: number, after = 0) =>
    reader.readAfter({
      places: places({ 'room:even': after, 'room:odd': after }),
      upTo: END,
      limit,
      maxBytes: MB,
    });
  const first = read(6);
  expect(idsOf(unpackRecords(first.records))).toEqual([1, 3, 5, 7, 9]);
  expect(first).toMatchObject({ whole: false, holes: [{ channel: 'room:even', id: 10, offset: 5 }] });
  const second = read(4, 10);
  expect(idsOf(unpackRecords(second.records))).toEqual([11, 12, 13, 14]);
  expect(second.holes).toEqual([]);
  expect(read(5).holes).toEqual([]);
});

test('lists come in pages by number and by size', async () => {
  const { reader, commit } = await setUp();
  const key = (n: number) => `f/${`${n}`.padStart(4, '0')}`;
  commit({ records: [], facts: range(1, 2500).map((n) => ({ key: key(n), value: 'x'.repeat(94) })) });
  const keys = ({ texts: found }: { texts: readonly (string | null)[] }) =>
    found.filter((_, at) => at % 2 === 0);
  expect(keys(reader.list('f/', 2000, undefined, MB))).toEqual(range(1, 2000).map(key));
  expect(reader.list('f/', 2000, undefined, MB).more).toBe(false);
  const page = reader.list('f/', 2000, key(10), 10_000);
  expect(keys(page)).toEqual(range(11, 110).map(key));
  expect(page.more).toBe(true);
  expect(keys(reader.list('f/', 9, key(2495), MB))).toEqual(range(2496, 2500).map(key));
  expect(keys(reader.list('f/000', 100, '', MB))).toEqual(range(1, 9).map(key));
});

test('reading many channels scans nothing but what it is given', async () => {
  const { file } = await setUp();
  const db = openForReading(file);
  onTestFinished(() => void db.close());
  const plan = (sql: string) => {
    const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
    return rows.map(({ detail }) => detail).filter((detail) => /SCAN|SEARCH/.test(detail));
  };
  expect(plan(NEWS)).toEqual([
    expect.stringMatching(/^SCAN j VIRTUAL TABLE/),
    expect.stringMatching(/^SEARCH c USING INDEX \S+ \(name=\?\)/),
    'SEARCH r USING COVERING INDEX record_channel (channel=? AND rowid>? AND rowid<?)',
    'SCAN news',
  ]);
  expect(plan(MERGED)).toEqual([
    expect.stringMatching(/^SCAN j VIRTUAL TABLE/),
    'SCAN merged',
    'SEARCH r USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH n USING COVERING INDEX record_channel (channel=? AND rowid>? AND rowid<?)',
    'SCAN merged',
  ]);
});

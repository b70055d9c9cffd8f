import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeBatch } from '../../src/log/sqlite-batch.js';
import { SqliteReader } from '../../src/log/sqlite-reader.js';
import { SqliteWriter } from '../../src/log/sqlite-writer.js';
import { offsetsOf, pendingAppends, record, temporaryFolder } from './fixtures.js';

const setUp = async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const writer = new SqliteWriter({ file, durability: 'disk' });
  onTestFinished(() => writer.close());
  const reader = new SqliteReader(file);
  onTestFinished(() => reader.close());
  return { file, writer, reader };
};
const batchOf = (id: string, ...texts: string[]) =>
  encodeBatch(id, 5, pendingAppends([{ records: texts.map((text) => record('room:a', text)) }]));

test('the same batch given twice is committed once, also by the next writer', async () => {
  const { file, writer, reader } = await setUp();
  const reply = writer.commit(batchOf('first', 'x', 'y'));
  expect(writer.commit(batchOf('first', 'x', 'y'))).toEqual(reply);
  const next = new SqliteWriter({ file, durability: 'disk' });
  onTestFinished(() => next.close());
  expect(next.commit(batchOf('first', 'x', 'y'))).toEqual(reply);
  expect(next.commit(batchOf('second', 'x', 'y')).numbers).toEqual([3, 5, 0, 4, 5, 0]);
  expect(offsetsOf(reader.read({ channel: 'room:a', limit: 10 }).records)).toEqual([1, 2, 3, 4]);
});

test('a trim goes by steps, between which others are let in', async () => {
  const { writer, reader } = await setUp();
  writer.commit(batchOf('b', ...Array.from({ length: 800 }, (_, index) => `${index}`)));
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 251, more: true });
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 501, more: true });
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 600, more: false });
  expect(writer.trim('room:a', 9999)).toEqual({ oldest: 800, more: false });
  expect(writer.trim('room:unknown', 5)).toEqual({ oldest: 1, more: false });
  expect(reader.extents(['room:a', 'room:unknown'])).toMatchObject([
    { head: { offset: 800 }, oldest: 800 },
    { head: { offset: 0 }, oldest: 1 },
  ]);
});

test('a batch that storage refuses leaves nothing behind, in the file or in mind', async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const writer = new SqliteWriter({ file, durability: 'system', maxFileBytes: 100 * 1024 });
  onTestFinished(() => writer.close());
  writer.commit(batchOf('first', 'x'));
  // What the first append did in the same transaction is taken back with the second.
  const appends = ['kept?', 'x'.repeat(200_000)].map((text) => ({ records: [record('room:a', text)] }));
  const large = () => writer.commit(encodeBatch('large', 5, pendingAppends(appends)));
  expect(large).toThrow(/full/);
  expect(large).toThrow(/full/);
  expect(writer.commit(batchOf('second', 'y')).numbers).toEqual([2, 5, 0]);
});

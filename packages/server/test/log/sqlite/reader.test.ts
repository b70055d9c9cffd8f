import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeBatch } from '../../src/log/sqlite-batch.js';
import { SqliteReader } from '../../src/log/sqlite-reader.js';
import { SqliteWriter } from '../../src/log/sqlite-writer.js';
import { offsetsOf, pendingAppends, record, temporaryFolder } from './fixtures.js';

const setUp = async (sizes: readonly number[]) => {
  const file = join(await temporaryFolder(), 'log.db');
  const writer = new SqliteWriter({ file, durability: 'system' });
  onTestFinished(() => writer.close());
  const records = sizes.map((size) => ({ ...record('room:a', ''), data: 'x'.repeat(size) }));
  writer.commit(encodeBatch('b', 5, pendingAppends([{ records, facts: [{ key: 'p/a', value: '1' }] }])));
  const reader = new SqliteReader(file);
  onTestFinished(() => reader.close());
  return { file, reader };
};

test('pages go on over all sizes of records, from either end', async () => {
  const sizes = Array.from({ length: 300 }, (_, index) => (index % 50 === 0 ? 5000 : 10));
  const { reader } = await setUp(sizes);
  const all = sizes.map((_, index) => index + 1);
  const read = (request: object) =>
    offsetsOf(reader.read({ channel: 'room:a', limit: 10_000, ...request }).records);
  expect(read({})).toEqual(all);
  expect(read({ newestFirst: true })).toEqual(all);
  expect(read({ limit: 170 })).toEqual(all.slice(0, 170));
  expect(read({ limit: 170, newestFirst: true })).toEqual(all.slice(-170));
  const bytes = (offsets: readonly number[]) => offsets.reduce((sum, offset) => sum + sizes[offset - 1]!, 0);
  for (const maxBytes of [1, 100, 5000, 5100, 12_345, 40_000]) {
    const forwards = read({ maxBytes });
    expect(forwards).toEqual(all.slice(0, forwards.length));
    expect(forwards.length === 1 || bytes(forwards) <= maxBytes).toBe(true);
    if (forwards.length < all.length)
      expect(bytes([...forwards, forwards.length + 1])).toBeGreaterThan(maxBytes);
    const backwards = read({ maxBytes, newestFirst: true });
    expect(backwards).toEqual(all.slice(-backwards.length));
  }
});

test('facts are answered flat', async () => {
  const { reader } = await setUp([1]);
  expect(reader.facts('p/')).toEqual(['p/a', '1']);
});

test('it writes nothing', async () => {
  const { file, reader } = await setUp([1]);
  const other = new SqliteWriter({ file, durability: 'system' });
  onTestFinished(() => other.close());
  expect(reader.read({ channel: 'room:a', limit: 1 }).head.offset).toBe(1);
  other.commit(encodeBatch('c', 5, pendingAppends([{ records: [record('room:a', 'y')] }])));
  expect(reader.read({ channel: 'room:a', limit: 1 }).head.offset).toBe(2);
});

import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Append } from '../../../src/log/log.js';
import { encodeBatch } from '../../../src/log/sqlite/batch.js';
import { SqliteReader } from '../../../src/log/sqlite/reader.js';
import { SqliteWriter, type WriterOptions } from '../../../src/log/sqlite/writer.js';
import { record, temporaryFolder } from '../fixtures.js';

const open = (options: Pick<WriterOptions, 'file'> & Partial<WriterOptions>) => {
  const writer = new SqliteWriter({ durability: 'system', walBytes: 1_000_000, ...options });
  onTestFinished(() => writer.close());
  return writer;
};
const setUp = async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const writer = open({ file });
  const reader = new SqliteReader(file);
  onTestFinished(() => reader.close());
  return { file, writer, reader };
};
const batchOf = (id: string, ...texts: string[]) =>
  encodeBatch(id, [{ records: texts.map((text) => record('room:a', text)) }], 5);
const END = Number.MAX_SAFE_INTEGER;

test('the same batch given twice is committed once, also by the next writer', async () => {
  const { file, writer, reader } = await setUp();
  const append: Append = {
    records: [record('room:a', 'x'), record('room:b', 'y')],
    facts: [{ key: 'f', add: 2 }],
  };
  const batch = encodeBatch('first', [append, { records: [], facts: [{ key: 'g', value: '' }] }], 5);
  const reply = writer.commit(batch);
  expect(reply).toMatchObject({ numbers: [1, 1, -1, 2, 1, -1], changes: [[1, '[[["f","2"]],[]]']] });
  expect(writer.commit(batch)).toMatchObject(reply);
  const next = open({ file });
  expect(next.commit(batch)).toMatchObject(reply);
  expect(next.commit(batchOf('second', 'x', 'y')).numbers).toEqual([3, 2, -1, 4, 3, -1]);
  expect(reader.facts(['f']).texts).toEqual(['f', '2']);
});

test('without a time in the batch it goes by its own clock', async () => {
  const { writer } = await setUp();
  const before = Date.now();
  const { time } = writer.commit(encodeBatch('b', [{ records: [record('room:a', 'x')] }]));
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test('a trim goes by steps, between which others are let in, and leaves the id of what it took last', async () => {
  const { writer, reader } = await setUp();
  writer.commit(batchOf('b', ...Array.from({ length: 800 }, (_, index) => `${index}`)));
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 251, more: true });
  expect(reader.extents(['room:a'], END)).toEqual([
    { head: { offset: 800, id: 800 }, oldest: 251, floor: 250 },
  ]);
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 501, more: true });
  expect(writer.trim('room:a', 600)).toEqual({ oldest: 600, more: false });
  expect(writer.trim('room:a', 9999)).toEqual({ oldest: 800, more: false });
  expect(writer.trim('room:unknown', 5)).toEqual({ oldest: 1, more: false });
  expect(reader.extents(['room:a', 'room:unknown'], END)).toEqual([
    { head: { offset: 800, id: 800 }, oldest: 800, floor: 799 },
    { head: { offset: 0, id: 0 }, oldest: 1, floor: 0 },
  ]);
});

test('a channel that was trimmed further than a late reader has come is empty to it', async () => {
  const { writer, reader } = await setUp();
  writer.commit(batchOf('b', '1', '2', '3', '4'));
  writer.trim('room:a', 4);
  expect(reader.extents(['room:a'], 3)).toEqual([{ head: { offset: 3, id: 3 }, oldest: 4, floor: 3 }]);
  expect(reader.extents(['room:a'], 2)).toEqual([{ head: { offset: 0, id: 0 }, oldest: 1, floor: 3 }]);
});

test('a batch that storage refuses leaves nothing behind, in the file or in mind', async () => {
  const writer = open({ file: join(await temporaryFolder(), 'log.db'), maxFileBytes: 100 * 1024 });
  writer.commit(batchOf('first', 'x'));
  // What the first append did in the same transaction is taken back with the second.
  const appends = ['kept?', 'x'.repeat(200_000)].map((text) => ({
    records: [record('room:a', text)],
    facts: [{ key: 'f', value: text.slice(0, 10) }],
  }));
  const large = () => writer.commit(encodeBatch('large', appends, 5));
  expect(large).toThrow(/full/);
  expect(large).toThrow(/full/);
  const next = encodeBatch('second', [{ records: [record('room:a', 'y')], when: [{ key: 'f', id: 0 }] }], 5);
  expect(writer.commit(next)).toMatchObject({ numbers: [2, 2, -1], failures: [] });
});

test('it keeps no more at hand than it may, and answers the same', async () => {
  const writer = open({ file: join(await temporaryFolder(), 'log.db'), maxKept: 1 });
  for (let round = 1; round <= 3; round++) {
    const appends = ['a', 'b', 'c'].map((name) => ({
      records: [record(`room:${name}`, 'x')],
      facts: [{ key: name, add: 1 }],
    }));
    const { numbers } = writer.commit(encodeBatch(`${round}`, appends, 5));
    expect(numbers.filter((_, index) => index % 3 === 1)).toEqual([round, round, round]);
  }
  expect(writer.fact('b')).toEqual({ value: '3', id: 8 });
});

test('a writer that opens again refuses another file in the place of its own, or none', async () => {
  const { file, writer } = await setUp();
  const { identity } = writer.opened;
  expect(open({ file, identity }).opened.identity).toBe(identity);
  expect(() => open({ file, identity: '1:1' })).toThrow(/replaced/);
  expect(() => open({ file: `${file}2`, identity })).toThrow(/taken away/);
});

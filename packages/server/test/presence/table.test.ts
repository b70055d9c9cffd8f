import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TableUpdate } from '../../src/broker/broker.js';
import { type Entry, Table } from '../../src/presence/table.js';

let counts: Map<string, number>;
let table: Table;

const read = (key: string): Entry => {
  const count = counts.get(key) ?? 0;
  return { kind: 'channel', entry: [key, count, count, count], gone: count === 0 };
};

beforeEach(() => {
  counts = new Map();
  table = new Table(read, 400);
});

function set(key: string, count: number): void {
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
  table.touch(key);
}

/** What a reader knows, and up to where. */
class Reader {
  place = 0;
  readonly known = new Map<string, number>();

  take(updates: readonly TableUpdate[]): void {
    for (const { after, to, channels } of updates) {
      if (after > this.place || to <= this.place) continue;
      this.place = to;
      for (const [key, count] of channels) {
        if (count === 0) this.known.delete(key);
        else this.known.set(key, count);
      }
    }
  }
}

describe('a table', () => {
  test('tells what was touched once, as it is then, in parts that fit together', () => {
    for (let index = 0; index < 100; index++) set(`k${index}`, 1);
    set('k0', 2);
    const updates = table.flush(100);
    expect(updates.length).toBeGreaterThan(5);
    for (const update of updates) expect(Buffer.byteLength(JSON.stringify(update))).toBeLessThanOrEqual(400);
    const reader = new Reader();
    reader.take(updates);
    expect(reader.known).toEqual(counts);
    expect(reader.place).toBe(table.version);
    expect(table.flush(100)).toEqual([]);
  });

  test('tells what came after a version, and from the beginning what is there', () => {
    set('a', 1);
    set('b', 1);
    table.flush(100);
    const { version } = table;
    set('b', 0);
    set('c', 3);
    table.flush(100);
    const [update, ...more] = table.after(version, 10);
    expect(more).toEqual([]);
    expect(update).toMatchObject({ after: version, to: table.version });
    expect(update!.channels.map(([key, count]) => [key, count])).toEqual([
      ['b', 0],
      ['c', 3],
    ]);
    expect(table.after(table.version, 10)).toEqual([]);
    const reader = new Reader();
    reader.take(table.after(0, 10));
    expect(reader.known).toEqual(counts);
  });

  test('tells no more parts than asked for: the rest is to be asked for from there', () => {
    for (let index = 0; index < 200; index++) set(`k${index}`, 1);
    expect(table.flush(2)).toHaveLength(2);
    const reader = new Reader();
    for (let round = 0; round < 100 && reader.place < table.version; round++) {
      reader.take(table.after(reader.place, 2));
    }
    expect(reader.known).toEqual(counts);
  });

  test('is filled without a word', () => {
    for (let index = 0; index < 10; index++) counts.set(`k${index}`, 1);
    table.fill(counts.keys());
    expect(table.flush(100)).toEqual([]);
    const reader = new Reader();
    reader.take(table.after(0, 100));
    expect(reader.known).toEqual(counts);
  });

  test('forgets in time what is gone, and says up to where', () => {
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 500; index++) set(`k${round}-${index}`, 1);
      table.flush(1);
      for (let index = 0; index < 500; index++) set(`k${round}-${index}`, 0);
      table.flush(1);
    }
    expect(table.size).toBeLessThanOrEqual(3000);
    expect(table.forgotten).toBeGreaterThan(0);
    expect(table.forgotten).toBeLessThan(table.version);
    const { version } = table;
    table.clear();
    expect(table.size).toBe(0);
    // Whoever had everything may have missed something since.
    expect(table.forgotten).toBeGreaterThan(version);
  });

  test('keeps whoever takes its updates, some of them late or not at all, right in the end', () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      count: fc.nat(2),
      heard: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 50 }), (changes) => {
        counts = new Map();
        table = new Table(read, 260);
        const reader = new Reader();
        const late: TableUpdate[][] = [];
        for (const { key, count, heard } of changes) {
          set(key, count);
          const updates = table.flush(10);
          if (heard) reader.take(updates);
          else late.push(updates);
          if (late.length > 2) reader.take(late.shift()!);
        }
        while (reader.place < table.version) reader.take(table.after(reader.place, 1));
        for (const updates of late) reader.take(updates);
        expect(reader.known).toEqual(counts);
      }),
    );
  });
});

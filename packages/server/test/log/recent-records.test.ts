import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogRecord, TailRecord } from '../../src/log/log.js';
import { RecentRecords } from '../../src/log/recent-records.js';
import { idsOf, range } from './subject.js';

/** Puts records of channels together, one for each letter, with ids and offsets that adjoin. */
class Writer {
  lastId: number;
  readonly offsets = new Map<string, number>();

  constructor(lastId = 0) {
    this.lastId = lastId;
  }

  write(letters: string, more: Partial<TailRecord> = {}): TailRecord[] {
    return Array.from(letters, (channel) => {
      const offset = (this.offsets.get(channel) ?? 0) + 1;
      this.offsets.set(channel, offset);
      return { id: ++this.lastId, offset, channel, sender: 'ada', data: '1', time: 1, ...more };
    });
  }
}

const BIG = 1_000_000;
/** What a record of the writer's takes. */
const SIZE = 208 + 2 * (1 + 3);

const heldOf = (recent: RecentRecords, channel: string): readonly LogRecord[] => {
  const held = recent.of(channel);
  if (held === undefined) return [];
  expect(held.records[held.oldest - held.start]?.offset).toBe(held.oldest);
  return held.records.slice(held.oldest - held.start);
};

test('holds what it is given, by channel and in order', () => {
  const recent = new RecentRecords(BIG, 0);
  recent.push(new Writer().write('abaca'));
  expect(idsOf(heldOf(recent, 'a'))).toEqual([1, 3, 5]);
  expect(recent.newest('b')?.id).toBe(2);
  expect(recent.newest('none')).toBeUndefined();
  expect(recent.of('none')).toBeUndefined();
  expect(idsOf(recent.merge([{ channel: 'a', after: 1 }], 9))).toEqual([3, 5]);
  expect(recent.floor).toBe(0);
  expect(recent.bytes).toBe(5 * SIZE);
});

test('lets the oldest go once it holds too much, and says from where on it is complete', () => {
  const recent = new RecentRecords(3 * SIZE, 7);
  recent.push(new Writer(7).write('aabab'));
  expect(recent.floor).toBe(9);
  expect(recent.bytes).toBe(3 * SIZE);
  expect(idsOf(heldOf(recent, 'a'))).toEqual([11]);
  expect(idsOf(heldOf(recent, 'b'))).toEqual([10, 12]);
  expect(recent.reaches({ channel: 'a', after: 8 })).toBe(false);
  expect(recent.reaches({ channel: 'a', after: 9 })).toBe(true);
});

test('lets a channel go with its last record, and one record that is larger than all it may hold', () => {
  const writer = new Writer();
  const recent = new RecentRecords(2 * SIZE, 0);
  recent.push(writer.write('abb'));
  expect(recent.newest('a')).toBeUndefined();
  recent.push(writer.write('a', { data: 'x'.repeat(10_000) }));
  expect(recent.newest('a')).toBeUndefined();
  expect(recent.floor).toBe(4);
  expect(recent.bytes).toBe(0);
});

test('keeps nothing of what told of facts', () => {
  const recent = new RecentRecords(BIG, 0);
  recent.push(new Writer().write('a', { changes: [{ key: 'f', value: '1' }], redactions: [] }));
  expect(recent.newest('a')).toEqual({ id: 1, offset: 1, channel: 'a', sender: 'ada', data: '1', time: 1 });
});

test('redacts what it holds, as one after the other comes', () => {
  const writer = new Writer();
  const recent = new RecentRecords(4 * SIZE, 0);
  recent.push(writer.write('ababa'));
  recent.push(
    writer.write('b', {
      redactions: [
        { id: 1, data: 'gone' },
        { id: 4, data: 'much longer' },
        { id: 5, data: '' },
        { id: 99, data: 'never was' },
      ],
    }),
  );
  expect(heldOf(recent, 'b').map(({ data }) => data)).toEqual(['much longer', '1']);
  expect(recent.of('b')!.records.at(-2)).toMatchObject({ id: 4, offset: 2, redacted: true });
  expect(idsOf(heldOf(recent, 'a'))).toEqual([5]);
  expect(recent.newest('a')).toMatchObject({ data: '', redacted: true });
  expect(recent.bytes).toBe(3 * SIZE + 2 * 10 - 2);
});

test('trimmed, says what it no longer has', () => {
  const writer = new Writer();
  const recent = new RecentRecords(BIG, 0);
  recent.push(writer.write('abababa'));
  recent.trim('a', 3);
  expect(idsOf(heldOf(recent, 'a'))).toEqual([5, 7]);
  expect(recent.reaches({ channel: 'a', after: 2 })).toBe(false);
  expect(recent.reaches({ channel: 'a', after: 3 })).toBe(true);
  expect(recent.reaches({ channel: 'b', after: 0 })).toBe(true);
  recent.trim('a', 2);
  recent.trim('none', 2);
  expect(idsOf(heldOf(recent, 'a'))).toEqual([5, 7]);
  recent.push(writer.write('a', { redactions: [{ id: 1, data: 'x' }] }));
  expect(idsOf(heldOf(recent, 'a'))).toEqual([5, 7, 8]);
});

test('trimmed to nothing, takes up again with the next record', () => {
  const writer = new Writer();
  const recent = new RecentRecords(4 * SIZE, 0);
  recent.push(writer.write('aab'));
  recent.trim('a', 3);
  expect(recent.newest('a')).toBeUndefined();
  expect(recent.of('a')).toBeUndefined();
  expect(recent.reaches({ channel: 'a', after: 1 })).toBe(false);
  recent.push(writer.write('a'));
  expect(idsOf(heldOf(recent, 'a'))).toEqual([4]);
  recent.push(writer.write('bbbb'));
  expect(recent.newest('a')).toBeUndefined();
  expect(recent.reaches({ channel: 'a', after: 4 })).toBe(true);
});

test('cleared, begins anew', () => {
  const recent = new RecentRecords(BIG, 0);
  recent.push(new Writer().write('ab'));
  recent.clear(20);
  expect([recent.floor, recent.bytes]).toEqual([20, 0]);
  expect(recent.newest('a')).toBeUndefined();
  recent.push(new Writer(20).write('a'));
  expect(idsOf(heldOf(recent, 'a'))).toEqual([21]);
});

test('whatever was written, let go, trimmed and redacted, holds what a model does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 60 });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ write: letters }) },
    { weight: 1, arbitrary: fc.record({ trim: fc.constantFrom('a', 'b'), before: fc.nat(80) }) },
    { weight: 1, arbitrary: fc.record({ redact: fc.nat(300) }) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 200 }),
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(40)), { maxLength: 4 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, room, asked, limit) => {
        const writer = new Writer();
        const recent = new RecentRecords(room * SIZE, 0);
        let model: LogRecord[] = [];
        const trimmed = new Map<string, number>();
        for (const current of steps) {
          if ('write' in current) {
            const records = writer.write(current.write);
            recent.push(records);
            model.push(...records);
          } else if ('trim' in current) {
            const before = Math.min(current.before, writer.offsets.get(current.trim) ?? 0);
            recent.trim(current.trim, before);
            model = model.filter((record) => {
              const gone = record.channel === current.trim && record.offset < before;
              if (gone) trimmed.set(record.channel, Math.max(trimmed.get(record.channel) ?? 0, record.id));
              return !gone;
            });
          } else {
            const redactions = [{ id: current.redact, data: '2' }];
            const [redacting] = writer.write('d', { redactions });
            recent.push([redacting!]);
            model = model.map((it) => (it.id === current.redact ? { ...it, data: '2', redacted: true } : it));
            const { redactions: _told, ...record } = redacting!;
            model.push(record);
          }
          expect(recent.bytes).toBeLessThanOrEqual(room * SIZE);
        }
        const here = model.filter(({ id }) => id > recent.floor);
        for (const channel of 'abcd') {
          const expected = here.filter((record) => record.channel === channel);
          expect(heldOf(recent, channel)).toEqual(expected);
          expect(recent.newest(channel)).toEqual(expected.at(-1));
        }
        const places = [...new Map(asked)].map(([channel, back]) => ({
          channel,
          after: Math.max(writer.lastId - back, recent.floor, trimmed.get(channel) ?? 0),
        }));
        for (const place of places) expect(recent.reaches(place)).toBe(true);
        const merged = here.filter((record) =>
          places.some(({ channel, after }) => channel === record.channel && record.id > after),
        );
        expect(recent.merge(places, limit)).toEqual(merged.slice(0, limit));
      },
    ),
    { numRuns: 300 },
  );
});

test('merges the same way where channels are long', () => {
  const recent = new RecentRecords(BIG * 10, 0);
  const writer = new Writer();
  for (let count = 0; count < 500; count++) recent.push(writer.write('abcdef'));
  const places = Array.from('abcde', (channel, index) => ({ channel, after: index * 6 }));
  const merged = idsOf(recent.merge(places, 100));
  const expected = range(1, 3000).filter((id) => {
    const index = (id - 1) % 6;
    return index < 5 && id > index * 6;
  });
  expect(merged).toEqual(expected.slice(0, 100));
});

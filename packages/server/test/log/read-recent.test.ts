import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeRecent, readRecent } from '../../src/log/read-recent.js';
import { RecentRecords } from '../../src/log/recent-records.js';
import { stored } from './fixtures.js';
import { idsOf, range } from './subject.js';

/** Holds the records `from` to 20 of the channel; what came before was let go. */
function holding(from: number): RecentRecords {
  const recent = new RecentRecords(1_000_000, from - 1);
  recent.push(stored(from, 20, '12345'));
  return recent;
}

describe('readRecent', () => {
  const read = (more: object, from = 11) => {
    const found = readRecent(holding(from), { channel: 'room:a', limit: 100, ...more });
    return found?.records.map(({ offset }) => offset);
  };

  test.each([
    [{ after: 10 }, range(11, 20)],
    [{ after: 17, limit: 2 }, [18, 19]],
    [{ after: 20 }, []],
    [{ after: 12, before: 15 }, [13, 14]],
    [{ after: 12, before: 5 }, []],
    [{ after: 10, maxBytes: 12 }, [11, 12]],
    [{ limit: 3, newestFirst: true }, [18, 19, 20]],
    [{ before: 15, limit: 3, newestFirst: true }, [12, 13, 14]],
    [{ after: 17, newestFirst: true }, [18, 19, 20]],
  ])('of %j gives what is here', (more, expected) => {
    expect(read(more)).toEqual(expected);
  });

  test.each([
    {},
    { after: 9 },
    { after: 3, before: 8 },
    // Beyond the end: another node may have more, or it is another log's.
    { after: 21 },
    { newestFirst: true },
    { before: 11, limit: 3, newestFirst: true },
    { before: 14, limit: 5, newestFirst: true },
    // As many as are here: there may be a gap before them.
    { before: 14, limit: 3, newestFirst: true },
    { channel: 'room:none' },
  ])('of %j knows that it cannot say', (more) => {
    expect(read(more)).toBeUndefined();
  });

  test('knows that before the first record there is nothing', () => {
    expect(read({}, 1)).toEqual(range(1, 20));
    expect(read({ newestFirst: true }, 1)).toEqual(range(1, 20));
    expect(read({ before: 1, newestFirst: true }, 1)).toEqual([]);
  });

  test('gives what is there, or nothing, whatever is asked', () => {
    const offset = fc.option(fc.integer({ min: 0, max: 25 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        offset,
        offset,
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        (from, after, before, limit, newestFirst) => {
          const found = read(
            { limit, newestFirst, ...(after === undefined ? {} : { after }), ...(before ? { before } : {}) },
            from,
          );
          if (found === undefined) return;
          const all = range((after ?? 0) + 1, Math.min((before || 21) - 1, 20));
          expect(found).toEqual(newestFirst ? all.slice(-limit) : all.slice(0, limit));
        },
      ),
    );
  });
});

describe('mergeRecent', () => {
  const merge = (after: number, limit: number, maxBytes = 1000) => {
    const { records, whole } = mergeRecent(holding(11), [{ channel: 'room:a', after }], limit, maxBytes);
    return [idsOf(records), whole];
  };

  test('says whether there is more', () => {
    expect(merge(17, 3)).toEqual([[18, 19, 20], true]);
    expect(merge(17, 2)).toEqual([[18, 19], false]);
    expect(merge(20, 2)).toEqual([[], true]);
  });

  test('stops before the bytes pass the limit, but gives one record at least', () => {
    expect(merge(15, 9, 10)).toEqual([[16, 17], false]);
    expect(merge(15, 9, 1)).toEqual([[16], false]);
    expect(merge(18, 9, 10)).toEqual([[19, 20], true]);
  });
});

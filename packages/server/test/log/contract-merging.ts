/** What every log must give to whoever reads many channels as one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hole, LogRecord } from '../../src/log/log.js';
import { fill, idsOf, listen, message, range, type Subject, texts } from './subject.js';

const CHANNELS = ['room:a', 'room:b', 'room:c'];

const from = (after: number, channels: readonly string[] = CHANNELS) =>
  channels.map((channel) => ({ channel, after }));

/** A record whose data have so many bytes. */
const sized = (channel: string, bytes: number) => ({
  channel,
  sender: 'ada',
  data: JSON.stringify('x'.repeat(bytes - 2)),
});

export function describeMerging(subject: Subject): void {
  /** Appends one record a letter to `room:LETTER`, in this order. */
  const append = (letters: string) =>
    subject.log.append({ records: Array.from(letters, (letter) => message(`room:${letter}`, letter)) });

  describe('readAfter', () => {
    test('merges channels in the order of ids', async () => {
      await append('abcabxcc');
      const { records, holes, through } = await subject.log.readAfter({ channels: from(0), limit: 100 });
      expect(idsOf(records)).toEqual([1, 2, 3, 4, 5, 7, 8]);
      expect(texts(records).join('')).toBe('abcabcc');
      expect(records.map(({ offset }) => offset)).toEqual([1, 1, 1, 2, 2, 2, 3]);
      expect(holes).toEqual([]);
      expect(through).toBe(8);
    });

    test('gives whole records, as reading the channel does', async () => {
      await subject.log.append({ records: [message('room:a', 'x', 'k', 'bob'), message('room:b', 'y')] });
      const { records } = await subject.log.readAfter({ channels: from(0), limit: 100 });
      const { records: expected } = await subject.log.read({ channel: 'room:a', limit: 1 });
      expect(records[0]).toEqual(expected[0]);
      expect(records[1]).not.toHaveProperty('key');
    });

    test('reads each channel from a place of its own', async () => {
      await append('abcabcabc');
      const { records, through } = await subject.log.readAfter({
        channels: [
          { channel: 'room:a', after: 6 },
          { channel: 'room:b', after: 2 },
          { channel: 'room:c', after: 9 },
        ],
        limit: 100,
      });
      expect(idsOf(records)).toEqual([5, 7, 8]);
      expect(through).toBe(9);
    });

    test('passes channels by that have no news, or nothing at all', async () => {
      await append('aaabbb');
      const read = (channels: readonly { channel: string; after: number }[]) =>
        subject.log.readAfter({ channels, limit: 100 });
      expect(await read([])).toEqual({ records: [], holes: [], through: 6 });
      expect(await read(from(6))).toEqual({ records: [], holes: [], through: 6 });
      expect(await read(from(0, ['room:none']))).toEqual({ records: [], holes: [], through: 6 });
      const { records } = await read([...from(3), { channel: 'room:none', after: 0 }]);
      expect(idsOf(records)).toEqual([4, 5, 6]);
    });

    test('says that nothing lies beyond its position, wherever one reads from', async () => {
      expect(await subject.log.readAfter({ channels: from(0), limit: 1 })).toMatchObject({ through: 0 });
      await append('abc');
      expect(await subject.log.readAfter({ channels: from(1000), limit: 9 })).toEqual({
        records: [],
        holes: [],
        through: 3,
      });
    });

    test('stops at the limit and can be read on from there', async () => {
      await append('abcabc');
      const first = await subject.log.readAfter({ channels: from(0), limit: 4 });
      expect(idsOf(first.records)).toEqual([1, 2, 3, 4]);
      expect(first.through).toBe(4);
      const next = await subject.log.readAfter({ channels: from(4), limit: 4 });
      expect(idsOf(next.records)).toEqual([5, 6]);
      expect(next.through).toBe(6);
      const exact = await subject.log.readAfter({ channels: from(0), limit: 6 });
      expect(idsOf(exact.records)).toEqual(range(1, 6));
    });

    test('stops before the bytes pass the limit, but gives one record at least', async () => {
      await subject.log.append({ records: range(1, 9).map((n) => sized(CHANNELS[n % 3]!, 100)) });
      const count = async (maxBytes: number) => {
        const { records, through } = await subject.log.readAfter({ channels: from(0), limit: 99, maxBytes });
        expect(through).toBe(records.at(-1)!.id);
        return records.length;
      };
      expect(await count(300)).toBe(3);
      expect(await count(399)).toBe(3);
      expect(await count(400)).toBe(4);
      expect(await count(1)).toBe(1);
      expect(await count(900)).toBe(9);
    });

    test('counts bytes and not characters', async () => {
      const data = JSON.stringify('語'.repeat(100));
      await subject.log.append({ records: CHANNELS.map((channel) => ({ channel, sender: 'ada', data })) });
      const { records } = await subject.log.readAfter({ channels: from(0), limit: 9, maxBytes: 650 });
      expect(idsOf(records)).toEqual([1, 2]);
    });

    test('reads its own appends at once', async () => {
      for (let id = 1; id <= 20; id++) {
        await subject.log.append({ records: [message(CHANNELS[id % 3]!, `${id}`)] });
        const { records, through } = await subject.log.readAfter({ channels: from(id - 1), limit: 9 });
        expect(idsOf(records)).toEqual([id]);
        expect(through).toBe(id);
      }
    });

    test('gives every channel what it has, however long one of them is', async () => {
      await fill(subject, 'room:a', 500);
      await append('bc');
      await fill(subject, 'room:a', 500);
      const seen: number[] = [];
      for (let place = 0; place < subject.log.position; ) {
        const { records, through } = await subject.log.readAfter({ channels: from(place), limit: 150 });
        seen.push(...idsOf(records));
        expect(through).toBeGreaterThan(place);
        place = through;
      }
      expect(seen).toEqual(range(1, 1002));
    });

    test('reads many channels, most of them without news', async () => {
      const names = range(1, 400).map((number) => `room:${number}`);
      for (let at = 0; at < names.length; at += 100) {
        await subject.log.append({ records: names.slice(at, at + 100).map((name) => message(name, 'x')) });
      }
      await append('ab');
      await subject.log.append({ records: [message('room:7', 'y'), message('room:399', 'z')] });
      const { records, through } = await subject.log.readAfter({ channels: from(400, names), limit: 100 });
      expect(records.map(({ channel, id }) => [channel, id])).toEqual([
        ['room:7', 403],
        ['room:399', 404],
      ]);
      expect(through).toBe(404);
      const all = await subject.log.readAfter({ channels: from(0, names), limit: 1000 });
      expect(idsOf(all.records)).toEqual([...range(1, 400), 403, 404]);
    });
  });

  describe('tail', () => {
    test('gives everything in order, as it was told to those who follow', async () => {
      const listening = listen(subject.log);
      await append('ab');
      await subject.log.append({
        records: [message('room:a', 'x', 'k'), message('room:c', 'y')],
        facts: [
          { key: 'f', value: '1' },
          { key: 'g', value: null },
        ],
      });
      expect(await subject.log.tail(0, 100)).toEqual(listening.records);
      expect(idsOf(await subject.log.tail(1, 2))).toEqual([2, 3]);
      expect(await subject.log.tail(4, 2)).toEqual([]);
      expect(await subject.log.tail(1000, 2)).toEqual([]);
    });

    test('leaves out what is gone, and says what was redacted', async () => {
      await append('aaabb');
      await subject.log.append({ records: [message('room:c', 'x')], redact: [{ id: 4, data: '{}' }] });
      await subject.log.trim('room:a', 3);
      const records = await subject.log.tail(0, 100);
      expect(idsOf(records)).toEqual([3, 4, 5, 6]);
      expect(records[1]).toMatchObject({ data: '{}', redacted: true });
      expect(idsOf(await subject.log.tail(0, 1))).toEqual([3]);
    });
  });

  describe('holes', () => {
    test('stand in the order at the newest record that was trimmed', async () => {
      const records = range(1, 12).map((n) => message(CHANNELS[n % 2]!, `${n}`));
      await subject.log.append({ records });
      // Of room:b, which has the ids 1, 3, 5 and so on, the first four go.
      await subject.log.trim('room:b', 5);
      const hole = { channel: 'room:b', id: 7, offset: 4 };
      const all = await subject.log.readAfter({ channels: from(0), limit: 100 });
      expect(all.holes).toEqual([hole]);
      expect(idsOf(all.records)).toEqual([2, 4, 6, 8, 9, 10, 11, 12]);
      // It is told to whoever reads from before it, were it by one, and to nobody else.
      expect((await subject.log.readAfter({ channels: from(6), limit: 100 })).holes).toEqual([hole]);
      expect((await subject.log.readAfter({ channels: from(7), limit: 100 })).holes).toEqual([]);
      expect((await subject.log.readAfter({ channels: from(0, ['room:a']), limit: 9 })).holes).toEqual([]);
    });

    test('count against the limit, and one reads on behind them', async () => {
      const records = range(1, 12).map((n) => message(CHANNELS[n % 2]!, `${n}`));
      await subject.log.append({ records });
      await subject.log.trim('room:b', 5);
      const page = async (after: number, limit: number) => {
        const answer = await subject.log.readAfter({ channels: from(after), limit });
        return [idsOf(answer.records), idsOf(answer.holes), answer.through];
      };
      expect(await page(0, 3)).toEqual([[2, 4, 6], [], 6]);
      expect(await page(6, 1)).toEqual([[], [7], 7]);
      expect(await page(7, 2)).toEqual([[8, 9], [], 9]);
      expect(await page(0, 5)).toEqual([[2, 4, 6, 8], [7], 8]);
    });

    test('keep no record from being given, however large it is', async () => {
      await fill(subject, 'room:a', 5);
      await subject.log.append({ records: [sized('room:a', 900)] });
      await subject.log.trim('room:a', 6);
      const { records, holes } = await subject.log.readAfter({ channels: from(0), limit: 9, maxBytes: 100 });
      expect(idsOf(records)).toEqual([6]);
      expect(idsOf(holes)).toEqual([5]);
    });

    test('are told where nothing else is', async () => {
      await fill(subject, 'room:a', 5);
      await subject.log.trim('room:a', 5);
      const { records, holes } = await subject.log.readAfter({ channels: from(2), limit: 1 });
      expect(records).toEqual([]);
      expect(holes).toEqual([{ channel: 'room:a', id: 4, offset: 4 }]);
      const next = await subject.log.readAfter({ channels: from(4), limit: 1 });
      expect(idsOf(next.records)).toEqual([5]);
    });
  });

  test('paging with readAfter gives everything once, and in order, whatever was trimmed', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          append: fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 2, max: 40 })), {
            minLength: 1,
            maxLength: 8,
          }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          trim: fc.integer({ min: 0, max: 3 }),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      },
    );
    const place = fc.double({ min: 0, max: 1.1, noNaN: true });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.tuple(place, place, place),
        fc.integer({ min: 1, max: 7 }),
        fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
        async (steps, places, limit, maxBytes) => {
          const { log } = subject;
          const names = range(0, 3).map((number) => `room:${++run}-${number}`);
          const began = log.position;
          const held = new Map<string, LogRecord[]>(names.map((name) => [name, []]));
          const gone = new Map<string, Hole>();
          for (const current of steps) {
            if ('append' in current) {
              const records = current.append.map(([channel, bytes]) => sized(names[channel]!, bytes));
              for (const [index, { id, position, time }] of (await log.append({ records })).entries()) {
                const record = records[index]!;
                held.get(record.channel)!.push({ ...record, id, offset: position.offset, time });
              }
            } else {
              const channel = names[current.trim]!;
              const records = held.get(channel)!;
              const head = (gone.get(channel)?.offset ?? 0) + records.length;
              await log.trim(channel, Math.round(current.share * head));
              while (records.length > 1 && records[0]!.offset < Math.round(current.share * head)) {
                const { id, offset } = records.shift()!;
                gone.set(channel, { channel, id, offset });
              }
            }
          }
          // The last of the channels is not asked for.
          let channels = places.map((share, index) => ({
            channel: names[index]!,
            after: began + Math.round(share * (log.position - began)),
          }));
          const expected = channels
            .flatMap(({ channel, after }): (LogRecord | Hole)[] => {
              const hole = gone.get(channel);
              const entries = hole === undefined ? held.get(channel)! : [hole, ...held.get(channel)!];
              return entries.filter(({ id }) => id > after);
            })
            .sort((a, b) => a.id - b.id);
          const seen: (LogRecord | Hole)[] = [];
          for (let through = -1; through < log.position; ) {
            const request = { channels, limit, ...(maxBytes === undefined ? {} : { maxBytes }) };
            const answer = await log.readAfter(request);
            const { records, holes } = answer;
            const page = [...records, ...holes].sort((a, b) => a.id - b.id);
            expect(idsOf(records)).toEqual(idsOf(records).sort((a, b) => a - b));
            expect(idsOf(holes)).toEqual(idsOf(holes).sort((a, b) => a - b));
            expect(page.length).toBeLessThanOrEqual(limit);
            if (maxBytes !== undefined && records.length > 1) {
              expect(records.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(maxBytes);
            }
            expect(answer.through).toBeGreaterThan(through);
            expect(answer.through).toBeGreaterThanOrEqual(page.at(-1)?.id ?? 0);
            expect(answer.through).toBeLessThanOrEqual(log.position);
            through = answer.through;
            seen.push(...page);
            channels = channels.map(({ channel, after }) => ({
              channel,
              after: Math.max(after, answer.through),
            }));
          }
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
}

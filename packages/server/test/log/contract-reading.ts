/** What every log must answer of what it holds, and of what it holds no more. */
import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.js';
import { fill, idsOf, message, range, type Subject, texts } from './subject.js';

export function describeReading(subject: Subject): void {
  describe('read', () => {
    const offsets = async (request: Omit<Parameters<Log['read']>[0], 'channel'>): Promise<number[]> =>
      (await subject.log.read({ channel: 'room:a', ...request })).records.map((record) => record.offset);

    test('reads an unknown channel as an empty one', async () => {
      const { records, head, gap } = await subject.log.read({ channel: 'room:none', after: 0, limit: 10 });
      expect(records).toEqual([]);
      expect(head.offset).toBe(0);
      expect(head.epoch).not.toBe('');
      expect(gap).toBeUndefined();
    });

    test('reads after a position, before another, and from either end', async () => {
      await fill(subject, 'room:a', 10);
      expect(await offsets({ limit: 3 })).toEqual([1, 2, 3]);
      expect(await offsets({ after: 4, limit: 3 })).toEqual([5, 6, 7]);
      expect(await offsets({ after: 8, limit: 100 })).toEqual([9, 10]);
      expect(await offsets({ after: 10, limit: 100 })).toEqual([]);
      expect(await offsets({ after: 3, before: 7, limit: 100 })).toEqual([4, 5, 6]);
      expect(await offsets({ limit: 3, newestFirst: true })).toEqual([8, 9, 10]);
      expect(await offsets({ before: 8, limit: 3, newestFirst: true })).toEqual([5, 6, 7]);
      expect(await offsets({ after: 6, before: 8, limit: 3, newestFirst: true })).toEqual([7]);
      expect(await offsets({ before: 1, limit: 3, newestFirst: true })).toEqual([]);
      expect(await offsets({ before: 100, limit: 2, newestFirst: true })).toEqual([9, 10]);
    });

    test('tells the head beside whatever was read', async () => {
      await fill(subject, 'room:a', 10);
      const [head] = await subject.log.heads(['room:a']);
      expect(head).toEqual({ offset: 10, id: 10 });
      const epoch = subject.log.epochs.at(-1)!.name;
      expect((await subject.log.read({ channel: 'room:a', limit: 2 })).head).toEqual({ epoch, offset: 10 });
      expect((await subject.log.read({ channel: 'room:a', after: 10, limit: 2 })).head.offset).toBe(10);
    });

    test('stops before the bytes pass the limit, but gives one record at least', async () => {
      const record = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(98)) };
      await subject.log.append({ records: Array.from({ length: 10 }, () => record) });
      expect(await offsets({ limit: 10, maxBytes: 300 })).toEqual([1, 2, 3]);
      expect(await offsets({ limit: 10, maxBytes: 399 })).toEqual([1, 2, 3]);
      expect(await offsets({ limit: 10, maxBytes: 300, newestFirst: true })).toEqual([8, 9, 10]);
      expect(await offsets({ limit: 10, maxBytes: 1 })).toEqual([1]);
      expect(await offsets({ limit: 10, maxBytes: 1, newestFirst: true })).toEqual([10]);
    });

    test('reads its own appends at once', async () => {
      for (let offset = 1; offset <= 20; offset++) {
        await subject.log.append({ records: [message('room:a', `${offset}`)] });
        expect(await offsets({ after: offset - 1, limit: 10 })).toEqual([offset]);
      }
    });

    test('answers heads of many channels in their order, also twice the same', async () => {
      await fill(subject, 'room:a', 2);
      await fill(subject, 'room:b', 1);
      const heads = await subject.log.heads(['room:b', 'room:none', 'room:a', 'room:b']);
      expect(heads).toEqual([
        { offset: 1, id: 3 },
        { offset: 0, id: 0 },
        { offset: 2, id: 2 },
        { offset: 1, id: 3 },
      ]);
      await fill(subject, 'room:none', 1);
      expect(await subject.log.heads(['room:none'])).toEqual([{ offset: 1, id: 4 }]);
      expect(await subject.log.heads([])).toEqual([]);
    });
  });

  describe('newest', () => {
    test('is the id of the last record, where it is at hand', async () => {
      await fill(subject, 'room:a', 2);
      await fill(subject, 'room:b', 1);
      expect([2, undefined]).toContain(subject.log.newest('room:a'));
      expect([3, undefined]).toContain(subject.log.newest('room:b'));
      expect([0, undefined]).toContain(subject.log.newest('room:none'));
      await subject.log.trim('room:a', 2);
      expect([2, undefined]).toContain(subject.log.newest('room:a'));
    });
  });

  describe('gaps', () => {
    test('are told for another epoch, and everything of this one is given', async () => {
      await fill(subject, 'room:a', 3);
      const { records, gap, head } = await subject.log.read({
        channel: 'room:a',
        after: 2,
        epoch: 'another',
        limit: 10,
      });
      expect(texts(records)).toEqual(['1', '2', '3']);
      expect(gap).toEqual({
        channel: 'room:a',
        reason: 'epoch',
        epoch: head.epoch,
        from: 1,
        to: 0,
        oldest: 1,
        head: 3,
      });
      const same = await subject.log.read({ channel: 'room:a', after: 2, epoch: head.epoch, limit: 10 });
      expect(same.gap).toBeUndefined();
      expect(texts(same.records)).toEqual(['3']);
    });

    test('are told for a position beyond the head, which this log never gave', async () => {
      await fill(subject, 'room:a', 3);
      const { records, gap } = await subject.log.read({ channel: 'room:a', after: 4, limit: 10 });
      expect(texts(records)).toEqual(['1', '2', '3']);
      expect(gap).toMatchObject({ reason: 'epoch', from: 1, to: 0 });
      const unknown = await subject.log.read({ channel: 'room:none', after: 1, limit: 10 });
      expect(unknown.gap).toMatchObject({ reason: 'epoch', from: 1, to: 0, oldest: 1, head: 0 });
    });

    test('are told for what was trimmed', async () => {
      await fill(subject, 'room:a', 10);
      await subject.log.trim('room:a', 6);
      const { records, gap, head } = await subject.log.read({ channel: 'room:a', after: 2, limit: 2 });
      expect(texts(records)).toEqual(['6', '7']);
      expect(gap).toEqual({
        channel: 'room:a',
        reason: 'retention',
        epoch: head.epoch,
        from: 3,
        to: 5,
        oldest: 6,
        head: 10,
      });
      expect((await subject.log.read({ channel: 'room:a', after: 5, limit: 2 })).gap).toBeUndefined();
      expect((await subject.log.read({ channel: 'room:a', after: 9, limit: 2 })).gap).toBeUndefined();
    });

    test('are told where everything that was asked for was trimmed', async () => {
      await fill(subject, 'room:a', 10);
      await subject.log.trim('room:a', 6);
      const { records, gap } = await subject.log.read({ channel: 'room:a', after: 1, before: 4, limit: 9 });
      expect(records).toEqual([]);
      expect(gap).toMatchObject({ reason: 'retention', from: 2, to: 3, oldest: 6, head: 10 });
    });

    test('are told to a reader of another epoch with what was trimmed of this one', async () => {
      await fill(subject, 'room:a', 10);
      await subject.log.trim('room:a', 6);
      const { records, gap } = await subject.log.read({
        channel: 'room:a',
        after: 8,
        epoch: 'another',
        limit: 2,
      });
      expect(texts(records)).toEqual(['6', '7']);
      expect(gap).toMatchObject({ reason: 'epoch', from: 1, to: 5, oldest: 6, head: 10 });
    });

    test('are told backwards with the page that runs into them', async () => {
      await fill(subject, 'room:a', 10);
      await subject.log.trim('room:a', 6);
      const page = (before: number | undefined, limit: number) =>
        subject.log.read({
          channel: 'room:a',
          ...(before === undefined ? {} : { before }),
          limit,
          newestFirst: true,
        });
      expect((await page(undefined, 3)).gap).toBeUndefined();
      // Just as many as there are before it: the page runs into it all the same.
      expect((await page(undefined, 5)).gap).toMatchObject({ reason: 'retention', from: 1, to: 5 });
      expect((await page(8, 2)).gap).toMatchObject({ reason: 'retention', from: 1, to: 5 });
      const last = await page(8, 3);
      expect(texts(last.records)).toEqual(['6', '7']);
      expect(last.gap).toMatchObject({ reason: 'retention', from: 1, to: 5 });
      const beyond = await page(4, 3);
      expect(beyond.records).toEqual([]);
      expect(beyond.gap).toMatchObject({ reason: 'retention', from: 1, to: 3 });
    });
  });

  describe('channels', () => {
    test('are listed by pages, in the order in which they began, with what they have', async () => {
      expect(await subject.log.channels(0, 10)).toEqual([]);
      await fill(subject, 'room:b', 3);
      await fill(subject, 'room:a', 1);
      await fill(subject, 'room:b', 2);
      await fill(subject, 'room:c', 1);
      await subject.log.trim('room:b', 5);
      const all = await subject.log.channels(0, 10);
      expect(all).toEqual([
        { channel: 'room:b', number: expect.any(Number), oldest: 5, head: 5 },
        { channel: 'room:a', number: expect.any(Number), oldest: 1, head: 1 },
        { channel: 'room:c', number: expect.any(Number), oldest: 1, head: 1 },
      ]);
      expect(await subject.log.channels(0, 2)).toEqual(all.slice(0, 2));
      expect(await subject.log.channels(all[0]!.number, 2)).toEqual(all.slice(1));
      expect(await subject.log.channels(all[2]!.number, 2)).toEqual([]);
    });
  });

  describe('trim', () => {
    test('keeps the head and the offsets', async () => {
      await fill(subject, 'room:a', 5);
      await subject.log.trim('room:a', 100);
      const { records } = await subject.log.read({ channel: 'room:a', after: 4, limit: 10 });
      expect(records.map((record) => record.offset)).toEqual([5]);
      const [next] = await subject.log.append({ records: [message('room:a', '6')] });
      expect(next).toMatchObject({ id: 6, position: { offset: 6 } });
      expect(await subject.log.heads(['room:a'])).toEqual([{ offset: 6, id: 6 }]);
    });

    test('takes keys with their records', async () => {
      const record = message('room:a', 'x', 'k');
      await subject.log.append({ records: [record] });
      await subject.log.append({ records: [message('room:a', 'y')] });
      await subject.log.trim('room:a', 2);
      expect((await subject.log.append({ records: [record] }))[0]).toMatchObject({
        duplicate: false,
        position: { offset: 3 },
      });
    });

    test('takes from each channel only what is its own', async () => {
      await subject.log.append({
        records: range(1, 20).map((text) => message(text % 2 === 0 ? 'room:a' : 'room:b', `${text}`)),
      });
      await subject.log.trim('room:a', 6);
      const { records } = await subject.log.read({ channel: 'room:b', limit: 100 });
      expect(idsOf(records)).toEqual(range(1, 20).filter((id) => id % 2 === 1));
    });

    test('takes many records', async () => {
      for (let count = 0; count < 30; count++) await fill(subject, 'room:a', 100);
      await subject.log.trim('room:a', 2991);
      const { records, head, gap } = await subject.log.read({ channel: 'room:a', limit: 100 });
      expect(records.map(({ offset }) => offset)).toEqual(range(2991, 3000));
      expect(head.offset).toBe(3000);
      expect(gap).toMatchObject({ reason: 'retention', from: 1, to: 2990 });
    });

    test('goes on where it was trimmed before', async () => {
      await fill(subject, 'room:a', 10);
      await subject.log.trim('room:a', 3);
      await subject.log.trim('room:a', 7);
      await subject.log.trim('room:a', 5);
      const { records } = await subject.log.read({ channel: 'room:a', limit: 100 });
      expect(texts(records)).toEqual(['7', '8', '9', '10']);
    });

    test('does nothing where there is nothing to do', async () => {
      await subject.log.trim('room:none', 10);
      await fill(subject, 'room:a', 3);
      await subject.log.trim('room:a', 1);
      await subject.log.trim('room:a', 0);
      expect((await subject.log.read({ channel: 'room:a', after: 0, limit: 10 })).records).toHaveLength(3);
    });
  });
}

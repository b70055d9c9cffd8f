/** What every log must do: the one suite that all implementations of `ChannelLog` pass. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelLog, LogRecord, NewRecord } from '../../src/log/channel-log.js';

export interface ContractOptions {
  readonly maxRecordBytes: number;
  readonly maxPendingBytes: number;
  readonly now: () => number;
}

/** Opens a fresh, empty log with these limits, and answers it with what throws it away. */
export type OpenLog = (
  options: ContractOptions,
) => Promise<{ readonly log: ChannelLog; readonly discard: () => Promise<void> }>;

const LIMITS = { maxRecordBytes: 1000, maxPendingBytes: 100_000 };

const message = (channel: string, text: string, key?: string, sender = 'ada'): NewRecord => ({
  channel,
  sender,
  ...(key === undefined ? {} : { key }),
  data: JSON.stringify({ type: 'message', text }),
});

const texts = (records: readonly LogRecord[]): string[] =>
  records.map((record) => (JSON.parse(record.data) as { text: string }).text);

export function describeContract(name: string, open: OpenLog): void {
  describe(`${name} keeps the contract`, () => {
    let log: ChannelLog;
    let discard: () => Promise<void>;
    let clock: number;

    beforeEach(async () => {
      clock = 1_700_000_000_000;
      ({ log, discard } = await open({ ...LIMITS, now: () => clock }));
    });

    afterEach(() => discard());

    const fill = async (channel: string, count: number): Promise<void> => {
      const records = Array.from({ length: count }, (_, index) => message(channel, `${index + 1}`));
      await log.append({ records });
    };

    describe('append', () => {
      test('counts the offsets of each channel from 1', async () => {
        const [first] = await log.append({ records: [message('room:a', 'one')] });
        const [second] = await log.append({ records: [message('room:a', 'two')] });
        const [other] = await log.append({ records: [message('room:b', 'one')] });
        expect([first, second, other].map((entry) => entry?.position.offset)).toEqual([1, 2, 1]);
        expect(first?.position.epoch).toBe(second?.position.epoch);
        expect(first?.duplicate).toBe(false);
      });

      test('answers one entry a record, in their order, over several channels', async () => {
        const appended = await log.append({
          records: [message('room:a', '1'), message('room:b', '1'), message('room:a', '2')],
        });
        expect(appended.map((entry) => entry.position.offset)).toEqual([1, 1, 2]);
      });

      test('follows the order of the calls within one turn', async () => {
        const calls = Array.from({ length: 50 }, (_, index) =>
          log.append({ records: [message('room:a', `${index + 1}`)] }),
        );
        const offsets = (await Promise.all(calls)).map(([entry]) => entry?.position.offset);
        expect(offsets).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
        expect(texts((await log.read({ channel: 'room:a', limit: 100 })).records)).toEqual(
          offsets.map(String),
        );
      });

      test('takes an append with nothing in it', async () => {
        await expect(log.append({ records: [] })).resolves.toEqual([]);
      });

      test('gives back what it was given, as it was given', async () => {
        const data = '{ "type":"message",  "text":"z\\u0000 \\ud83d 👩‍👩‍👧 שלום \\n" }';
        await log.append({ records: [{ channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data }] });
        const { records } = await log.read({ channel: 'room:日本語', limit: 1 });
        expect(records).toEqual([
          { channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data, offset: 1, time: clock },
        ]);
        await log.append({ records: [message('room:日本語', 'keyless')] });
        const [keyless] = (await log.read({ channel: 'room:日本語', after: 1, limit: 1 })).records;
        expect(keyless).not.toHaveProperty('key');
      });

      test('lets no time go back within a channel', async () => {
        await log.append({ records: [message('room:a', '1')] });
        clock -= 60_000;
        const [second] = await log.append({ records: [message('room:a', '2')] });
        expect(second?.time).toBe(1_700_000_000_000);
        clock += 120_000;
        const [third] = await log.append({ records: [message('room:a', '3')] });
        expect(third?.time).toBe(1_700_000_060_000);
      });

      test('refuses a record that is too large, and appends nothing of its append', async () => {
        const large = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(1000)) };
        await expect(log.append({ records: [message('room:a', 'small'), large] })).rejects.toMatchObject({
          name: 'LogError',
          code: 'record_too_large',
          retryable: false,
        });
        expect((await log.heads(['room:a']))[0]?.offset).toBe(0);
        const exact = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(998)) };
        await expect(log.append({ records: [exact] })).resolves.toHaveLength(1);
      });

      test('counts bytes and not characters', async () => {
        const data = JSON.stringify('語'.repeat(400));
        expect(data.length).toBeLessThan(LIMITS.maxRecordBytes);
        await expect(
          log.append({ records: [{ channel: 'room:a', sender: 'ada', data }] }),
        ).rejects.toMatchObject({
          code: 'record_too_large',
        });
      });

      test('refuses text that storage would change', async () => {
        const bad = ['a\0b', 'a\ud800', '\udc00b'];
        for (const text of bad) {
          await expect(log.append({ records: [{ ...message('room:a', 'x'), key: text }] })).rejects.toThrow(
            TypeError,
          );
          await expect(log.append({ records: [{ ...message('room:a', 'x'), data: text }] })).rejects.toThrow(
            TypeError,
          );
          await expect(log.append({ records: [], facts: [{ key: text, value: '' }] })).rejects.toThrow(
            TypeError,
          );
        }
        expect((await log.heads(['room:a']))[0]?.offset).toBe(0);
      });

      test('refuses more than may wait, and takes appends again when that has gone', async () => {
        const record = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(900)) };
        const calls = Array.from({ length: 200 }, () => log.append({ records: [record] }));
        const outcomes = await Promise.allSettled(calls);
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refused.length).toBeGreaterThan(50);
        expect(refused.length).toBeLessThan(150);
        for (const { reason } of refused) expect(reason).toMatchObject({ code: 'full', retryable: true });
        const head = outcomes.length - refused.length;
        expect(await log.append({ records: [record] })).toMatchObject([{ position: { offset: head + 1 } }]);
      });
    });

    describe('keys', () => {
      test('give the first position back for a retry', async () => {
        const record = message('room:a', 'once', 'k1');
        const [first] = await log.append({ records: [record] });
        await log.append({ records: [message('room:a', 'between')] });
        clock += 1000;
        const [again] = await log.append({ records: [record] });
        expect(again).toEqual({ ...first, duplicate: true });
        expect((await log.heads(['room:a']))[0]?.offset).toBe(2);
      });

      test('give it back within one turn and within one append', async () => {
        const record = message('room:a', 'once', 'k1');
        const [[first], [second]] = await Promise.all([
          log.append({ records: [record] }),
          log.append({ records: [record] }),
        ]);
        expect([first?.duplicate, second?.duplicate]).toEqual([false, true]);
        expect(second?.position).toEqual(first?.position);
        const twice = await log.append({
          records: [message('room:a', 'two', 'k2'), message('room:a', 'two', 'k2')],
        });
        expect(twice.map((entry) => [entry.position.offset, entry.duplicate])).toEqual([
          [2, false],
          [2, true],
        ]);
      });

      test('belong to a sender and a channel', async () => {
        const appended = await log.append({
          records: [
            message('room:a', 'x', 'k', 'ada'),
            message('room:a', 'y', 'k', 'bob'),
            message('room:b', 'z', 'k', 'ada'),
          ],
        });
        expect(appended.map((entry) => entry.duplicate)).toEqual([false, false, false]);
      });

      test('cannot be mistaken for one another', async () => {
        const appended = await log.append({
          records: [message('room:a', 'x', 'bc', 'a'), message('room:a', 'y', 'c', 'ab')],
        });
        expect(appended.map((entry) => entry.position.offset)).toEqual([1, 2]);
      });

      test('refuse other data, and nothing of that append is kept, while the others of its turn are', async () => {
        await log.append({ records: [message('room:a', 'mine', 'k1')] });
        const [before, conflict, after] = await Promise.allSettled([
          log.append({ records: [message('room:a', 'before')] }),
          log.append({
            records: [message('room:a', 'lost'), message('room:b', 'lost'), message('room:a', 'other', 'k1')],
            facts: [{ key: 'fact', value: 'lost' }],
          }),
          log.append({ records: [message('room:a', 'after')] }),
        ]);
        expect(before.status).toBe('fulfilled');
        expect(conflict).toMatchObject({
          status: 'rejected',
          reason: { code: 'key_conflict', retryable: false },
        });
        expect(after).toMatchObject({ status: 'fulfilled', value: [{ position: { offset: 3 } }] });
        const { records } = await log.read({ channel: 'room:a', limit: 10 });
        expect(texts(records)).toEqual(['mine', 'before', 'after']);
        expect((await log.heads(['room:b']))[0]?.offset).toBe(0);
        expect(await log.facts('fact')).toEqual([]);
      });

      test('refuse other data within one append', async () => {
        const records = [message('room:a', 'one', 'k'), message('room:a', 'two', 'k')];
        await expect(log.append({ records })).rejects.toMatchObject({ code: 'key_conflict' });
        expect((await log.heads(['room:a']))[0]?.offset).toBe(0);
      });
    });

    describe('facts', () => {
      test('are changed with the records, and removed by null', async () => {
        await log.append({ records: [message('room:a', 'x')], facts: [{ key: 'm/a', value: '1' }] });
        await log.append({ records: [], facts: [{ key: 'm/b', value: '' }] });
        expect(await log.facts('m/')).toEqual([
          { key: 'm/a', value: '1' },
          { key: 'm/b', value: '' },
        ]);
        await log.append({
          records: [],
          facts: [
            { key: 'm/a', value: '2' },
            { key: 'm/b', value: null },
            { key: 'm/none', value: null },
          ],
        });
        expect(await log.facts('m/')).toEqual([{ key: 'm/a', value: '2' }]);
      });

      test('come by prefix, in the order of their bytes', async () => {
        // By UTF-16 units the emoji would come before the half-width form.
        const keys = ['p/', 'p/a', 'p/Z', 'p/é', 'p/ｦ', 'p/😀', 'p', 'q/a', 'o/z', 'p0'];
        await log.append({ records: [], facts: keys.map((key) => ({ key, value: key })) });
        const found = await log.facts('p/');
        expect(found.map((fact) => fact.key)).toEqual(['p/', 'p/Z', 'p/a', 'p/é', 'p/ｦ', 'p/😀']);
        expect(await log.facts('')).toHaveLength(keys.length);
        expect(await log.facts('nothing')).toEqual([]);
      });

      test('stay as they are for a retry, which may be long out of date', async () => {
        const joined = {
          records: [message('room:a', 'joined', 'k')],
          facts: [{ key: 'm/ada', value: 'in' }],
        };
        await log.append(joined);
        await log.append({ records: [], facts: [{ key: 'm/ada', value: null }] });
        expect((await log.append(joined))[0]?.duplicate).toBe(true);
        expect(await log.facts('m/')).toEqual([]);
      });

      test('have keys of up to 1,024 bytes, and values of up to a record', async () => {
        await log.append({ records: [], facts: [{ key: 'é'.repeat(512), value: 'x'.repeat(1000) }] });
        expect(await log.facts('é')).toHaveLength(1);
        const longKey = { key: `${'é'.repeat(512)}x`, value: '' };
        await expect(log.append({ records: [], facts: [longKey] })).rejects.toThrow(TypeError);
        const longValue = { key: 'k', value: 'x'.repeat(1001) };
        await expect(log.append({ records: [], facts: [longValue] })).rejects.toMatchObject({
          code: 'record_too_large',
        });
      });
    });

    describe('read', () => {
      const offsets = async (
        request: Omit<Parameters<ChannelLog['read']>[0], 'channel'>,
      ): Promise<number[]> =>
        (await log.read({ channel: 'room:a', ...request })).records.map((record) => record.offset);

      test('reads an unknown channel as an empty one', async () => {
        const { records, head, gap } = await log.read({ channel: 'room:none', after: 0, limit: 10 });
        expect(records).toEqual([]);
        expect(head.offset).toBe(0);
        expect(head.epoch).not.toBe('');
        expect(gap).toBeUndefined();
      });

      test('reads after a position, before another, and from either end', async () => {
        await fill('room:a', 10);
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
        await fill('room:a', 10);
        const [head] = await log.heads(['room:a']);
        expect(head?.offset).toBe(10);
        expect((await log.read({ channel: 'room:a', limit: 2 })).head).toEqual(head);
      });

      test('stops before the bytes pass the limit, but gives one record at least', async () => {
        const record = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(98)) };
        await log.append({ records: Array.from({ length: 10 }, () => record) });
        expect(await offsets({ limit: 10, maxBytes: 300 })).toEqual([1, 2, 3]);
        expect(await offsets({ limit: 10, maxBytes: 399 })).toEqual([1, 2, 3]);
        expect(await offsets({ limit: 10, maxBytes: 300, newestFirst: true })).toEqual([8, 9, 10]);
        expect(await offsets({ limit: 10, maxBytes: 1 })).toEqual([1]);
        expect(await offsets({ limit: 10, maxBytes: 1, newestFirst: true })).toEqual([10]);
      });

      test('reads its own appends at once', async () => {
        for (let offset = 1; offset <= 20; offset++) {
          await log.append({ records: [message('room:a', `${offset}`)] });
          expect(await offsets({ after: offset - 1, limit: 10 })).toEqual([offset]);
        }
      });

      test('answers heads of many channels in their order, also twice the same', async () => {
        await fill('room:a', 2);
        await fill('room:b', 1);
        const heads = await log.heads(['room:b', 'room:none', 'room:a', 'room:b']);
        expect(heads.map((head) => head.offset)).toEqual([1, 0, 2, 1]);
        expect(await log.heads([])).toEqual([]);
      });
    });

    describe('gaps', () => {
      test('are told for another epoch, and everything of this one is given', async () => {
        await fill('room:a', 3);
        const { records, gap, head } = await log.read({
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
        const same = await log.read({ channel: 'room:a', after: 2, epoch: head.epoch, limit: 10 });
        expect(same.gap).toBeUndefined();
        expect(texts(same.records)).toEqual(['3']);
      });

      test('are told for a position beyond the head, which this log never gave', async () => {
        await fill('room:a', 3);
        const { records, gap } = await log.read({ channel: 'room:a', after: 4, limit: 10 });
        expect(texts(records)).toEqual(['1', '2', '3']);
        expect(gap).toMatchObject({ reason: 'epoch', from: 1, to: 0 });
        const unknown = await log.read({ channel: 'room:none', after: 1, limit: 10 });
        expect(unknown.gap).toMatchObject({ reason: 'epoch', from: 1, to: 0, oldest: 1, head: 0 });
      });

      test('are told for what was trimmed', async () => {
        await fill('room:a', 10);
        await log.trim('room:a', 6);
        const { records, gap, head } = await log.read({ channel: 'room:a', after: 2, limit: 2 });
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
        expect((await log.read({ channel: 'room:a', after: 5, limit: 2 })).gap).toBeUndefined();
        expect((await log.read({ channel: 'room:a', after: 9, limit: 2 })).gap).toBeUndefined();
      });

      test('are told to a reader of another epoch with what was trimmed of this one', async () => {
        await fill('room:a', 10);
        await log.trim('room:a', 6);
        const { records, gap } = await log.read({ channel: 'room:a', after: 8, epoch: 'another', limit: 2 });
        expect(texts(records)).toEqual(['6', '7']);
        expect(gap).toMatchObject({ reason: 'epoch', from: 1, to: 5, oldest: 6, head: 10 });
      });

      test('are told backwards with the page that runs into them', async () => {
        await fill('room:a', 10);
        await log.trim('room:a', 6);
        const page = (before: number | undefined, limit: number) =>
          log.read({
            channel: 'room:a',
            ...(before === undefined ? {} : { before }),
            limit,
            newestFirst: true,
          });
        expect((await page(undefined, 3)).gap).toBeUndefined();
        const last = await page(8, 3);
        expect(texts(last.records)).toEqual(['6', '7']);
        expect(last.gap).toMatchObject({ reason: 'retention', from: 1, to: 5 });
        const beyond = await page(4, 3);
        expect(beyond.records).toEqual([]);
        expect(beyond.gap).toMatchObject({ reason: 'retention', from: 1, to: 3 });
      });
    });

    describe('trim', () => {
      test('keeps the head, the offsets and the time', async () => {
        await fill('room:a', 5);
        await log.trim('room:a', 100);
        const { records } = await log.read({ channel: 'room:a', after: 4, limit: 10 });
        expect(records.map((record) => record.offset)).toEqual([5]);
        clock -= 1000;
        const [next] = await log.append({ records: [message('room:a', '6')] });
        expect(next).toMatchObject({ position: { offset: 6 }, time: 1_700_000_000_000 });
      });

      test('takes keys with their records', async () => {
        const record = message('room:a', 'x', 'k');
        await log.append({ records: [record] });
        await log.append({ records: [message('room:a', 'y')] });
        await log.trim('room:a', 2);
        expect((await log.append({ records: [record] }))[0]).toMatchObject({
          duplicate: false,
          position: { offset: 3 },
        });
      });

      test('does nothing where there is nothing to do', async () => {
        await log.trim('room:none', 10);
        await fill('room:a', 3);
        await log.trim('room:a', 1);
        await log.trim('room:a', 0);
        expect((await log.read({ channel: 'room:a', after: 0, limit: 10 })).records).toHaveLength(3);
      });
    });

    describe('follow', () => {
      test('tells in order, once, and before the append resolves', async () => {
        const seen: number[] = [];
        const told: string[] = [];
        const following = await log.follow('room:a', (records, epoch) => {
          seen.push(...records.map((record) => record.offset));
          told.push(epoch);
        });
        expect(following.head.offset).toBe(0);
        const first = log.append({ records: [message('room:a', '1'), message('room:b', 'other')] });
        const second = log.append({ records: [message('room:a', '2')] });
        await first;
        expect(seen).toContain(1);
        await second;
        expect(seen).toEqual([1, 2]);
        expect(new Set(told)).toEqual(new Set([following.head.epoch]));
      });

      test('tells nothing of duplicates, nor of what failed, nor after it was stopped', async () => {
        await log.append({ records: [message('room:a', 'x', 'k')] });
        const seen: number[] = [];
        const following = await log.follow('room:a', (records) => seen.push(...records.map((r) => r.offset)));
        expect(following.head.offset).toBe(1);
        await log.append({ records: [message('room:a', 'x', 'k')] });
        await log.append({ records: [message('room:a', 'y', 'k')] }).catch(() => {});
        expect(seen).toEqual([]);
        await log.append({ records: [message('room:a', 'z')] });
        following.stop();
        following.stop();
        await log.append({ records: [message('room:a', 'unheard')] });
        expect(seen).toEqual([2]);
      });

      test('tells each listener, and the same one as often as it follows', async () => {
        let count = 0;
        const listener = () => {
          count++;
        };
        const first = await log.follow('room:a', listener);
        await log.follow('room:a', listener);
        await log.append({ records: [message('room:a', '1')] });
        expect(count).toBe(2);
        first.stop();
        await log.append({ records: [message('room:a', '2')] });
        expect(count).toBe(3);
      });

      test('tells who begins to follow while others are told only of what comes after', async () => {
        const late: number[] = [];
        const heads: Promise<number>[] = [];
        await log.follow('room:a', () => {
          const following = log.follow('room:a', (records) => late.push(...records.map((r) => r.offset)));
          heads.push(following.then(({ head }) => head.offset));
        });
        await log.append({ records: [message('room:a', '1')] });
        expect(await heads[0]).toBe(1);
        await log.append({ records: [message('room:a', '2')] });
        expect(late).toEqual([2]);
      });

      test('with read, gives every record once, wherever a reader joins', async () => {
        const step = fc.oneof(
          {
            weight: 4,
            arbitrary: fc.record({
              do: fc.constant('append' as const),
              count: fc.integer({ min: 1, max: 4 }),
            }),
          },
          {
            weight: 2,
            arbitrary: fc.record({ do: fc.constant('join' as const), after: fc.integer({ min: 0, max: 6 }) }),
          },
          { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
          { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
        );
        let run = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
            const channel = `room:seam-${++run}`;
            const readers: Promise<{ readonly after: number; readonly seen: () => number[] }>[] = [];
            let appended = 0;
            let pending: Promise<unknown>[] = [];
            for (const current of steps) {
              if (current.do === 'append') {
                const records = Array.from({ length: current.count }, () =>
                  message(channel, `${++appended}`),
                );
                pending.push(log.append({ records }));
              } else if (current.do === 'join') {
                readers.push(join(log, channel, current.after));
              } else if (current.do === 'turn') {
                await new Promise((resolve) => setImmediate(resolve));
              } else {
                await Promise.all(pending);
                pending = [];
              }
            }
            await Promise.all(pending);
            for (const { after, seen } of await Promise.all(readers)) {
              const expected = Array.from(
                { length: Math.max(appended - after, 0) },
                (_, index) => after + index + 1,
              );
              expect(seen()).toEqual(expected);
            }
          }),
          { numRuns: 60 },
        );
      });
    });

    describe('close', () => {
      test('finishes what was appended before, and refuses what comes after', async () => {
        const before = log.append({ records: [message('room:a', '1')] });
        const closing = log.close();
        const calls = [
          log.append({ records: [] }),
          log.read({ channel: 'room:a', limit: 1 }),
          log.heads(['room:a']),
          log.follow('room:a', () => {}),
          log.facts(''),
          log.trim('room:a', 1),
        ];
        for (const outcome of await Promise.allSettled(calls)) {
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed', retryable: false } });
        }
        expect(await before).toHaveLength(1);
        await closing;
        await log.close();
      });
    });
  });
}

/** A reader as the contract describes it: follows first, then reads up to there, then goes on with what it is told. */
async function join(
  log: ChannelLog,
  channel: string,
  from: number,
): Promise<{ readonly after: number; readonly seen: () => number[] }> {
  const read: number[] = [];
  const told: number[] = [];
  const { head } = await log.follow(channel, (records) =>
    told.push(...records.map((record) => record.offset)),
  );
  const after = Math.min(from, head.offset);
  let position = after;
  while (position < head.offset) {
    const { records } = await log.read({ channel, after: position, before: head.offset + 1, limit: 3 });
    read.push(...records.map((record) => record.offset));
    position = records.at(-1)!.offset;
  }
  return { after, seen: () => [...read, ...told] };
}

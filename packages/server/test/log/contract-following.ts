/** What every log must tell its followers, and how it ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelLog } from '../../src/log/channel-log.js';
import { message, type Subject } from './subject.js';

export function describeFollowing(subject: Subject): void {
  describe('follow', () => {
    test('tells in order, once, and before the append resolves', async () => {
      const seen: number[] = [];
      const told: string[] = [];
      const following = await subject.log.follow('room:a', (records, epoch) => {
        seen.push(...records.map((record) => record.offset));
        told.push(epoch);
      });
      expect(following.head.offset).toBe(0);
      const first = subject.log.append({ records: [message('room:a', '1'), message('room:b', 'other')] });
      const second = subject.log.append({ records: [message('room:a', '2')] });
      await first;
      expect(seen).toContain(1);
      await second;
      expect(seen).toEqual([1, 2]);
      expect(new Set(told)).toEqual(new Set([following.head.epoch]));
    });

    test('tells nothing of duplicates, nor of what failed, nor after it was stopped', async () => {
      await subject.log.append({ records: [message('room:a', 'x', 'k')] });
      const seen: number[] = [];
      const following = await subject.log.follow('room:a', (records) =>
        seen.push(...records.map((r) => r.offset)),
      );
      expect(following.head.offset).toBe(1);
      await subject.log.append({ records: [message('room:a', 'x', 'k')] });
      await subject.log.append({ records: [message('room:a', 'y', 'k')] }).catch(() => {});
      expect(seen).toEqual([]);
      await subject.log.append({ records: [message('room:a', 'z')] });
      following.stop();
      following.stop();
      await subject.log.append({ records: [message('room:a', 'unheard')] });
      expect(seen).toEqual([2]);
    });

    test('tells each listener, and the same one as often as it follows', async () => {
      let count = 0;
      const listener = () => {
        count++;
      };
      const first = await subject.log.follow('room:a', listener);
      await subject.log.follow('room:a', listener);
      await subject.log.append({ records: [message('room:a', '1')] });
      expect(count).toBe(2);
      first.stop();
      await subject.log.append({ records: [message('room:a', '2')] });
      expect(count).toBe(3);
    });

    test('tells who begins to follow while others are told only of what comes after', async () => {
      const late: number[] = [];
      const heads: Promise<number>[] = [];
      await subject.log.follow('room:a', () => {
        const following = subject.log.follow('room:a', (records) =>
          late.push(...records.map((r) => r.offset)),
        );
        heads.push(following.then(({ head }) => head.offset));
      });
      await subject.log.append({ records: [message('room:a', '1')] });
      expect(await heads[0]).toBe(1);
      await subject.log.append({ records: [message('room:a', '2')] });
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
              const records = Array.from({ length: current.count }, () => message(channel, `${++appended}`));
              pending.push(subject.log.append({ records }));
            } else if (current.do === 'join') {
              readers.push(join(subject.log, channel, current.after));
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
      const before = subject.log.append({ records: [message('room:a', '1')] });
      const closing = subject.log.close();
      const calls = [
        subject.log.append({ records: [] }),
        subject.log.read({ channel: 'room:a', limit: 1 }),
        subject.log.heads(['room:a']),
        subject.log.follow('room:a', () => {}),
        subject.log.facts(''),
        subject.log.trim('room:a', 1),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed', retryable: false } });
      }
      expect(await before).toHaveLength(1);
      await closing;
      await subject.log.close();
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

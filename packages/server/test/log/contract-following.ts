/** What every log must tell those who follow it, and how it ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.js';
import { DEAF, factsOf, fill, idsOf, listen, message, range, type Subject } from './subject.js';

export function describeFollowing(subject: Subject): void {
  describe('follow', () => {
    test('tells in order, once, and before the append resolves', async () => {
      const { records } = listen(subject.log);
      const first = subject.log.append({ records: [message('room:a', '1'), message('room:b', 'other')] });
      const second = subject.log.append({ records: [message('room:a', '2')] });
      await first;
      expect(idsOf(records)).toContain(1);
      expect(idsOf(records)).toContain(2);
      await second;
      expect(records.map(({ id, channel, offset }) => [id, channel, offset])).toEqual([
        [1, 'room:a', 1],
        [2, 'room:b', 1],
        [3, 'room:a', 2],
      ]);
    });

    test('tells whole records, as they are read', async () => {
      const { records } = listen(subject.log);
      await subject.log.append({ records: [message('room:a', 'x', 'k', 'bob'), message('room:a', 'y')] });
      expect(records).toEqual((await subject.log.read({ channel: 'room:a', limit: 9 })).records);
    });

    test('tells only of what comes after its beginning', async () => {
      await fill(subject, 'room:a', 3);
      const { records } = listen(subject.log);
      await fill(subject, 'room:a', 2);
      expect(idsOf(records)).toEqual([4, 5]);
    });

    test('tells nothing of duplicates, nor of what failed, nor after it was stopped', async () => {
      await subject.log.append({ records: [message('room:a', 'x', 'k')] });
      const { records, stop } = listen(subject.log);
      await subject.log.append({ records: [message('room:a', 'x', 'k')] });
      await expect(subject.log.append({ records: [message('room:a', 'y', 'k')] })).rejects.toThrow();
      await subject.log.append({ records: [], facts: [{ key: 'f', value: '' }] });
      expect(records).toEqual([]);
      await subject.log.append({ records: [message('room:a', 'z')] });
      stop();
      stop();
      await subject.log.append({ records: [message('room:a', 'unheard')] });
      expect(idsOf(records)).toEqual([2]);
    });

    test('tells each follower, and the same one as often as it follows', async () => {
      let count = 0;
      const follower = { ...DEAF, told: () => count++ };
      const stop = subject.log.follow(follower);
      subject.log.follow(follower);
      await subject.log.append({ records: [message('room:a', '1')] });
      expect(count).toBe(2);
      stop();
      await subject.log.append({ records: [message('room:a', '2')] });
      expect(count).toBe(3);
      stop();
      await subject.log.append({ records: [message('room:a', '3')] });
      expect(count).toBe(4);
    });

    test('tells who begins to follow while others are told only of what comes after', async () => {
      const late: number[] = [];
      let began: number | undefined;
      subject.log.follow({
        ...DEAF,
        told: () => {
          if (began !== undefined) return;
          began = subject.log.position;
          subject.log.follow({ ...DEAF, told: (records) => late.push(...idsOf(records)) });
        },
      });
      await subject.log.append({ records: [message('room:a', '1')] });
      expect(began).toBe(1);
      await subject.log.append({ records: [message('room:a', '2')] });
      expect(late).toEqual([2]);
    });

    test('tells nothing more to whom another follower has stopped', async () => {
      const heard: number[] = [];
      let stop = (): void => {};
      subject.log.follow({ ...DEAF, told: () => stop() });
      stop = subject.log.follow({ ...DEAF, told: (records) => heard.push(...idsOf(records)) });
      await subject.log.append({ records: [message('room:a', '1')] });
      expect(heard).toEqual([]);
    });

    test('lets a follower append and read, as of the moment it was told', async () => {
      const answers: Promise<unknown>[] = [];
      let replied = false;
      subject.log.follow({
        ...DEAF,
        told: (records) => {
          const last = records.at(-1)!;
          answers.push(
            subject.log.heads([last.channel]).then(([head]) => {
              expect(head!.id).toBeGreaterThanOrEqual(last.id);
            }),
          );
          if (replied) return;
          replied = true;
          answers.push(subject.log.append({ records: [message('room:b', 'reply')] }));
        },
      });
      const { records } = listen(subject.log);
      await fill(subject, 'room:a', 2);
      await Promise.all(answers);
      expect(idsOf(records)).toEqual([1, 2, 3]);
    });

    test('with readAfter, gives every record once, wherever a reader joins', async () => {
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
          const channels = [`room:seam-${++run}`, `room:other-${run}`];
          const began = subject.log.position;
          const readers: Promise<{ readonly after: number; readonly seen: () => number[] }>[] = [];
          let pending: Promise<unknown>[] = [];
          for (const current of steps) {
            if (current.do === 'append') {
              const records = range(1, current.count).map((n) => message(channels[n % 2]!, `${n}`));
              pending.push(subject.log.append({ records }));
            } else if (current.do === 'join') {
              readers.push(join(subject.log, channels, began + current.after));
            } else if (current.do === 'turn') {
              await new Promise((resolve) => setImmediate(resolve));
            } else {
              await Promise.all(pending);
              pending = [];
            }
          }
          await Promise.all(pending);
          for (const { after, seen } of await Promise.all(readers)) {
            expect(seen()).toEqual(range(after + 1, subject.log.position));
          }
        }),
        { numRuns: 60 },
      );
    });
  });

  describe('position', () => {
    test('is reached at once where it is, and later where it will be', async () => {
      await subject.log.reached(0);
      let reached = false;
      const waiting = subject.log.reached(3).then(() => {
        reached = true;
      });
      await fill(subject, 'room:a', 2);
      expect(reached).toBe(false);
      await fill(subject, 'room:b', 2);
      await waiting;
      expect(subject.log.position).toBeGreaterThanOrEqual(3);
      await subject.log.reached(4);
    });

    test('is what the storage holds once it has caught up', async () => {
      await subject.log.catchUp();
      await fill(subject, 'room:a', 2);
      await subject.log.catchUp();
      expect(subject.log.position).toBe(2);
    });
  });

  describe('close', () => {
    test('finishes what was appended before, and refuses what comes after', async () => {
      const { records } = listen(subject.log);
      const before = subject.log.append({ records: [message('room:a', '1')] });
      const closing = subject.log.close();
      const calls = [
        subject.log.append({ records: [] }),
        subject.log.read({ channel: 'room:a', limit: 1 }),
        subject.log.readAfter({ channels: [{ channel: 'room:a', after: 0 }], limit: 1 }),
        subject.log.tail(0, 1),
        subject.log.heads(['room:a']),
        subject.log.facts(['f']),
        subject.log.list('', 1),
        subject.log.channels(0, 1),
        subject.log.catchUp(),
        subject.log.reached(1000),
        subject.log.trim('room:a', 1),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed', retryable: false } });
      }
      expect(await before).toHaveLength(1);
      expect(idsOf(records)).toEqual([1]);
      await closing;
      await subject.log.close();
    });

    test('ends the waiting for what does not come', async () => {
      const waiting = expect(subject.log.reached(7)).rejects.toMatchObject({ code: 'closed' });
      await subject.log.close();
      await waiting;
    });

    test('finishes what changes facts alone', async () => {
      const appended = subject.log.append({ records: [], facts: [{ key: 'f', value: '1' }] });
      const seen = appended.then(() => 'done');
      const closing = subject.log.close();
      expect(await seen).toBe('done');
      await closing;
      await expect(factsOf(subject.log)).rejects.toMatchObject({ code: 'closed' });
    });
  });
}

/** A reader as the contract describes it: follows, reads up to where the log was then, and goes on with what it is told. */
async function join(
  log: Log,
  channels: readonly string[],
  from: number,
): Promise<{ readonly after: number; readonly seen: () => number[] }> {
  const read: number[] = [];
  const { records: told } = listen(log);
  const end = log.position;
  const after = Math.min(from, end);
  for (let place = after; place < end; ) {
    const request = { channels: channels.map((channel) => ({ channel, after: place })), limit: 3 };
    const { records, through } = await log.readAfter(request);
    read.push(...idsOf(records).filter((id) => id <= end));
    place = through;
  }
  return { after, seen: () => [...read, ...idsOf(told).filter((id) => id > end)] };
}

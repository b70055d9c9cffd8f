/** What logs that stand on one storage, in one process or in many, must give each other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Log, LogRecord } from '../../src/log/log.js';
import {
  factOf,
  factsOf,
  fill,
  idsOf,
  listen,
  message,
  range,
  type Subject,
  second,
  texts,
} from './subject.js';

/** Both have taken everything there is. */
async function settle(...logs: readonly Log[]): Promise<void> {
  await Promise.all(logs.map((log) => log.catchUp()));
}

export function describeSeveral(subject: Subject): void {
  describe('several writers', () => {
    test('a log that is opened later stands where the storage does', async () => {
      await fill(subject, 'room:a', 3);
      const other = await second(subject);
      expect(other.position).toBe(3);
      expect(other.epochs).toEqual(subject.log.epochs);
      expect(other.durability).toBe(subject.log.durability);
      expect(texts((await other.read({ channel: 'room:a', limit: 9 })).records)).toEqual(['1', '2', '3']);
      expect(await other.heads(['room:a', 'room:b'])).toEqual([
        { offset: 3, id: 3 },
        { offset: 0, id: 0 },
      ]);
    });

    test('all commits are in one order, told to all without holes', async () => {
      const other = await second(subject);
      const logs = [subject.log, other];
      const listening = logs.map((log) => listen(log));
      const calls = range(1, 100).map((number) =>
        logs[number % 2]!.append({
          records: range(1, 1 + (number % 3)).map((n) => message(`room:${n}`, `${number}`)),
        }),
      );
      const ids = (await Promise.all(calls)).flatMap((appended) => idsOf(appended));
      await settle(...logs);
      expect([...ids].sort((a, b) => a - b)).toEqual(range(1, ids.length));
      const [first, next] = listening as [(typeof listening)[0], (typeof listening)[0]];
      expect(idsOf(first.records)).toEqual(range(1, ids.length));
      expect(next.records).toEqual(first.records);
      for (const channel of ['room:1', 'room:2', 'room:3']) {
        const offsets = first.records.filter((record) => record.channel === channel).map((it) => it.offset);
        expect(offsets).toEqual(range(1, offsets.length));
        const heads = await Promise.all(logs.map((log) => log.heads([channel])));
        expect(heads[0]?.[0]?.offset).toBe(offsets.length);
        expect(heads[1]).toEqual(heads[0]);
      }
    });

    test('an append resolves once its own log has passed it, with what others committed before', async () => {
      const other = await second(subject);
      const { records } = listen(other);
      await fill(subject, 'room:a', 5);
      const [appended] = await other.append({ records: [message('room:a', '6')] });
      expect(appended).toMatchObject({ id: 6, position: { offset: 6 } });
      expect(idsOf(records)).toEqual(range(1, 6));
      expect(other.position).toBeGreaterThanOrEqual(6);
    });

    test('is told of without asking', async () => {
      const other = await second(subject);
      const { records } = listen(other);
      await fill(subject, 'room:a', 5);
      await other.reached(5);
      expect(idsOf(records)).toEqual(range(1, 5));
    });

    test('changes and redactions are told by all logs with the first record of the append', async () => {
      const other = await second(subject);
      await fill(subject, 'room:a', 1);
      await settle(other);
      const listening = [listen(subject.log), listen(other)];
      await subject.log.append({
        records: [message('feed:ada', 'x'), message('room:a', 'y')],
        facts: [
          { key: 'f', value: '1' },
          { key: 'g', value: null },
        ],
        redact: [{ id: 1, data: '{}' }],
      });
      await settle(other);
      for (const { records } of listening) {
        expect(idsOf(records)).toEqual([2, 3]);
        const changes = [...(records[0]?.changes ?? [])].sort((a, b) => a.key.localeCompare(b.key));
        expect(changes).toEqual([
          { key: 'f', value: '1' },
          { key: 'g', value: null },
        ]);
        expect(records[0]?.redactions).toEqual([{ id: 1, data: '{}' }]);
        expect(records[1]).not.toHaveProperty('changes');
        expect(records[1]).not.toHaveProperty('redactions');
      }
      expect(listening[1]!.records).toEqual(listening[0]!.records);
    });

    test('a key is one key, whoever uses it', async () => {
      const other = await second(subject);
      const record = message('room:a', 'once', 'k');
      const [one, two] = await Promise.all([
        subject.log.append({ records: [record] }),
        other.append({ records: [record] }),
      ]);
      expect(new Set([one[0]!.duplicate, two[0]!.duplicate])).toEqual(new Set([false, true]));
      expect(two[0]).toEqual({ ...one[0]!, duplicate: two[0]!.duplicate });
      await expect(other.append({ records: [message('room:a', 'other', 'k')] })).rejects.toMatchObject({
        code: 'key_conflict',
      });
      await settle(subject.log, other);
      expect(subject.log.position).toBe(1);
      expect(other.position).toBe(1);
    });

    test('of those who race for what a fact permits, exactly one wins', async () => {
      const other = await second(subject);
      const logs = [subject.log, other];
      await subject.log.append({ records: [message('room:a', 'x')], facts: [{ key: 'owner', value: '' }] });
      for (let round = 0; round < 10; round++) {
        const { id } = (await factOf(other, 'owner'))!;
        const claims = range(1, 6).map((claimant) =>
          logs[claimant % 2]!.append({
            records: [message('room:a', `${claimant}`)],
            facts: [{ key: 'owner', value: `${round}-${claimant}` }],
            when: [{ key: 'owner', id }],
          }),
        );
        const outcomes = await Promise.allSettled(claims);
        const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') continue;
          expect(outcome.reason).toMatchObject({ code: 'fact_changed', retryable: true });
        }
        expect(await factsOf(subject.log)).toEqual({ owner: `${round}-${winners[0]}` });
      }
      await settle(...logs);
      expect(subject.log.position).toBe(11);
    });

    test('of those who race to make what must not be there, exactly one does', async () => {
      const other = await second(subject);
      const claims = range(1, 10).map((claimant) =>
        [subject.log, other][claimant % 2]!.append({
          records: [message('room:a', `${claimant}`)],
          facts: [{ key: 'u/ada', value: `${claimant}` }],
          unless: 'u/ada',
        }),
      );
      const outcomes = await Promise.allSettled(claims);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'fact_exists' });
      }
    });

    test('a place goes forward only, and a count loses nothing', async () => {
      const other = await second(subject);
      const logs = [subject.log, other];
      let seen = 0;
      for (let round = 0; round < 5; round++) {
        const calls = range(1, 20).map((number) =>
          logs[number % 2]!.append({
            records: number % 5 === 0 ? [message('room:a', 'x')] : [],
            facts: [
              { key: 'place', atLeast: ((number * 7) % 20) + round * 15 },
              { key: 'count', add: 1 },
            ],
          }),
        );
        await Promise.race(calls);
        const during = Number((await factOf(other, 'place'))?.value ?? 0);
        expect(during).toBeGreaterThanOrEqual(seen);
        await Promise.all(calls);
        seen = Number((await factOf(subject.log, 'place'))!.value);
        expect(seen).toBe(19 + round * 15);
      }
      expect((await factOf(other, 'count'))?.value).toBe('100');
      await Promise.all(logs.map((log) => log.append({ records: [], facts: [{ key: 'count', add: -50 }] })));
      expect(await factOf(subject.log, 'count')).toBeUndefined();
    });

    test('what one writes the other reads, once it has caught up', async () => {
      const other = await second(subject);
      await fill(subject, 'room:a', 3);
      await settle(other);
      expect(texts((await other.read({ channel: 'room:a', limit: 9 })).records)).toEqual(['1', '2', '3']);
      const places = [{ channel: 'room:a', after: 1 }];
      expect(idsOf((await other.readAfter({ channels: places, limit: 9 })).records)).toEqual([2, 3]);
      // A position that the one has given is known to the other, which makes itself current first.
      await fill(subject, 'room:a', 1);
      const { records, gap } = await other.read({ channel: 'room:a', after: 4, limit: 9 });
      expect(records).toEqual([]);
      expect(gap).toBeUndefined();
    });

    test('nothing is answered from beyond the position', async () => {
      const other = await second(subject);
      let writing = true;
      const write = async (): Promise<void> => {
        for (let count = 0; count < 30; count++) await fill(subject, `room:${count % 3}`, 3);
        writing = false;
      };
      const written = write();
      const channels = range(0, 2).map((number) => ({ channel: `room:${number}`, after: 0 }));
      while (writing) {
        const [heads, merged, alone] = await Promise.all([
          other.heads(channels.map(({ channel }) => channel)),
          other.readAfter({ channels, limit: 1000 }),
          other.read({ channel: 'room:1', limit: 1000 }),
        ]);
        for (const { id } of [...heads, ...merged.records, ...alone.records]) {
          expect(id).toBeLessThanOrEqual(other.position);
        }
        expect(merged.through).toBeLessThanOrEqual(other.position);
        expect(idsOf(merged.records)).toEqual(range(1, merged.through));
        expect(alone.records.map(({ offset }) => offset)).toEqual(range(1, alone.records.length));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await written;
    });

    test('what is redacted by one is gone for the other, once it has caught up', async () => {
      const other = await second(subject);
      await fill(subject, 'room:a', 2);
      await settle(other);
      const data = JSON.stringify({ type: 'message', text: 'gone' });
      await other.append({ records: [message('room:b', 'redacts')], redact: [{ id: 1, data }] });
      await settle(subject.log);
      const later = await second(subject);
      for (const log of [subject.log, other, later]) {
        const { records } = await log.read({ channel: 'room:a', limit: 9 });
        expect(texts(records)).toEqual(['gone', '2']);
        expect(records[0]).toMatchObject({ id: 1, redacted: true });
        const merged = await log.readAfter({ channels: [{ channel: 'room:a', after: 0 }], limit: 9 });
        expect(merged.records).toEqual(records);
      }
    });

    test('what one trims is told as a hole, or given, and never passed over in silence', async () => {
      const other = await second(subject);
      const { records, skips } = listen(other);
      await fill(subject, 'room:a', 50);
      await subject.log.trim('room:a', 41);
      await settle(other);
      // Whoever is told while records go is told of those that went before they were read.
      const told = idsOf(records).length + skips.reduce((sum, { from, to }) => sum + to - from + 1, 0);
      expect(told).toBe(50);
      const later = await second(subject);
      for (const log of [subject.log, other, later]) {
        const answer = await log.readAfter({ channels: [{ channel: 'room:a', after: 0 }], limit: 100 });
        const [hole] = answer.holes;
        expect(idsOf(answer.records)).toEqual(range((hole?.id ?? 0) + 1, 50));
        const read = await log.read({ channel: 'room:a', limit: 100 });
        expect(idsOf(read.records)).toEqual(range((read.gap?.to ?? 0) + 1, 50));
      }
      const { holes } = await later.readAfter({ channels: [{ channel: 'room:a', after: 0 }], limit: 100 });
      expect(holes).toEqual([{ channel: 'room:a', id: 40, offset: 40 }]);
    });

    test('one may close while the other goes on', async () => {
      const other = await second(subject);
      await fill(subject, 'room:a', 2);
      await other.close();
      await fill(subject, 'room:a', 2);
      const later = await second(subject);
      expect(later.position).toBe(4);
      await later.append({ records: [message('room:a', '5')] });
      await subject.log.reached(5);
    });

    test('readers of all of them get every record once, in one order, whoever writes', async () => {
      const channels = ['room:x', 'room:y', 'room:z'];
      const step = fc.record({
        by: fc.integer({ min: 0, max: 1 }),
        channel: fc.integer({ min: 0, max: 2 }),
        turn: fc.boolean(),
      });
      const other = await second(subject);
      const logs = [subject.log, other];
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
          await settle(...logs);
          const began = subject.log.position;
          const listening = logs.map((log) => listen(log));
          const pending: Promise<unknown>[] = [];
          for (const { by, channel, turn } of steps) {
            pending.push(logs[by]!.append({ records: [message(channels[channel]!, 'x')] }));
            if (turn) await new Promise((resolve) => setImmediate(resolve));
          }
          await Promise.all(pending);
          await settle(...logs);
          const places = channels.map((channel) => ({ channel, after: began }));
          const read: LogRecord[][] = [];
          for (const log of logs) {
            read.push([...(await log.readAfter({ channels: places, limit: 100 })).records]);
          }
          expect(idsOf(read[0]!)).toEqual(range(began + 1, began + steps.length));
          for (const records of [read[1], ...listening.map((each) => each.records)]) {
            expect(records).toEqual(read[0]);
          }
          for (const { stop } of listening) stop();
        }),
        { numRuns: 15 },
      );
    });
  });
}

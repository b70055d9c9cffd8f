import { expect, test } from 'vitest';
import { MemoryStorage, type MemoryStorageOptions } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { describeContract } from './contract.js';
import { later, record } from './fixtures.js';
import { factsOf } from './subject.js';

describeContract(
  'A log in memory',
  async ({ now, ...limits }) => {
    const storage = new MemoryStorage({ now, epoch: 'e' });
    const logs = [new OrderedLog(storage, limits)];
    return {
      log: logs[0]!,
      another: async () => {
        const log = new OrderedLog(storage.another(), limits);
        logs.push(log);
        return log;
      },
      discard: async () => {
        for (const log of logs) await log.close();
      },
    };
  },
  { severalWriters: true },
);

const open = (options: Partial<MemoryStorageOptions> = {}): OrderedLog =>
  new OrderedLog(new MemoryStorage({ now: () => 0, epoch: 'e', ...options }), later);

test('says that it lasts as long as the process', () => {
  expect(open().durability).toBe('memory');
});

test('has the epoch that it is given', () => {
  expect(open({ epoch: 'given' }).epochs).toEqual([{ name: 'given', first: 1 }]);
});

test('holds no more bytes than it may, facts included, and takes more once it was trimmed', async () => {
  const log = open({ maxBytes: 10_000 });
  const append = () => log.append({ records: [{ channel: 'room:a', sender: 'ada', data: 'x'.repeat(502) }] });
  for (let count = 0; count < 8; count++) await append();
  await expect(append()).rejects.toMatchObject({ code: 'full', retryable: true });
  expect((await log.heads(['room:a']))[0]?.offset).toBe(8);
  await expect(
    log.append({ records: [], facts: [{ key: 'k', value: 'x'.repeat(500) }] }),
  ).rejects.toMatchObject({
    code: 'full',
  });
  await log.trim('room:a', 5);
  await log.append({ records: [], facts: [{ key: 'k', value: 'x'.repeat(2500) }] });
  await expect(append()).rejects.toMatchObject({ code: 'full' });
  await log.append({ records: [], facts: [{ key: 'k', value: 'x' }] });
  await append();
  await log.append({ records: [], facts: [{ key: 'k', value: null }] });
  expect(await factsOf(log)).toEqual({});
});

test('tells the other writers of a commit, and not the one that made it', async () => {
  const first = new MemoryStorage({ now: () => 0, epoch: 'e' });
  const second = first.another();
  const told: string[] = [];
  first.watch(() => told.push('first'));
  const stop = second.watch(() => told.push('second'));
  await first.commit([{ records: [record('room:a', 'x')] }]);
  await second.commit([{ records: [record('room:a', 'x')] }]);
  await second.commit([{ records: [], facts: [{ key: 'f', value: '' }] }]);
  stop();
  await first.commit([{ records: [record('room:a', 'x')] }]);
  expect(told).toEqual(['second', 'first']);
});

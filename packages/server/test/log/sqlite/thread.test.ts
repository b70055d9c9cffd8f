import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeBatch } from '../../../src/log/sqlite/batch.js';
import { SqliteThread, ThreadDied } from '../../../src/log/sqlite/thread.js';
import { record, temporaryFolder } from '../fixtures.js';
import { type Ending, Workers } from './support.js';

const setUp = async (next?: Ending) => {
  const workers = new Workers();
  workers.next = next;
  const clock = { now: 0 };
  const file = join(await temporaryFolder(), 'log.db');
  const thread = new SqliteThread({
    opening: 'openWriter',
    argument: () => ({ file, durability: 'system', walBytes: 1_000_000 }),
    startWorker: workers.start,
    now: () => clock.now,
  });
  onTestFinished(() => thread.stop());
  return { thread, workers, clock };
};
const batch = (id: string) => encodeBatch(id, [{ records: [record('room:a', 'x')] }], 5);

test('answers belong to their calls', async () => {
  const { thread } = await setUp();
  await thread.start();
  const replies = await Promise.all(['1', '2', '3'].map((id) => thread.call('commit', batch(id))));
  expect(replies.map((reply) => reply.numbers[0])).toEqual([1, 2, 3]);
});

test('starting answers what was found', async () => {
  const { thread } = await setUp();
  expect(await thread.start()).toMatchObject({ lastId: 0, epochs: [{ first: 1 }] });
});

test('what a call fails with is an error of the log', async () => {
  const { thread } = await setUp();
  await thread.start();
  await expect(thread.call('facts', [])).rejects.toMatchObject({ name: 'LogError', code: 'unavailable' });
});

test('the calls of a thread that dies fail, and the next call starts another', async () => {
  const { thread, workers } = await setUp({ at: 2, when: 'before' });
  await thread.start();
  workers.next = undefined;
  const outcomes = await Promise.allSettled(['1', '2'].map((id) => thread.call('commit', batch(id))));
  expect(outcomes[0]?.status).toBe('fulfilled');
  expect(outcomes[1]).toMatchObject({ reason: expect.any(ThreadDied) });
  expect((await thread.call('commit', batch('3'))).failures).toEqual([]);
  expect(workers.all).toHaveLength(2);
});

test('calls that overlap while the thread cannot be started all hear of it, and nothing else does', async () => {
  const { thread } = await setUp('at once');
  const outcomes = await Promise.allSettled(['1', '2', '3'].map((id) => thread.call('commit', batch(id))));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'unavailable' } });
});

test('a thread that could not open its database is let go, and another is started later, ever less often', async () => {
  const { thread, workers, clock } = await setUp('at once');
  const commit = () => thread.call('commit', batch('1'));
  await expect(commit()).rejects.toBeInstanceOf(ThreadDied);
  // The second time at once, then after a tenth of a second, then after two.
  await expect(commit()).rejects.toBeInstanceOf(ThreadDied);
  await expect(commit()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  expect(workers.all).toHaveLength(2);
  clock.now = 100;
  await expect(commit()).rejects.toBeInstanceOf(ThreadDied);
  expect(workers.all).toHaveLength(3);
  clock.now = 250;
  await expect(commit()).rejects.toMatchObject({ code: 'unavailable' });
  expect(workers.all).toHaveLength(3);
  workers.next = undefined;
  clock.now = 300;
  expect((await commit()).numbers).toEqual([1, 1, -1]);
  expect(workers.all).toHaveLength(4);
});

test('a thread that answers an error on opening is replaced as well', async () => {
  const folder = await temporaryFolder();
  const where = { file: folder };
  const thread = new SqliteThread({
    opening: 'openWriter',
    argument: () => ({ ...where, durability: 'disk', walBytes: 1_000_000 }),
    now: () => 0,
  });
  onTestFinished(() => thread.stop());
  await expect(thread.start()).rejects.toMatchObject({ code: 'unavailable' });
  where.file = join(folder, 'log.db');
  expect((await thread.call('commit', batch('1'))).numbers).toEqual([1, 1, -1]);
});

test('a worker that cannot be started says so', async () => {
  const thread = new SqliteThread({
    opening: 'openReader',
    argument: () => 'anywhere',
    startWorker: () => {
      throw new Error('no such file');
    },
    now: () => 0,
  });
  await expect(thread.start()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(thread.call('facts', [])).rejects.toMatchObject({ name: 'LogError', code: 'unavailable' });
});

test('a thread that was stopped takes no calls', async () => {
  const { thread, workers } = await setUp();
  await thread.start();
  await thread.stop();
  await thread.stop();
  await expect(thread.call('commit', batch('1'))).rejects.toMatchObject({ code: 'closed' });
  expect(workers.all).toHaveLength(1);
});

import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { encodeBatch } from '../../src/log/sqlite-batch.js';
import { SqliteThread, startSqliteWorker, ThreadDied } from '../../src/log/sqlite-thread.js';
import { pendingAppends, record, temporaryFolder } from './fixtures.js';

const setUp = async () => {
  const workers: Worker[] = [];
  const file = join(await temporaryFolder(), 'log.db');
  const thread = new SqliteThread(['openWriter', { file, durability: 'system' }], () => {
    const worker = startSqliteWorker();
    workers.push(worker);
    return worker;
  });
  onTestFinished(() => thread.stop());
  return { thread, workers };
};
const batch = (id: string) => encodeBatch(id, 5, pendingAppends([{ records: [record('room:a', 'x')] }]));

test('answers come in the order of the calls', async () => {
  const { thread } = await setUp();
  await thread.start();
  const replies = await Promise.all(['1', '2', '3'].map((id) => thread.call('commit', batch(id))));
  expect(replies.map((reply) => reply.numbers[0])).toEqual([1, 2, 3]);
});

test('what a call fails with is an error of the log', async () => {
  const { thread } = await setUp();
  await thread.start();
  await expect(thread.call('facts', '')).rejects.toMatchObject({ name: 'LogError', code: 'unavailable' });
});

test('the calls of a thread that dies fail, and the next call starts another', async () => {
  const { thread, workers } = await setUp();
  await thread.start();
  const calls = ['1', '2'].map((id) => thread.call('commit', batch(id)));
  const outcomes = Promise.allSettled(calls);
  await workers[0]?.terminate();
  for (const outcome of await outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ThreadDied);
  }
  expect((await thread.call('commit', batch('3'))).failures).toEqual([]);
  expect(workers).toHaveLength(2);
});

test('a thread that cannot open its database says so, to every call', async () => {
  const folder = await temporaryFolder();
  const thread = new SqliteThread(['openWriter', { file: folder, durability: 'disk' }]);
  onTestFinished(() => thread.stop());
  await expect(thread.start()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(thread.call('commit', batch('1'))).rejects.toMatchObject({ code: 'unavailable' });
});

test('a thread that cannot be started says so', async () => {
  const thread = new SqliteThread(['openReader', 'anywhere'], () => {
    throw new Error('no such file');
  });
  await expect(thread.start()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(thread.call('facts', '')).rejects.toMatchObject({ name: 'LogError', code: 'unavailable' });
});

test('a thread that was stopped takes no calls', async () => {
  const { thread, workers } = await setUp();
  await thread.start();
  await thread.stop();
  await thread.stop();
  await expect(thread.call('commit', batch('1'))).rejects.toMatchObject({ code: 'closed' });
  expect(workers).toHaveLength(1);
});

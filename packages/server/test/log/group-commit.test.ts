import { expect, test } from 'vitest';
import { GroupCommit, type PendingAppend } from '../../src/log/group-commit.js';
import { record } from './fixtures.js';

const setUp = (limits: { maxPendingBytes?: number; maxBatchBytes?: number } = {}) => {
  const batches: (readonly PendingAppend[])[] = [];
  const deferred: (() => void)[] = [];
  let finish = (): void => {};
  const commits = new GroupCommit({
    commit: (batch) => {
      batches.push(batch);
      return new Promise((resolve) => {
        finish = () => {
          for (const pending of batch) pending.resolve([]);
          resolve();
        };
      });
    },
    defer: (run) => deferred.push(run),
    maxPendingBytes: limits.maxPendingBytes ?? 1000,
    maxBatchBytes: limits.maxBatchBytes ?? 1000,
  });
  const texts = () =>
    batches.map((batch) =>
      batch.map(({ append }) => (JSON.parse(append.records[0]!.data) as { text: string }).text).join(''),
    );
  return {
    commits,
    texts,
    deferred,
    add: (text: string, bytes = 10) => commits.add({ records: [record('room:a', text)] }, bytes),
    endTurn: () => deferred.shift()?.(),
    finish: async () => {
      finish();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

test('what comes in one turn is one batch, in its order', () => {
  const { add, endTurn, texts, deferred } = setUp();
  for (const text of 'abc') void add(text);
  expect(texts()).toEqual([]);
  expect(deferred).toHaveLength(1);
  endTurn();
  expect(texts()).toEqual(['abc']);
});

test('what comes while a commit is under way is the next batch, which waits for it', async () => {
  const { add, endTurn, texts, finish, commits } = setUp();
  void add('a');
  endTurn();
  for (const text of 'bcd') void add(text);
  endTurn();
  expect(texts()).toEqual(['a']);
  await finish();
  expect(texts()).toEqual(['a', 'bcd']);
  expect(commits.pendingBytes).toBe(30);
  await finish();
  expect(commits.pendingBytes).toBe(0);
  void add('e');
  endTurn();
  expect(texts()).toEqual(['a', 'bcd', 'e']);
});

test('a batch ends with the append that passes its bytes', async () => {
  const { add, endTurn, texts, finish } = setUp({ maxBatchBytes: 25 });
  for (const text of 'abcdefg') void add(text);
  endTurn();
  await finish();
  await finish();
  expect(texts()).toEqual(['abc', 'def', 'g']);
});

test('more than may wait is refused, what is being committed included', async () => {
  const { add, endTurn, finish } = setUp({ maxPendingBytes: 30 });
  void add('a', 20);
  endTurn();
  await expect(add('b', 11)).rejects.toMatchObject({ code: 'full', retryable: true });
  void add('c', 10);
  await expect(add('d', 1)).rejects.toMatchObject({ code: 'full' });
  await finish();
  void add('e', 20);
});

test('idle is when nothing waits and nothing is under way', async () => {
  const { add, endTurn, finish, commits } = setUp();
  await commits.idle();
  void add('a');
  let idle = false;
  const waiting = commits.idle().then(() => {
    idle = true;
  });
  endTurn();
  void add('b');
  await finish();
  expect(idle).toBe(false);
  await finish();
  await waiting;
});

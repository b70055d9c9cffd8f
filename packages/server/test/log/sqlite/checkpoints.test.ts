import { expect, test } from 'vitest';
import type { CheckpointMode, CheckpointResult } from '../../../src/log/sqlite/calls.js';
import { Checkpoints } from '../../../src/log/sqlite/checkpoints.js';

const setUp = (...results: (CheckpointResult | Error)[]) => {
  const modes: CheckpointMode[] = [];
  const failures: unknown[] = [];
  const checkpoints = new Checkpoints({
    async checkpoint(mode) {
      modes.push(mode);
      const result = results.shift() ?? { pages: 0, copied: 0 };
      if (result instanceof Error) throw result;
      return result;
    },
    every: 1000,
    most: 4000,
    failed: (error) => failures.push(error),
  });
  return { checkpoints, modes, failures };
};

test('what was written is copied beside the commits, once there is enough of it', async () => {
  const { checkpoints, modes } = setUp({ pages: 1000, copied: 1000 });
  checkpoints.committed(600);
  expect(modes).toEqual([]);
  checkpoints.committed(600);
  checkpoints.committed(2000);
  await checkpoints.idle();
  expect(modes).toEqual(['PASSIVE']);
  await checkpoints.beforeCommit();
  expect(modes).toEqual(['PASSIVE']);
});

test('past its bound the write-ahead log begins anew before a commit, with little left to copy', async () => {
  const { checkpoints, modes } = setUp(
    { pages: 4100, copied: 4100 },
    { pages: 4900, copied: 4900 },
    { pages: 5200, copied: 5200 },
  );
  checkpoints.committed(1000);
  await checkpoints.idle();
  expect(modes).toEqual(['PASSIVE', 'PASSIVE', 'PASSIVE']);
  await checkpoints.beforeCommit();
  await checkpoints.beforeCommit();
  expect(modes).toEqual(['PASSIVE', 'PASSIVE', 'PASSIVE', 'RESTART']);
});

test('a copying that falls behind is waited for: else there would be no bound', async () => {
  let finish: (result: CheckpointResult) => void = () => {};
  const checkpoints = new Checkpoints({
    checkpoint: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
    every: 1000,
    most: 4000,
    failed: () => {},
  });
  const done: string[] = [];
  checkpoints.committed(1000);
  checkpoints.committed(3999);
  await checkpoints.beforeCommit();
  checkpoints.committed(1);
  const waiting = checkpoints.beforeCommit().then(() => done.push('commit'));
  await Promise.resolve();
  expect(done).toEqual([]);
  finish({ pages: 3000, copied: 3000 });
  await waiting;
  expect(done).toEqual(['commit']);
});

test('copying that fails is told, harms no commit, and is tried again', async () => {
  const { checkpoints, modes, failures } = setUp(
    new Error('no'),
    { pages: 9000, copied: 0 },
    new Error('no'),
  );
  checkpoints.committed(1000);
  await checkpoints.idle();
  await checkpoints.beforeCommit();
  expect(failures).toHaveLength(1);
  checkpoints.committed(1000);
  await checkpoints.idle();
  await checkpoints.beforeCommit();
  expect(modes).toEqual(['PASSIVE', 'PASSIVE', 'RESTART']);
  expect(failures).toHaveLength(2);
});

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { lockFile } from '../../../src/log/sqlite/file-lock.js';
import { temporaryFolder } from '../fixtures.js';

test('one has the lock at a time, in one process', async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const unlock = lockFile(file);
  expect(() => lockFile(file)).toThrow(`Another server is using ${file}`);
  expect(() => lockFile(file)).toThrow(`Another server is using ${file}`);
  lockFile(`${file}2`)();
  unlock();
  lockFile(file)();
});

test('one has the lock at a time, over processes, and it goes with a process that is killed', async () => {
  const file = join(await temporaryFolder(), 'log.db');
  const child = fork(fileURLToPath(new URL('./hold-lock.mjs', import.meta.url)), [file]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  expect(() => lockFile(file)).toThrow(`Another server is using ${file}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFile(file)();
});

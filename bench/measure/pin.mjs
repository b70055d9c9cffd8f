/** Keeps the server and the load on different cores, where `taskset` is there to do it. */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** What a process starts is where it is itself, unless it is said otherwise. */
const cores = { server: '0', load: '1', anywhere: `0-${cpus().length - 1}` };

export const canPin =
  process.platform === 'linux' &&
  cpus().length > 1 &&
  spawnSync('taskset', ['-c', '0,1', 'true'], { stdio: 'ignore' }).status === 0;

/**
 * The program and what goes before its arguments.
 * @param {'server' | 'load' | 'anywhere'} role
 * @param {string} program
 */
export const pinned = (role, program) => (canPin ? ['taskset', '-c', cores[role], program] : [program]);

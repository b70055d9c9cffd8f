/** Puts a database farther away, by a proxy in a process of its own. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { servers } from '../peers/roster.mjs';
import { pinned } from './pin.mjs';

const proxy = fileURLToPath(new URL('proxy.mjs', import.meta.url));

/**
 * @param {string} url   of a database on this machine
 * @param {number} delay by which each answer comes later, in milliseconds
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export const putAway = async (url, delay) => {
  const away = new URL(url);
  const node = /** @type {(typeof servers)[number]} */ (servers[0]).program;
  const [program, ...before] = pinned('anywhere', node);
  const child = spawn(/** @type {string} */ (program), [...before, proxy, away.port, String(delay)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  away.port = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return {
    url: away.href,
    stop: async () => {
      child.stdin.end();
      await gone;
    },
  };
};

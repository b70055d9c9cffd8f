/**
 * Starts `fullduplex serve` as anyone would, on a core with its like, with the limits of `peers/raised.mjs`. What it needs
 * to be asked, the kernel is asked.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { raised } from '../peers/raised.mjs';
import { servers } from '../peers/roster.mjs';
import { processTime } from './cpu.mjs';
import { pinned } from './pin.mjs';

const cli = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const node = /** @type {(typeof servers)[number]} */ (servers[0]).program;

/** Bytes, of a line of `/proc/PID/status`. */
const statusOf = (/** @type {number} */ pid, /** @type {string} */ name) => {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
};

/**
 * @param {string[]} args what goes after `serve --port 0`
 * @returns {Promise<import('./server.mjs').Server>}
 * @throws {Error} with what it said when it does not serve
 */
export const serve = async (args) => {
  const folder = mkdtempSync(fileURLToPath(new URL('../results/serve-', import.meta.url)));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(raised));
  const [program, ...before] = pinned('server', node);
  const child = spawn(
    /** @type {string} */ (program),
    [...before, cli, 'serve', '--port', '0', '--config', file, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  /** @type {number} */
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\/\/[^/ ]+:(\d+)\//.exec(line);
      if (found) resolve(Number(found[1]));
    });
    void gone.then((code) => reject(new Error(`fullduplex serve ended with ${code}: ${said.trim()}`)));
  }).finally(() => rmSync(folder, { recursive: true }));
  child.stderr.pipe(process.stderr);
  const pid = /** @type {number} */ (child.pid);
  const memory = async () => ({
    rss: statusOf(pid, 'VmRSS'),
    peak: statusOf(pid, 'VmHWM'),
    heapUsed: 0,
    external: 0,
    arrayBuffers: 0,
  });
  return {
    port,
    pid,
    version: 'fullduplex serve',
    ask: () => Promise.reject(new Error('a server that is started as anyone would answers no questions')),
    cpu: async () => processTime(pid)?.used ?? 0,
    memory,
    settle: memory,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(end, 8000);
      await gone;
      clearTimeout(timer);
      process.off('exit', end);
    },
  };
};

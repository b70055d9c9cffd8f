/** Starts a peer's server on a core of its own and talks to it by the lines of `peers/host.mjs`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pinned } from './pin.mjs';

/**
 * @typedef {{ rss: number, peak: number, heapUsed: number, external: number, arrayBuffers: number }} Memory in bytes
 *
 * @typedef {object} Server
 * @property {number} port
 * @property {number} pid
 * @property {string} version of the program that runs it
 * @property {() => Promise<number>} cpu seconds, by its own account
 * @property {() => Promise<Memory>} memory as it is
 * @property {() => Promise<Memory>} settle collects garbage, then as `memory`
 * @property {() => Promise<void>} stop
 */

/**
 * @param {{ program: string, flags: string[], script: string }} peer
 * @param {string[]} args
 * @returns {Promise<Server>}
 */
export const startServer = async (peer, args) => {
  const [program, ...before] = pinned('server', peer.program);
  const child = spawn(/** @type {string} */ (program), [...before, ...peer.flags, peer.script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  /** @type {((value: any) => void)[]} */
  const waiting = [];
  const gone = new Promise((resolve) => child.once('exit', resolve));
  void gone.then((code) => {
    if (waiting.length > 0) {
      console.error(`the server ${peer.script} ended with ${code}`);
      process.exit(1);
    }
  });
  const next = () => new Promise((resolve) => waiting.push(resolve));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) waiting.shift()?.(JSON.parse(line));
  });
  const ask = (/** @type {string} */ question) => {
    child.stdin.write(`${question}\n`);
    return next();
  };
  const { port, version } = await next();
  return {
    port,
    version,
    pid: /** @type {number} */ (child.pid),
    cpu: async () => {
      const { user, system } = await ask('cpu');
      return (user + system) / 1e6;
    },
    memory: () => ask('memory'),
    settle: () => ask('settle'),
    stop: async () => {
      // It ends by itself when its input does, and puts away what it wrote; or else it is ended.
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(timer);
    },
  };
};

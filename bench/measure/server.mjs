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
 * @property {string} [lacks] what it would have needed for this and has not
 * @property {(question: string) => Promise<any>} ask
 * @property {() => Promise<number>} cpu seconds, by its own account
 * @property {() => Promise<Memory>} memory as it is
 * @property {() => Promise<Memory>} settle collects garbage, then as `memory`
 * @property {() => Promise<void>} stop
 */

/** How long a server may take to put away what it wrote, in milliseconds; then it is ended. */
const PATIENCE = 5000;

/**
 * @param {{ program: string, flags: string[], script: string, client?: string }} peer
 * @param {string} mode   one of the peer's
 * @param {object} [config] what else the script is told, as JSON
 * @returns {Promise<Server>}
 */
export const startServer = async (peer, mode, config = {}) => {
  const [program, ...before] = pinned('server', peer.program);
  const script = mode === 'client' ? /** @type {string} */ (peer.client) : peer.script;
  const args = [...before, ...peer.flags, script, mode, JSON.stringify(config)];
  const child = spawn(/** @type {string} */ (program), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  /** @type {((value: any) => void)[]} */
  const waiting = [];
  const gone = new Promise((resolve) => child.once('exit', resolve));
  void gone.then((code) => {
    if (waiting.length > 0) {
      console.error(`the server ${script} ended with ${code}`);
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
  const { port, version, lacks } = await next();
  return {
    port,
    version,
    lacks,
    pid: /** @type {number} */ (child.pid),
    ask,
    cpu: async () => {
      const { user, system } = await ask('cpu');
      return (user + system) / 1e6;
    },
    memory: () => ask('memory'),
    settle: () => ask('settle'),
    stop: async () => {
      // It ends by itself when its input does, and puts away what it wrote; or else it is ended.
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      await gone;
      clearTimeout(timer);
    },
  };
};

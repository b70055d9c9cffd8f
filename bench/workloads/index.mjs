/** The rows of the table, in order. Each is one file that says what is measured and how the load is made. */
import { allToAll } from './all-to-all.mjs';
import { chat100, chat1000 } from './chat.mjs';
import { echo16k, echo20, echo200k, echoCompressed } from './echo.mjs';
import { fanOut100, fanOut1000 } from './fan-out.mjs';
import { memoryCompressed, memoryIdle } from './memory.mjs';
import { memoryPoll, memorySession } from './sessions.mjs';

/**
 * @typedef {object} Workload
 * @property {string} name   what `--only` takes
 * @property {string} title  the row's head
 * @property {'rate' | 'memory'} kind `rate`: work per second of the server's CPU. `memory`: bytes for one connection
 * @property {string} mode   the kind of server it needs
 * @property {string} unit   of the work
 * @property {{ node20?: string, node24?: string }} wanted the aim, as the table prints it
 * @property {(context: Context) => Promise<import('../measure/meter.mjs').Window | { bytes: number, foreign?: number }>} run
 *
 * @typedef {object} Context
 * @property {import('../measure/server.mjs').Server} server
 * @property {boolean} raw   the server answers with the bytes it was sent
 * @property {string | undefined} speaks what a client of a chat says to it
 * @property {boolean} quick
 * @property {{ warm: number, seconds: number }} times
 */

/** @type {Workload[]} */
export const engineWorkloads = [
  echo20,
  echo16k,
  echo200k,
  fanOut100,
  fanOut1000,
  allToAll,
  echoCompressed,
  memoryIdle,
  memoryCompressed,
];

/** @type {Workload[]} */
export const serverWorkloads = [chat100, chat1000, memorySession, memoryPoll];

export const workloads = [...engineWorkloads, ...serverWorkloads];

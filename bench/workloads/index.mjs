/** The rows of the table, in order. Each is one file that says what is measured and how the load is made. */
import { allToAll } from './all-to-all.mjs';
import { chatRows } from './chat.mjs';
import { clientEcho16k, clientEcho20 } from './client-echo.mjs';
import { delayHalfLoad } from './delay.mjs';
import {
  echo16k,
  echo20,
  echo200k,
  echo200kReused,
  echoChinese,
  echoCompressed,
  secureEcho20,
} from './echo.mjs';
import { fanOuts, secureFanOut } from './fan-out.mjs';
import { memoryCompressed, memoryGroup, memoryIdle } from './memory.mjs';
import { memoryPoll, sessionRows } from './sessions.mjs';

/**
 * @typedef {object} Workload
 * @property {string} name   what `--only` takes
 * @property {string} title  the row's head
 * @property {'rate' | 'memory' | 'delay'} kind `rate`: work per second of the server's CPU. `memory`: bytes for one of
 *   them. `delay`: milliseconds
 * @property {string} mode   the kind of server it needs
 * @property {string} unit   of the work
 * @property {{ node20?: string, node24?: string }} wanted the aim, as the table prints it
 * @property {(context: Context) => Promise<Measured>} run
 *
 * @typedef {import('../measure/meter.mjs').Window} Window
 * @typedef {Window | { bytes: number } | (Window & { delay: { p50: number, p99: number }, rate: number })} Measured
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
  echoChinese,
  echo16k,
  echo200k,
  echo200kReused,
  ...fanOuts,
  allToAll,
  echoCompressed,
  secureEcho20,
  secureFanOut,
  clientEcho20,
  clientEcho16k,
  delayHalfLoad,
  memoryIdle,
  memoryCompressed,
  memoryGroup,
];

/** @type {Workload[]} */
export const serverWorkloads = [...chatRows, ...sessionRows, memoryPoll];

export const workloads = [...engineWorkloads, ...serverWorkloads];

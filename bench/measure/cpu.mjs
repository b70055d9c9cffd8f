/**
 * CPU time of other processes and how busy the machine is beside them. Linux tells it by `/proc`, in nanoseconds
 * per thread; elsewhere the server is asked and the machine's noise stays unknown.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const TICK_SECONDS = 0.01;

/**
 * What the threads of a process have had until now, in seconds.
 *
 * @typedef {object} CpuTime
 * @property {number} used  user and system time of all threads
 * @property {Map<string, number>} awake for each thread: the time that it ran, or could have run but for others
 * @property {number} sleeps how often any of them went to sleep because it had nothing to do
 */

/**
 * @param {number} pid
 * @returns {CpuTime | undefined}
 */
export const processTime = (pid) => {
  try {
    let used = 0;
    let sleeps = 0;
    const awake = new Map();
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      // Time on the CPU, time spent waiting for it, and how often it was given.
      const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1')
        .split(' ')
        .map(Number);
      used += ran / 1e9;
      awake.set(task, (ran + waited) / 1e9);
      const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
      sleeps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    }
    return { used, awake, sleeps };
  } catch {
    return undefined;
  }
};

/**
 * The share of a time in which a process had nothing to do. Waiting for a core that others use is not idleness.
 *
 * @param {CpuTime} before
 * @param {CpuTime} after
 * @param {number} seconds between them
 */
export const idleShare = (before, after, seconds) => {
  const threads = [...after.awake].map(([task, time]) => time - (before.awake.get(task) ?? 0));
  return Math.max(0, 1 - Math.max(after.used - before.used, ...threads) / seconds);
};

/** Seconds that the whole machine was busy, and seconds that its host gave to others. */
export const machineSeconds = () => {
  try {
    const fields = /** @type {string} */ (readFileSync('/proc/stat', 'latin1').split('\n', 1)[0])
      .split(/\s+/)
      .map(Number);
    const [, user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = fields;
    return { busy: (user + nice + system + irq + soft) * TICK_SECONDS, stolen: steal * TICK_SECONDS };
  } catch {
    return undefined;
  }
};

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  load: loadavg().map((value) => Number(value.toFixed(2))),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
});

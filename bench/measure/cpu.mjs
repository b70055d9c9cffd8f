/**
 * CPU time of other processes and how busy the machine is beside them. Linux tells it by `/proc`, in nanoseconds
 * per thread; elsewhere the server is asked and the machine's noise stays unknown.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const TICK_SECONDS = 0.01;

/**
 * Seconds of CPU that all threads of a process have used, user and system.
 * @param {number} pid
 * @returns {number | undefined}
 */
export const processSeconds = (pid) => {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const line = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1');
      nanoseconds += Number(line.slice(0, line.indexOf(' ')));
    }
    return nanoseconds / 1e9;
  } catch {
    return undefined;
  }
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

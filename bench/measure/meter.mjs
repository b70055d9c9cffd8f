/**
 * The window of a measurement: work done, the server's CPU, the wall clock, and what else the machine was doing.
 */
import { machineSeconds, processSeconds } from './cpu.mjs';

/**
 * @typedef {object} Window
 * @property {number} work    pieces of work completed in the window
 * @property {number} seconds of the wall clock
 * @property {number} cpu     seconds of the server's CPU
 * @property {number} busy    share of the wall clock that the server's CPU was used
 * @property {number} load    the same of the load's own
 * @property {number | undefined} foreign share of one core that went to processes that are not ours, stolen time included
 */

/**
 * @typedef {object} Snapshot
 * @property {number} server
 * @property {NodeJS.CpuUsage} own
 * @property {ReturnType<typeof machineSeconds>} machine
 * @property {number} work
 * @property {number} time
 */

/**
 * @param {import('./server.mjs').Server} server
 * @param {() => number} work reads the counter of completed work
 * @param {{ warm: number, seconds: number }} times
 * @returns {Promise<Window>}
 */
export const measure = async (server, work, { warm, seconds }) => {
  const pause = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
  /** @returns {Promise<Snapshot>} */
  const snapshot = async () => ({
    server: processSeconds(server.pid) ?? (await server.cpu()),
    own: process.cpuUsage(),
    machine: machineSeconds(),
    work: work(),
    time: performance.now(),
  });
  // On a busy machine the server gets its share late: what counts is that it ran for long enough, warm and measured.
  const run = async (/** @type {number} */ wanted) => {
    const begin = await snapshot();
    await pause(wanted);
    let now = await snapshot();
    while (now.server - begin.server < wanted / 2 && now.time - begin.time < wanted * 4000) {
      await pause(0.1);
      now = await snapshot();
    }
    return [begin, now];
  };
  await run(warm);
  const [a, b] = /** @type {[Snapshot, Snapshot]} */ (await run(seconds));
  const wall = (b.time - a.time) / 1000;
  const cpu = b.server - a.server;
  const own = (b.own.user + b.own.system - a.own.user - a.own.system) / 1e6;
  let foreign;
  if (a.machine && b.machine) {
    const others = b.machine.busy - a.machine.busy - cpu - own + b.machine.stolen - a.machine.stolen;
    foreign = Math.max(0, others / wall);
  }
  return { work: b.work - a.work, seconds: wall, cpu, busy: cpu / wall, load: own / wall, foreign };
};

/**
 * The window of a measurement: work done, the server's CPU, the wall clock, and what else the machine was doing.
 */
import { idleShare, machineSeconds, processTime } from './cpu.mjs';

/**
 * @typedef {object} Window
 * @property {number} work    pieces of work completed in the window
 * @property {number} seconds of the wall clock
 * @property {number} cpu     seconds of the server's CPU
 * @property {number} busy    share of the wall clock that the server's CPU was used
 * @property {number} idle    share of the wall clock in which the server had nothing to do; where that cannot be told,
 *   all in which it was not busy
 * @property {number} sleeps  how often a second any thread of the server went to sleep for want of work
 * @property {number} load    share of the wall clock that the load's own CPU was used
 * @property {number | undefined} foreign share of one core that went to processes that are not ours, stolen time included
 */

/**
 * @typedef {object} Snapshot
 * @property {import('./cpu.mjs').CpuTime[]} servers
 * @property {NodeJS.CpuUsage} own
 * @property {ReturnType<typeof machineSeconds>} machine
 * @property {number} work
 * @property {number} time
 */

/**
 * @param {Pick<import('./server.mjs').Server, 'pid' | 'cpu'>} server
 * @param {() => number} work reads the counter of completed work
 * @param {{ warm: number, seconds: number }} times
 * @returns {Promise<Window>}
 */
export const measure = (server, work, times) => measureAll([server], work, times);

/**
 * The same of several servers: their CPU together, which may be more than one core's; idle is what the busiest was.
 *
 * @param {Pick<import('./server.mjs').Server, 'pid' | 'cpu'>[]} servers
 * @param {() => number} work
 * @param {{ warm: number, seconds: number }} times
 * @returns {Promise<Window>}
 */
export const measureAll = async (servers, work, { warm, seconds }) => {
  const pause = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
  /** @returns {Promise<Snapshot>} */
  const snapshot = async () => ({
    servers: await Promise.all(
      servers.map(
        async ({ pid, cpu }) => processTime(pid) ?? { used: await cpu(), awake: new Map(), sleeps: 0 },
      ),
    ),
    own: process.cpuUsage(),
    machine: machineSeconds(),
    work: work(),
    time: performance.now(),
  });
  const usedBy = (/** @type {Snapshot} */ { servers: times }) =>
    times.reduce((sum, { used }) => sum + used, 0);
  const sleepsBy = (/** @type {Snapshot} */ { servers: times }) =>
    times.reduce((sum, { sleeps }) => sum + sleeps, 0);
  // On a busy machine the server gets its share late: what counts is that it ran for long enough, warm and measured.
  const run = async (/** @type {number} */ wanted) => {
    const begin = await snapshot();
    await pause(wanted);
    let now = await snapshot();
    while (usedBy(now) - usedBy(begin) < wanted / 2 && now.time - begin.time < wanted * 4000) {
      await pause(0.1);
      now = await snapshot();
    }
    return [begin, now];
  };
  await run(warm);
  const [a, b] = /** @type {[Snapshot, Snapshot]} */ (await run(seconds));
  const wall = (b.time - a.time) / 1000;
  const cpu = usedBy(b) - usedBy(a);
  const own = (b.own.user + b.own.system - a.own.user - a.own.system) / 1e6;
  let foreign;
  if (a.machine && b.machine) {
    const others = b.machine.busy - a.machine.busy - cpu - own + b.machine.stolen - a.machine.stolen;
    foreign = Math.max(0, others / wall);
  }
  return {
    work: b.work - a.work,
    seconds: wall,
    cpu,
    busy: cpu / wall,
    idle: Math.min(...a.servers.map((before, i) => idleShare(before, b.servers[i] ?? before, wall))),
    sleeps: (sleepsBy(b) - sleepsBy(a)) / wall,
    load: own / wall,
    foreign,
  };
};

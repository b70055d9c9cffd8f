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
 * @param {import('./server.mjs').Server} server
 * @param {() => number} work reads the counter of completed work
 * @param {{ warm: number, seconds: number }} times
 * @returns {Promise<Window>}
 */
export const measure = async (server, work, { warm, seconds }) => {
  const pause = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
  const snapshot = async () => ({
    server: processSeconds(server.pid) ?? (await server.cpu()),
    own: process.cpuUsage(),
    machine: machineSeconds(),
    work: work(),
    time: performance.now(),
  });
  await pause(warm);
  const a = await snapshot();
  await pause(seconds);
  const b = await snapshot();
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

/**
 * One measurement in a process of its own: one workload or report, one peer. Prints one JSON line.
 * `once.mjs WORKLOAD PEER {"warm":1,"seconds":2,"quick":false}`, by Bun or Node; BENCH_NODE is the servers' Node.
 */
import { loadProgram } from '../load/socket.mjs';
import { engines, servers } from '../peers/roster.mjs';
import { reports } from '../reports/index.mjs';
import { workloads } from '../workloads/index.mjs';
import { startServer } from './server.mjs';

const [, , name, peerId, options = '{}'] = process.argv;
const { warm = 1, seconds = 2, quick = false } = JSON.parse(options);
const times = { warm, seconds };
const peer = [...engines, ...servers].find(({ id }) => id === peerId);
const workload = workloads.find((one) => one.name === name);
const report = reports.find((one) => one.name === name);
if (!peer || !(workload || report)) throw new Error(`no such workload or peer: ${name} ${peerId}`);

// When it takes too long, or whoever wants to know is gone: what it started is ended with it.
process.once('SIGTERM', () => process.exit(1));
process.stdin.once('end', () => process.exit(1));
process.stdin.resume();

const say = (/** @type {object} */ result) =>
  process.stdout.write(`${JSON.stringify({ ...result, loadProgram })}\n`);

if (workload) {
  const server = await startServer(peer, workload.mode);
  const { version, lacks } = server;
  const context = { server, raw: peer.raw === true, speaks: peer.speaks, quick, times };
  const result = lacks === undefined ? await workload.run(context) : { lacks };
  say({ ...result, version });
  await server.stop();
} else if (report) {
  say(await report.run({ start: (config = {}) => startServer(peer, 'sessions', config), quick }));
}
process.exit(0);

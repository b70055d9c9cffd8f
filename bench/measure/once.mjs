/**
 * One measurement in a process of its own: one workload or report, one peer. Prints one JSON line.
 * `node once.mjs WORKLOAD PEER {"warm":1,"seconds":2,"quick":false}`
 */
import { engines, servers } from '../peers/roster.mjs';
import { reports } from '../reports/index.mjs';
import { workloads } from '../workloads/index.mjs';
import { startServer } from './server.mjs';

const [, , workloadName, peerId, options = '{}'] = process.argv;
const { warm = 1, seconds = 2, quick = false } = JSON.parse(options);
const workload = [...workloads, ...reports].find(({ name }) => name === workloadName);
const peer = [...engines, ...servers].find(({ id }) => id === peerId);
if (!workload || !peer) throw new Error(`no such workload or peer: ${workloadName} ${peerId}`);

const server = await startServer(peer, ['mode' in workload ? workload.mode : '']);
const result = await workload.run({
  server,
  raw: peer.raw === true,
  speaks: peer.speaks,
  quick,
  times: { warm, seconds },
});
process.stdout.write(`${JSON.stringify({ ...result, version: server.version })}\n`);
await server.stop();
process.exit(0);

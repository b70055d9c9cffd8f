/**
 * One measurement in a process of its own: one workload against one peer. Prints one JSON line.
 * `node once.mjs WORKLOAD PEER {"warm":1,"seconds":2,"quick":false}`
 */
import { roster } from '../peers/roster.mjs';
import { workloads } from '../workloads/index.mjs';
import { startServer } from './server.mjs';

const [, , workloadName, peerId, options = '{}'] = process.argv;
const { warm = 1, seconds = 2, quick = false } = JSON.parse(options);
const workload = workloads.find(({ name }) => name === workloadName);
const peer = roster.find(({ id }) => id === peerId);
if (!workload || !peer) throw new Error(`no such workload or peer: ${workloadName} ${peerId}`);

const server = await startServer(peer, [workload.mode]);
const result = await workload.run({ server, raw: peer.raw === true, quick, times: { warm, seconds } });
process.stdout.write(`${JSON.stringify({ ...result, version: server.version })}\n`);
await server.stop();
process.exit(0);

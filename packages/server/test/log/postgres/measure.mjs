/**
 * What the log gives at its contract over PostgreSQL: `node packages/server/test/log/postgres/measure.mjs`, after a build.
 * Senders append records one after the other, each waiting for its acknowledgement, spread over so many nodes in this
 * process; the database runs beside it. Options: --nodes 1 --senders 100 --channels 50 --bytes 64 --seconds 5
 * --delay 0 (milliseconds added to each commit, while the lock is held) --durability disk.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../../../../test/support/postgres.mjs';
import { OrderedLog } from '../../../dist/log/ordered-log.js';
import { PostgresStorage } from '../../../dist/log/postgres/postgres-storage.js';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1' },
    senders: { type: 'string', default: '100' },
    channels: { type: 'string', default: '50' },
    bytes: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    delay: { type: 'string', default: '0' },
    durability: { type: 'string', default: 'disk' },
  },
});
const nodes = Number(values.nodes);
const senders = Number(values.senders);
const channels = Number(values.channels);
const seconds = Number(values.seconds);
const durability = /** @type {'disk' | 'system' | 'memory'} */ (values.durability);

/** Seconds that all of PostgreSQL's processes have computed; 0 where the system does not tell. */
const databaseCpu = () => {
  let ticks = 0;
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (Number(fields[1]) === server.pid) ticks += Number(fields[11]) + Number(fields[12]);
    }
  } catch {
    // Processes come and go.
  }
  return ticks / 100;
};

/** @param {number} ms @param {() => void} callback */
const after = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

const settings = { commit_delay: Number(values.delay) * 1000, commit_siblings: 0 };
const server = await startPostgres({ settings });
try {
  const url = await server.createDatabase();
  const logs = [];
  for (let node = 0; node < nodes; node++) {
    const storage = await PostgresStorage.open({
      url,
      durability,
      after,
      random: Math.random,
      node: `node-${node}`,
    });
    logs.push(new OrderedLog(storage, { failed: console.error, defer: setImmediate, after }));
  }
  const data = JSON.stringify('x'.repeat(Number(values.bytes) - 2));
  let sending = true;
  let measuring = false;
  const delays = [];
  const send = async (sender) => {
    const log = logs[sender % nodes];
    for (let n = 0; sending; n++) {
      const channel = `room:${(sender + n) % channels}`;
      const begin = performance.now();
      await log.append({ records: [{ channel, sender: `user${sender}`, key: `k${n}`, data }] });
      if (measuring) delays.push(performance.now() - begin);
    }
  };
  const all = Array.from({ length: senders }, (_, sender) => send(sender));
  await sleep(1500);
  const count = async () =>
    (
      await server.query(
        `SELECT (SELECT count(DISTINCT xmin::text) FROM fullduplex.record) AS commits, (SELECT max(id) FROM fullduplex.record) AS records`,
        [],
        url,
      )
    )[0];
  const before = await count();
  const cpu = process.cpuUsage();
  const database = databaseCpu();
  measuring = true;
  const begin = performance.now();
  await sleep(seconds * 1000);
  measuring = false;
  const took = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const computed = databaseCpu() - database;
  const end = await count();
  sending = false;
  await Promise.all(all);
  delays.sort((a, b) => a - b);
  const at = (part) => delays[Math.floor(part * (delays.length - 1))].toFixed(1);
  console.log(
    `${nodes} nodes, ${senders} senders, ${values.delay} ms: ${Math.round(delays.length / took)} acknowledged/s, ` +
      `${Math.round((end.commits - before.commits) / took)} commits/s, p50 ${at(0.5)} p99 ${at(0.99)} p99.9 ${at(0.999)} ms, ` +
      `this process ${((user + system) / 1e6 / took).toFixed(2)} cores, ` +
      `PostgreSQL ${(computed / took).toFixed(2)}`,
  );
  for (const log of logs) await log.close();
} finally {
  await server.stop();
}

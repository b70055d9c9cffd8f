/**
 * The engine's benchmark: every row of `workloads/` against every peer of `peers/roster.mjs`, the peers interleaved
 * round by round, each measurement in processes of its own. Prints a markdown table and keeps the figures as JSON.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machine } from './measure/cpu.mjs';
import { canPin, pinned } from './measure/pin.mjs';
import { median, spread } from './measure/stats.mjs';
import { present } from './peers/roster.mjs';
import { table } from './table.mjs';
import { workloads } from './workloads/index.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * @typedef {object} Options
 * @property {string[]} only   names of rows, or beginnings of names; empty for all
 * @property {string[]} peers  ids of columns; empty for all
 * @property {boolean} quick   one short round: to see that it works, not to be quoted
 * @property {boolean} json    print the figures instead of the table
 * @property {number} [rounds]
 */

/** @returns {Promise<any>} */
const once = (/** @type {string} */ workload, /** @type {string} */ peer, /** @type {object} */ options) =>
  new Promise((resolve, reject) => {
    const [program, ...before] = pinned('load', process.execPath);
    const args = [...before, here('measure/once.mjs'), workload, peer, JSON.stringify(options)];
    const child = spawn(/** @type {string} */ (program), args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`${workload} against ${peer} ended with ${code}`));
    });
  });

/** @param {any[]} results of one workload and peer, one a round */
const cellOf = (results) => {
  const values = results.map((result) => result.bytes ?? result.work / result.cpu);
  const most = (/** @type {string} */ field) => Math.max(...results.map((result) => result[field] ?? 0));
  return {
    value: median(values),
    spread: spread(values),
    rounds: values.length,
    busy: most('busy'),
    load: most('load'),
    foreign: most('foreign'),
    version: results[0].version,
    values,
  };
};

/** @param {Options} options */
export const main = async ({ only, peers: wantedPeers, quick, json, rounds = quick ? 1 : 5 }) => {
  const asked = (/** @type {string} */ name) => (/** @type {string} */ part) =>
    part === name || (name.startsWith(part) && !workloads.some((workload) => workload.name === part));
  const rows = workloads.filter(({ name }) => only.length === 0 || only.some(asked(name)));
  const peers = present().filter(({ id }) => wantedPeers.length === 0 || wantedPeers.includes(id));
  if (rows.length === 0)
    throw new Error(`no such row; there are: ${workloads.map(({ name }) => name).join(', ')}`);
  const note = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
  const before = machine();
  note(`${before.cpu}, ${before.cores} cores, ${before.platform}, load ${before.load.join(' ')}`);
  if (!canPin)
    note('No taskset or only one core: server and load share their cores, so the figures are rough.');
  const times = quick ? { warm: 0.7, seconds: 1 } : { warm: 1.5, seconds: 2.5 };

  /** @type {import('./table.mjs').Row[]} */
  const done = [];
  for (const row of rows) {
    /** @type {Map<string, any[]>} */
    const results = new Map();
    const takesPart = peers.filter(({ modes }) => modes.includes(row.mode));
    for (let round = 0; round < (row.kind === 'memory' ? Math.min(rounds, 3) : rounds); round++) {
      for (const peer of takesPart) {
        const result = await once(row.name, peer.id, { ...times, quick });
        results.set(peer.id, [...(results.get(peer.id) ?? []), result]);
        note(`${row.name}, ${peer.id}: ${Math.round(result.bytes ?? result.work / result.cpu)}`);
      }
    }
    /** @type {import('./table.mjs').Row['cells']} */
    const cells = {};
    for (const [id, list] of results) cells[id] = cellOf(list);
    for (const { id, baseline } of takesPart) {
      const cell = cells[id];
      const base = baseline === undefined ? undefined : cells[baseline];
      if (cell && base && row.kind === 'rate') cell.ratio = cell.value / base.value;
    }
    const { name, title, kind, unit, wanted } = row;
    done.push({ name, title, kind, unit, wanted, cells });
  }

  const report = {
    at: new Date().toISOString(),
    quick,
    rounds,
    pinned: canPin,
    before,
    after: machine(),
    rows: done,
  };
  mkdirSync(here('results'), { recursive: true });
  const file = here(`results/engine-${report.at.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${table(done, peers)}\n`);
  note(`\nKept as ${file}`);
};

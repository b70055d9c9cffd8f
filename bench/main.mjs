/**
 * The benchmark: every row of `workloads/` against every peer of `peers/roster.mjs`, the peers interleaved round by
 * round, each measurement in processes of its own; then what is told of our server alone. Prints markdown tables and
 * keeps the figures as JSON.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machine } from './measure/cpu.mjs';
import { canPin, pinned } from './measure/pin.mjs';
import { median, spread } from './measure/stats.mjs';
import { bun, engines, present, servers } from './peers/roster.mjs';
import { reports } from './reports/index.mjs';
import { MOST_IDLE, table } from './table.mjs';
import { engineWorkloads, serverWorkloads } from './workloads/index.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** What runs the load: Bun where it is there, because a load by Node is slower than the fastest servers. */
const loader = existsSync(bun) ? bun : process.execPath;

/** One measurement, seeding included, takes no longer; in milliseconds. */
const LONGEST = 15 * 60_000;

/**
 * @typedef {object} Options
 * @property {string[]} only   names of rows and reports or beginnings of names, `engine`, `server`; empty for all
 * @property {string[]} peers  ids of columns; empty for all
 * @property {boolean} quick   one short round: to see that it works, not to be quoted
 * @property {boolean} json    print the figures instead of the table
 * @property {number} [rounds]
 */

/** @returns {Promise<any>} */
const once = (/** @type {string} */ workload, /** @type {string} */ peer, /** @type {object} */ options) =>
  new Promise((resolve, reject) => {
    const [program, ...before] = pinned('load', loader);
    const args = [...before, here('measure/once.mjs'), workload, peer, JSON.stringify(options)];
    const child = spawn(/** @type {string} */ (program), args, {
      // Its input ends with this process, and it with its input.
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, BENCH_NODE: process.execPath },
      timeout: LONGEST,
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', (code, signal) => {
      if (code === 0 && out.endsWith('}\n')) resolve(JSON.parse(out));
      else reject(new Error(`${workload} against ${peer} ended with ${signal ?? code}`));
    });
  });

/** The one figure of a measurement: work per second of the server's CPU, bytes, or milliseconds. */
const figureOf = (/** @type {any} */ result) => result.bytes ?? result.delay?.p99 ?? result.work / result.cpu;

/** @param {any[]} results of one workload and peer, one a round */
const cellOf = (results) => {
  // A delay is taken at half load: what counts is whether the load could fill the server before.
  const idle = median(results.map((result) => result.saturatedIdle ?? result.idle ?? 0));
  const values = results.map(figureOf);
  const most = (/** @type {string} */ field) => Math.max(...results.map((result) => result[field] ?? 0));
  return {
    value: median(values),
    spread: spread(values),
    rounds: values.length,
    idle,
    isSaturated: idle <= MOST_IDLE,
    busy: median(results.map((result) => result.busy ?? 0)),
    load: most('load'),
    loadProgram: results[0].loadProgram,
    foreign: most('foreign'),
    version: results[0].version,
    ...(results[0].delay === undefined
      ? {}
      : {
          p50: median(results.map((result) => result.delay.p50)),
          rate: median(results.map((result) => result.rate)),
        }),
    values,
  };
};

/** What could not be measured; the rest is, all the same. @type {string[]} */
const failures = [];
const fail = (/** @type {string} */ what) => {
  failures.push(what);
  note(what);
};

const note = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

/**
 * One row, its peers one after the other in each round.
 * @param {import('./workloads/index.mjs').Workload} workload
 * @param {import('./peers/roster.mjs').Peer[]} peers
 * @param {{ rounds: number, warm: number, seconds: number, quick: boolean }} options
 * @returns {Promise<import('./table.mjs').Row>}
 */
const measureRow = async ({ name, title, kind, mode, unit, wanted }, peers, { rounds, ...options }) => {
  /** @type {Map<string, any[]>} */
  const results = new Map();
  const failed = new Set();
  const takesPart = peers.filter(({ modes }) => modes.includes(mode));
  for (let round = 0; round < (kind === 'memory' ? Math.min(rounds, 3) : rounds); round++) {
    for (const { id } of takesPart) {
      if (failed.has(id)) continue;
      const result = await once(name, id, options).catch((/** @type {Error} */ error) => error);
      if (result instanceof Error) {
        failed.add(id);
        fail(result.message);
        continue;
      }
      if (result.lacks !== undefined) {
        note(`${name}, ${id}: it has no ${result.lacks}`);
        continue;
      }
      results.set(id, [...(results.get(id) ?? []), result]);
      const idle = result.idle === undefined ? '' : `, idle ${(result.idle * 100).toFixed(0)} %`;
      note(`${name}, ${id}: ${Number(figureOf(result).toPrecision(6))}${idle}`);
    }
  }
  /** @type {import('./table.mjs').Row['cells']} */
  const cells = {};
  for (const [id, list] of results) cells[id] = cellOf(list);
  for (const { id, baseline } of takesPart) {
    const cell = cells[id];
    const base = baseline === undefined ? undefined : cells[baseline];
    if (cell && base && kind === 'rate') cell.ratio = cell.value / base.value;
  }
  return { name, title, kind, unit, wanted, cells };
};

/** @param {Options} options */
export const main = async ({ only, peers: wantedPeers, quick, json, rounds = quick ? 1 : 5 }) => {
  const names = [...engineWorkloads, ...serverWorkloads, ...reports].map(({ name }) => name);
  /** What was asked for by its own name, by the beginning of it, or with its suite. */
  const asked =
    (/** @type {string} */ suite) =>
    (/** @type {{ name: string }} */ { name }) =>
      only.length === 0 ||
      only.includes(suite) ||
      only.some((part) => part === name || (name.startsWith(part) && !names.includes(part)));
  const suites = [
    { rows: engineWorkloads.filter(asked('engine')), peers: engines },
    { rows: serverWorkloads.filter(asked('server')), peers: servers },
  ];
  const told = reports.filter(asked('server'));
  if (told.length === 0 && suites.every(({ rows }) => rows.length === 0)) {
    throw new Error(`no such row; there are: engine, server, floods, ${names.join(', ')}`);
  }
  const before = machine();
  const about = `${before.cpu}, ${before.cores} cores, ${before.platform}, load ${before.load.join(' ')}`;
  note(about);
  if (!canPin)
    note('No taskset or only one core: server and load share their cores, so the figures are rough.');
  const times = quick ? { warm: 0.7, seconds: 1 } : { warm: 1.5, seconds: 2.5 };
  mkdirSync(here('results'), { recursive: true });

  const printed = [];
  const done = [];
  for (const { rows, peers: all } of suites) {
    const peers = present(all).filter(({ id }) => wantedPeers.length === 0 || wantedPeers.includes(id));
    /** @type {import('./table.mjs').Row[]} */
    const measured = [];
    for (const row of rows) measured.push(await measureRow(row, peers, { rounds, quick, ...times }));
    if (measured.length > 0) printed.push(table(measured, peers));
    done.push(...measured);
  }
  /** @type {Record<string, unknown>} */
  const toldFigures = {};
  for (const report of told) {
    try {
      const result = await once(report.name, 'fullduplex', { quick });
      toldFigures[report.name] = result;
      printed.push(report.print(result));
      note(`${report.name}: done`);
    } catch (error) {
      fail(String(error));
    }
  }

  const figures = {
    at: new Date().toISOString(),
    quick,
    rounds,
    pinned: canPin,
    before,
    after: machine(),
    rows: done,
    reports: toldFigures,
    failures,
  };
  if (failures.length > 0) {
    process.exitCode = 1;
    printed.push(['Could not be measured:', '', ...failures.map((what) => `- ${what}`)].join('\n'));
  }
  const file = here(`results/${figures.at.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(
    json ? `${JSON.stringify(figures, null, 2)}\n` : `${printed.join('\n\n')}\n\n${about}\n`,
  );
  note(`Kept as ${file}`);
};

/**
 * Acknowledged durable messages: 100 senders over SQLite and over PostgreSQL, by one node and by three, and with commits
 * that take longer. First as many as the servers can do; then at a steady pace whatever the answers do, so that a server
 * that falls behind shows it in the delays. A delay runs from when a message was due to be sent, not from when the sender
 * got round to it.
 */
import { Senders } from '../load/senders.mjs';
import { fsyncDelay } from '../measure/disk.mjs';
import { putAway } from '../measure/distance.mjs';
import { measureAll } from '../measure/meter.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';
import { hasPostgres, start as startPostgres } from '../measure/postgres.mjs';
import { serve } from '../measure/serve.mjs';

const SENDERS = 100;
/** What is asked of SQLite. PostgreSQL is asked for half of what it can do. */
const RATE = 10_000;
const CHANNELS = 50;

/**
 * @typedef {object} Setting
 * @property {'SQLite' | 'PostgreSQL'} log
 * @property {number} nodes
 * @property {number} channels
 * @property {number} [added]  milliseconds that each commit takes longer, with its locks held
 * @property {number} [away]   milliseconds that each answer of the database takes longer
 */

/** @type {Setting[]} */
const SETTINGS = [
  { log: 'SQLite', nodes: 1, channels: 1 },
  { log: 'SQLite', nodes: 1, channels: CHANNELS },
  ...[1, 3].flatMap((nodes) => [
    { log: /** @type {const} */ ('PostgreSQL'), nodes, channels: CHANNELS },
    ...[1, 3, 5].map((added) => ({
      log: /** @type {const} */ ('PostgreSQL'),
      nodes,
      channels: CHANNELS,
      added,
    })),
    ...[1, 3, 5].map((away) => ({
      log: /** @type {const} */ ('PostgreSQL'),
      nodes,
      channels: CHANNELS,
      away,
    })),
  ]),
];
/** What `quick` leaves of them. */
const QUICK = SETTINGS.filter(({ added = 3, away = 3, nodes }) => added === 3 && away === 3 && nodes !== 2);

/**
 * @param {Setting} setting
 * @param {import('./index.mjs').ReportContext} context
 */
const begin = async ({ log, nodes, added = 0, away = 0 }, { start }) => {
  if (log === 'SQLite') {
    const server = await start();
    return { servers: [server], stop: () => server.stop() };
  }
  const database = await startPostgres({ added });
  const distance = away === 0 ? undefined : await putAway(database.url, away);
  /** @type {import('../measure/server.mjs').Server[]} */
  const servers = [];
  const stop = async () => {
    for (const server of servers) await server.stop();
    await distance?.stop();
    await database.stop();
  };
  try {
    // One after the other, as people start them: the first makes the schema.
    for (let i = 0; i < nodes; i++) servers.push(await serve(['--log', (distance ?? database).url]));
  } catch (error) {
    await stop();
    throw error;
  }
  return { servers, stop };
};

/**
 * @param {Setting} setting
 * @param {import('./index.mjs').ReportContext} context
 */
const measureSetting = async (setting, context) => {
  const { servers, stop } = await begin(setting, context);
  const ports = servers.map(({ port }) => port);
  const senders = await Senders.open(ports, SENDERS, setting.channels);
  const seconds = context.quick ? 2 : 8;
  senders.flood();
  const flood = await measureAll(servers, () => senders.acknowledged, { warm: 1, seconds });
  await senders.calm();

  const most = flood.work / flood.seconds;
  const asked = setting.log === 'SQLite' ? RATE : Math.round(most / 2);
  senders.pace(asked);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  senders.begin();
  const paced = await measureAll(servers, () => senders.acknowledged, { warm: 0, seconds });
  await senders.calm();
  const { delays, here, elsewhere, refused } = senders;
  senders.end();
  await stop();
  if (refused > 0) throw new Error(`${refused} messages were refused`);
  return {
    ...setting,
    most,
    floodBusy: flood.busy,
    floodIdle: flood.idle,
    asked,
    rate: paced.work / paced.seconds,
    delay: percentiles(delays),
    here: percentiles(here),
    elsewhere: elsewhere.length === 0 ? undefined : percentiles(elsewhere),
    busy: paced.busy,
    load: paced.load,
    foreign: paced.foreign,
  };
};

/** @typedef {Awaited<ReturnType<typeof measureSetting>> | (Setting & { failed: string })} Row */

/** @param {import('./index.mjs').ReportContext} context */
const run = async (context) => {
  /** @type {Row[]} */
  const rows = [];
  for (const setting of context.quick ? QUICK : SETTINGS) {
    if (setting.log === 'PostgreSQL' && !hasPostgres) continue;
    // One that cannot be had is told with its reason; the others are.
    if (rows.some((row) => 'failed' in row && row.log === setting.log)) continue;
    try {
      rows.push(await measureSetting(setting, context));
    } catch (error) {
      rows.push({ ...setting, failed: String(error).split('\n', 1)[0] ?? '' });
    }
  }
  return { rows, fsync: fsyncDelay() };
};

const pair = (/** @type {{ p50: number, p99: number } | undefined} */ delay) =>
  delay === undefined ? '–' : `${milliseconds(delay.p50)}, ${milliseconds(delay.p99)}`;
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;

/** @param {Row} row */
const line = (row) => {
  const { log, nodes, channels, added, away } = row;
  const slower = added ? `, commits + ${added} ms` : away ? `, ${away} ms away` : '';
  const head = `${log}, ${nodes} node${nodes > 1 ? 's' : ''}, ${channels} channel${channels > 1 ? 's' : ''}${slower}`;
  if ('failed' in row) return `| ${head} | ${row.failed} |${' |'.repeat(10)}`;
  const { most, floodBusy, floodIdle, asked, rate, delay, here, elsewhere, busy } = row;
  const idle = floodIdle > 0.1 ? `, idle ${percent(floodIdle)}` : '';
  return `| ${head} | ${Math.round(most)}/s (${percent(floodBusy)}${idle}) | ${asked}/s | ${Math.round(rate)}/s | ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} | ${milliseconds(delay.p999)} | ${milliseconds(delay.most)} | ${pair(here)} | ${pair(elsewhere)} | ${percent(busy)} |`;
};

/** @type {import('./index.mjs').Report} */
export const acknowledged = {
  name: 'acknowledged',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ rows, fsync }) =>
    [
      `Acknowledged durable messages, 64 B, ${SENDERS} senders. “At most”: each with 16 under way, and how busy the servers’ CPU was; then at a steady pace. Wanted over SQLite: ≥ 10,000/s, p99 ≤ 8 ms, p99.9 ≤ 20 ms. The disk’s own fsync took ${pair(fsync)} (p50, p99).`,
      '',
      '| log | at most | asked | acknowledged | p50 | p99 | p99.9 | most | to a reader, same node: p50, p99 | another node | servers’ CPU |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map(line),
    ].join('\n'),
};

/** A start in a big world: until the server listens, until it has acknowledged a message, and what it holds in memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { roomOf, userName } from '../load/names.mjs';
import { makeRooms, sessionOf } from '../load/world.mjs';
import { milliseconds } from '../measure/percentiles.mjs';
import { median } from '../measure/stats.mjs';
import { servers } from '../peers/roster.mjs';

const seed = fileURLToPath(new URL('../measure/seed.mjs', import.meta.url));

/** @param {import('./index.mjs').ReportContext} context */
const run = async ({ start, quick }) => {
  const world = quick
    ? { users: 20_000, rooms: 2000, roomsEach: 5 }
    : { users: 1_000_000, rooms: 100_000, roomsEach: 5 };
  const dataDir = mkdtempSync(fileURLToPath(new URL('../results/data-', import.meta.url)));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  // The server makes the file, and a first record that facts can refer to.
  const maker = await start({ dataDir });
  await makeRooms(maker.port, 1);
  await maker.stop();
  const begun = performance.now();
  const program = /** @type {(typeof servers)[number]} */ (servers[0]).program;
  const seeded = spawnSync(program, ['--max-old-space-size=8192', seed, dataDir, JSON.stringify(world)], {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  if (seeded.status !== 0) throw new Error(`the world was not made: ${seeded.stderr}`);
  const seeding = performance.now() - begun;
  const bytes = readdirSync(dataDir).reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);

  const listening = [];
  const acknowledged = [];
  const resident = [];
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    const server = await start({ dataDir });
    listening.push(performance.now() - from);
    const session = await sessionOf(server.port, userName(0));
    await session.command('message.send', {
      channel: roomOf(0),
      key: `start-${i}`,
      text: 'the first message',
    });
    acknowledged.push(performance.now() - from);
    resident.push((await server.memory()).rss);
    session.end();
    await server.stop();
  }
  return {
    ...world,
    facts: 2 * world.users * world.roomsEach,
    seeding,
    bytes,
    listening: median(listening),
    acknowledged: median(acknowledged),
    resident: median(resident),
  };
};

/** @type {import('./index.mjs').Report} */
export const start = {
  name: 'start',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ users, rooms, facts, bytes, seeding, listening, acknowledged, resident }) =>
    [
      `A start with ${users} users, ${rooms} rooms, ${facts} memberships and positions (${(bytes / 1e6).toFixed(0)} MB on the disk, made in ${(seeding / 1000).toFixed(0)} s). Wanted: < 1.5 s, < 150 MB.`,
      '',
      '| listens after | has acknowledged a message after | resident then |',
      '| ---: | ---: | ---: |',
      `| ${milliseconds(listening)} | ${milliseconds(acknowledged)} | ${(resident / 1e6).toFixed(0)} MB |`,
    ].join('\n'),
};

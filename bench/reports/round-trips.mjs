/**
 * How often connecting waits for the storage, for somebody in thousands of rooms beside somebody in one: by how much
 * longer it takes on a node whose PostgreSQL is farther away.
 */
import { connectOnce, WARM, warmUp } from '../load/connecting.mjs';
import { userName } from '../load/names.mjs';
import { joinRooms, makeRooms } from '../load/world.mjs';
import { putAway } from '../measure/distance.mjs';
import { milliseconds } from '../measure/percentiles.mjs';
import { hasPostgres, start as startPostgres } from '../measure/postgres.mjs';
import { serve } from '../measure/serve.mjs';
import { median } from '../measure/stats.mjs';

/** Milliseconds: far more than connecting itself takes for each time that it waits. */
const AWAY = 20;
const REPEATS = 3;

/**
 * The time to connect for each of the users, on nodes that know none of them.
 *
 * @param {string} url
 * @param {string[]} users
 * @param {number} away
 */
const coldTimes = async (url, users, away) => {
  const times = users.map(() => /** @type {number[]} */ ([]));
  for (let i = 0; i < REPEATS; i++) {
    const distance = await putAway(url, away);
    const node = await serve(['--log', distance.url]);
    await warmUp(node.port);
    for (const [index, user] of users.entries())
      times[index]?.push((await connectOnce(node.port, user)).time);
    await node.stop();
    await distance.stop();
  }
  return times.map(median);
};

/** @typedef {{ rooms: number, near: number, far: number, trips: number }} Row */

/**
 * @param {import('./index.mjs').ReportContext} context
 * @returns {Promise<{ rows: Row[], failed?: string }>}
 */
const run = async ({ quick }) => {
  if (!hasPostgres) return { rows: [], failed: 'PostgreSQL is not installed' };
  const many = quick ? 500 : 5000;
  const people = [
    { user: userName(1), rooms: 1 },
    { user: userName(2), rooms: many },
  ];
  const database = await startPostgres();
  try {
    const node = await serve(['--log', database.url]);
    await makeRooms(node.port, many, 50);
    await joinRooms(node.port, WARM, 1);
    for (const { user, rooms } of people) await joinRooms(node.port, user, rooms);
    await node.stop();
    const users = people.map(({ user }) => user);
    const near = await coldTimes(database.url, users, 0);
    const far = await coldTimes(database.url, users, AWAY);
    const rows = people.map(({ rooms }, index) => {
      const [short = 0, long = 0] = [near[index], far[index]];
      return { rooms, near: short, far: long, trips: (long - short) / AWAY };
    });
    return { rows };
  } catch (error) {
    return { rows: [], failed: String(error).split('\n', 1)[0] ?? '' };
  } finally {
    await database.stop();
  }
};

/** @type {import('./index.mjs').Report} */
export const roundTrips = {
  name: 'round-trips',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ rows, failed }) =>
    [
      `Connecting to a node that has just started, over PostgreSQL. Wanted: as many round trips one after the other at 5,000 rooms as at one.${failed === undefined ? '' : ` Could not be measured: ${failed}`}`,
      ...(rows.length === 0
        ? []
        : [
            '',
            `| rooms | connect | with the database ${AWAY} ms away | round trips |`,
            '| ---: | ---: | ---: | ---: |',
          ]),
      ...rows.map(
        ({ rooms, near, far, trips }) =>
          `| ${rooms} | ${milliseconds(near)} | ${milliseconds(far)} | ${trips.toFixed(1)} |`,
      ),
    ].join('\n'),
};

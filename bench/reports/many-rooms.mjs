/**
 * Somebody in thousands of rooms beside somebody in one: how long connecting takes on a server that has just started,
 * with and without a place to go on from, and how long a cursor is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectOnce, WARM, warmUp } from '../load/connecting.mjs';
import { HttpClient } from '../load/http-client.mjs';
import { HOST, roomOf, userName } from '../load/names.mjs';
import { cursorOf } from '../load/place.mjs';
import { tokenOf } from '../load/tokens.mjs';
import { joinRooms, makeRooms, sessionOf } from '../load/world.mjs';
import { milliseconds } from '../measure/percentiles.mjs';
import { median } from '../measure/stats.mjs';

/** The length of the cursor of a request that goes on from the snapshot's; the status where it is refused. */
const cursorLength = async (/** @type {number} */ port, /** @type {string} */ user) => {
  const cursor = await cursorOf(port, user);
  const client = new HttpClient(port);
  await client.open();
  const authorization = `Bearer ${tokenOf(user)}`;
  const { status, body } = await client.get(`/api/sync?cursor=${encodeURIComponent(cursor)}`, {
    authorization,
  });
  client.end();
  const next = status === 200 ? JSON.parse(body).cursor.length : 0;
  return { bytes: Math.max(cursor.length, next), status };
};

/** @param {import('./index.mjs').ReportContext} context */
const run = async ({ start, quick }) => {
  const many = quick ? 500 : 5000;
  const repeats = quick ? 1 : 3;
  const dataDir = mkdtempSync(fileURLToPath(new URL('../results/data-', import.meta.url)));
  const users = [
    { user: userName(1), rooms: 1 },
    { user: userName(2), rooms: many },
  ];
  let server = await start({ dataDir });
  await makeRooms(server.port, many, 50);
  await joinRooms(server.port, WARM, 1);
  const host = await sessionOf(server.port, HOST);
  for (const { user, rooms } of users) await joinRooms(server.port, user, rooms);
  await host.command('message.send', { channel: roomOf(0), key: 'last', text: 'the last message' });
  host.end();

  const rows = [];
  for (const { user, rooms } of users) {
    const cursor = await cursorLength(server.port, user);
    const place = await cursorOf(server.port, user);
    /** @type {import('../load/connecting.mjs').Connected[]} */
    const cold = [];
    /** @type {import('../load/connecting.mjs').Connected[]} */
    const placed = [];
    /** @type {import('../load/connecting.mjs').Connected[]} */
    const again = [];
    for (let i = 0; i < repeats; i++) {
      for (const since of [undefined, place]) {
        await server.stop();
        server = await start({ dataDir });
        await warmUp(server.port);
        const first = await connectOnce(server.port, user, since);
        (since === undefined ? cold : placed).push(first);
        if (since === undefined) again.push(await connectOnce(server.port, user, undefined));
      }
    }
    const time = (/** @type {import('../load/connecting.mjs').Connected[]} */ all) =>
      median(all.map((one) => one.time));
    rows.push({
      rooms,
      cursor,
      cold: time(cold),
      placed: time(placed),
      again: time(again),
      bytes: median(cold.map((one) => one.bytes)),
    });
  }
  await server.stop();
  rmSync(dataDir, { recursive: true });
  return { rows };
};

/** @type {import('./index.mjs').Report} */
export const manyRooms = {
  name: 'many-rooms',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ rows }) =>
    [
      'Somebody in many rooms; “cold” is on a server that has just started. Wanted: cursor ≤ 64 bytes, connecting < 50 ms, cold and with a place.',
      '',
      '| rooms | cursor | connect, cold | cold, with a place | again | the answer has |',
      '| ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map(
        ({ rooms, cursor, cold, placed, again, bytes }) =>
          `| ${rooms} | ${cursor.bytes} bytes${cursor.status === 200 ? '' : ` (refused with ${cursor.status})`} | ${milliseconds(cold)} | ${milliseconds(placed)} | ${milliseconds(again)} | ${(bytes / 1000).toFixed(1)} kB |`,
      ),
    ].join('\n'),
};

/**
 * A storm: everyone's connection is cut at once, messages go on without them, and then all come back at the same moment,
 * each from the place it had. Everyone is in several channels, and counted as present. Measured until the last one has
 * everything.
 */

import { HOST, roomOf, userName } from '../load/names.mjs';
import { MarkedStream, textOf } from '../load/numbered-stream.mjs';
import { placeOf } from '../load/place.mjs';
import { follower, forMany, joinAll, makeRooms, sessionOf } from '../load/world.mjs';
import { processTime } from '../measure/cpu.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';

const MISSED = 20;

/**
 * @param {import('./index.mjs').ReportContext} context
 * @param {number} channels
 */
const runStorm = async ({ start, quick }, channels) => {
  const people = quick ? 500 : 5000;
  const server = await start();
  const { port } = server;
  await makeRooms(port, channels);
  await joinAll(port, people, channels);
  const host = await sessionOf(port, HOST);
  const send = (/** @type {number} */ number) =>
    host.command('message.send', {
      channel: roomOf(number % channels),
      key: `k${number}`,
      text: textOf(number, 64),
    });
  for (let number = 0; number < channels; number++) await send(number);
  const back = await placeOf(port);
  const opened = await forMany(
    people,
    async (number) => {
      const session = await follower(port, userName(number));
      return { session, back: back() };
    },
    50,
  );
  const { rss } = await server.settle();
  for (const { session } of opened) session.end();
  for (let number = channels; number < channels + MISSED; number++) await send(number);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const before = processTime(server.pid);
  const begun = performance.now();
  /** @type {number[]} */
  const times = [];
  const sessions = await Promise.all(
    opened.map(async ({ back }, number) => {
      /** @type {Set<number>} */
      const had = new Set();
      const stream = new MarkedStream();
      const whole = new Promise((resolve) => {
        stream.onNumber = (missed) => {
          if (missed < channels || had.has(missed)) throw new Error(`message ${missed} came again`);
          had.add(missed);
          if (had.size < MISSED) return;
          times.push(performance.now() - begun);
          resolve(undefined);
        };
      });
      const look = (/** @type {Buffer} */ buffer, /** @type {number} */ length) =>
        stream.push(buffer, length);
      const session = await follower(port, userName(number), back, look);
      await whole;
      return session;
    }),
  );
  const last = Math.max(...times);
  const used = (processTime(server.pid)?.used ?? 0) - (before?.used ?? 0);
  const { rss: after, peak } = await server.settle();
  const stats = await host.ask({ presence_stats: { channel: roomOf(0) } });
  const present = stats.presence_stats.num_users;
  if (present < people) throw new Error(`${present} of ${people} are counted as here`);
  for (const session of sessions) session.end();
  host.end();
  await server.stop();
  return {
    channels,
    people,
    present,
    delay: percentiles(times),
    last,
    busy: (used * 1000) / last,
    rss,
    after,
    peak,
  };
};

const mega = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** @param {Awaited<ReturnType<typeof runStorm>>} row */
const line = ({ channels, delay, last, busy, rss, after, peak }) =>
  `| ${channels} | ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} | ${milliseconds(last)} | ${(busy * 100).toFixed(0)} % | ${mega(rss)} | ${mega(after)} | ${mega(peak)} |`;

/** @type {import('./index.mjs').Report} */
export const storm = {
  name: 'storm',
  run: async (context) => ({ rows: [await runStorm(context, 1), await runStorm(context, 20)] }),
  /** @param {{ rows: Awaited<ReturnType<typeof runStorm>>[] }} result */
  print: ({ rows }) =>
    [
      `A storm: ${rows[0]?.people} sessions cut at once, ${MISSED} messages missed each, all back at once, presence on. Wanted in 20 channels: the last within 1.5 s.`,
      '',
      '| channels each | half are back after | 99 % | the last | server’s CPU | resident before | after | at most |',
      '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map(line),
    ].join('\n'),
};

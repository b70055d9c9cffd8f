/**
 * What others notice of eight who ask for what is dear, in a big world: the delay of another user's sends, on a quiet
 * server and while each of the commands is called again and again.
 */

import { HOST, roomOf, userName } from '../load/names.mjs';
import { textOf } from '../load/numbered-stream.mjs';
import { follower, forMany, makeRooms, sessionOf, signInAll } from '../load/world.mjs';
import { measure } from '../measure/meter.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';

const CALLERS = 8;
const LOBBY = 'room:lobby';

/** What is called; each is a method of the protocol. */
const COMMANDS = [
  { title: 'room.list, 1', ask: { rpc: { method: 'room.list', data: { limit: 1 } } } },
  { title: 'room.list, 1000', ask: { rpc: { method: 'room.list', data: { limit: 1000 } } } },
  { title: 'room.list, a search', ask: { rpc: { method: 'room.list', data: { query: '999', limit: 1 } } } },
  {
    title: 'channel.members of the lobby',
    ask: { rpc: { method: 'channel.members', data: { channel: LOBBY } } },
  },
  { title: 'presence in the lobby', ask: { presence: { channel: LOBBY } } },
  { title: 'presence_stats of the lobby', ask: { presence_stats: { channel: LOBBY } } },
  { title: 'me.state', ask: { rpc: { method: 'me.state', data: {} } } },
];

/**
 * The delays of so many sends, each sent at a moment of its own whatever the answers do.
 *
 * @param {import('../load/session.mjs').Session} session
 * @param {number} count
 * @param {number} rate a second
 */
const sendPaced = async (session, count, rate) => {
  /** @type {number[]} */
  const delays = [];
  /** @type {Promise<void>[]} */
  const sends = [];
  const start = performance.now();
  for (let number = 0; number < count; number++) {
    const due = start + (number / rate) * 1000;
    const left = due - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    const key = `${start}-${number}`;
    sends.push(
      session
        .command('message.send', { channel: roomOf(0), key, text: textOf(number, 64) })
        .then(() => void delays.push(performance.now() - due)),
    );
  }
  await Promise.all(sends);
  return percentiles(delays);
};

/** @param {import('./index.mjs').ReportContext} context */
const run = async ({ start, quick }) => {
  const users = quick ? 5000 : 100_000;
  const rooms = quick ? 2500 : 50_000;
  const here = quick ? 200 : 2000;
  const sends = quick ? 300 : 1500;
  const rate = 200;
  const server = await start();
  const { port } = server;
  await makeRooms(port, rooms, Math.ceil(rooms / 250));
  await signInAll(port, users);
  const present = await forMany(here, (number) => follower(port, userName(number)), 50);
  const sender = await sessionOf(port, HOST);
  const callers = await forMany(CALLERS, (number) => sessionOf(port, userName(users - 1 - number)));

  /** @type {{ title: string, calls: number, delay: ReturnType<typeof percentiles>, busy: number }[]} */
  const rows = [];
  const one = async (/** @type {string} */ title, /** @type {object | undefined} */ ask) => {
    let isOver = false;
    let calls = 0;
    const calling = ask
      ? callers.map(async (caller) => {
          while (!isOver) {
            await caller.ask(ask);
            calls++;
          }
        })
      : [];
    const sending = sendPaced(sender, sends, rate);
    const window = await measure(server, () => calls, { warm: 0, seconds: sends / rate / 2 });
    const delay = await sending;
    isOver = true;
    await Promise.all(calling);
    rows.push({ title, calls: window.work / window.seconds, delay, busy: window.busy });
  };
  await sendPaced(sender, 200, rate);
  await one('nothing: a quiet server', undefined);
  for (const { title, ask } of COMMANDS) await one(title, ask);
  const { rss } = await server.settle();
  for (const session of [...present, sender, ...callers]) session.end();
  await server.stop();
  return { users, rooms, here, sends, rss, rows };
};

/** @type {import('./index.mjs').Report} */
export const callers = {
  name: 'callers',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ users, rooms, here, sends, rows, rss }) =>
    [
      `${CALLERS} callers of one command, each asking again as soon as it is answered; ${users} users, ${rooms} rooms, ${here} of them here, ${(rss / 1e6).toFixed(0)} MB resident. The delay is that of ${sends} sends of another user. Wanted: p99 ≤ twice the quiet server’s, or ≤ 20 ms.`,
      '',
      '| what is called | answered | sends: p50 | p99 | most | server’s CPU |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map(
        ({ title, calls, delay, busy }) =>
          `| ${title} | ${Math.round(calls)}/s | ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} | ${milliseconds(delay.most)} | ${(busy * 100).toFixed(0)} % |`,
      ),
    ].join('\n'),
};

/**
 * Memory of a server for everyone who is there and says nothing: a WebSocket session that follows three channels (its
 * own feed, the lobby and a room), and a held long poll that waits for the same three.
 */
import { openSession, openSocketIo } from '../load/chat-client.mjs';
import { HeldPoll } from '../load/held-poll.mjs';
import { forMany, hostOf, members } from '../load/people.mjs';

const COUNT = 5000;
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {import('../measure/server.mjs').Server} server
 * @param {(number: number) => Promise<{ end: () => void }>} open
 * @param {number} count
 */
const perOne = async (server, open, count) => {
  (await open(count)).end();
  await pause(500);
  const before = await server.settle();
  const opened = await forMany(count, open);
  await pause(1000);
  const after = await server.settle();
  for (const one of opened) one.end();
  // What the joining left behind is free memory that is still resident; what is taken from it shows in the heap alone.
  const resident = after.rss - before.rss;
  const heap = after.heapUsed + after.external - before.heapUsed - before.external;
  return { bytes: Math.max(resident, heap) / count };
};

/** @type {import('./index.mjs').Workload} */
export const memorySession = {
  name: 'memory-session',
  title: 'resident memory per idle session that follows three channels',
  kind: 'memory',
  mode: 'sessions',
  unit: 'bytes',
  wanted: { node20: '≤ 10 kB' },
  run: async ({ server, speaks, quick }) => {
    const count = quick ? 1000 : COUNT;
    if (speaks === 'socket.io') {
      return perOne(server, async () => (await openSocketIo(server.port)).connection, count);
    }
    await hostOf(server.port);
    const tokens = await members(server.port, count + 1);
    const open = async (/** @type {number} */ number) => {
      const session = await openSession(server.port, { token: tokens[number], data: { follow: 'mine' } });
      const followed = Object.keys(session.answer.subs ?? {}).length;
      if (followed !== 3) throw new Error(`the session follows ${followed} channels`);
      return session.connection;
    };
    return perOne(server, open, count);
  },
};

/** @type {import('./index.mjs').Workload} */
export const memoryPoll = {
  name: 'memory-poll',
  title: 'resident memory per held long poll that waits for three channels',
  kind: 'memory',
  mode: 'polls',
  unit: 'bytes',
  wanted: { node20: '≤ 8 kB' },
  run: async ({ server, quick }) => {
    const count = quick ? 1000 : COUNT;
    await hostOf(server.port);
    const tokens = await members(server.port, count + 1);
    return perOne(
      server,
      (number) => HeldPoll.open(server.port, /** @type {string} */ (tokens[number])),
      count,
    );
  },
};

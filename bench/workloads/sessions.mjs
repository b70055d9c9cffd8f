/**
 * Memory of a server for everyone who is there and says nothing: a WebSocket session that follows what its user belongs
 * to (the user's own feed, the lobby and so many rooms), and a held long poll that waits for the same.
 */
import { openSocketIo } from '../load/chats.mjs';
import { HeldPoll } from '../load/held-poll.mjs';
import { userName } from '../load/names.mjs';
import { tokenOf } from '../load/tokens.mjs';
import { follower, forMany, joinAll, makeRooms } from '../load/world.mjs';

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
  const opened = await forMany(count, open, 50);
  await pause(1000);
  const after = await server.settle();
  for (const one of opened) one.end();
  // What the joining left behind is free memory that is still resident; what is taken from it shows in the heap alone.
  const resident = after.rss - before.rss;
  const heap = after.heapUsed + after.external - before.heapUsed - before.external;
  return { bytes: Math.max(resident, heap) / count };
};

/**
 * @param {number} rooms
 * @param {number} most sessions
 * @param {string} wanted
 * @returns {import('./index.mjs').Workload}
 */
const memorySession = (rooms, most, wanted) => ({
  name: `memory-session${rooms > 1 ? `-in-${rooms}` : ''}`,
  title: `resident memory per idle session in ${rooms} channel${rooms > 1 ? 's' : ''}, the lobby and its feed`,
  kind: 'memory',
  mode: 'sessions',
  unit: 'bytes',
  wanted: { node20: wanted },
  run: async ({ server, speaks, quick }) => {
    const count = quick ? Math.min(most, rooms > 1 ? 200 : 1000) : most;
    if (speaks === 'socket.io') return perOne(server, () => openSocketIo(server.port, rooms), count);
    await makeRooms(server.port, rooms);
    await joinAll(server.port, count + 1, rooms);
    return perOne(server, (number) => follower(server.port, userName(number)), count);
  },
});

export const sessionRows = [
  memorySession(1, 5000, '≤ 10 kB'),
  memorySession(20, 5000, '–'),
  memorySession(300, 1000, '≤ 1.3 times one channel’s'),
];

/** @type {import('./index.mjs').Workload} */
export const memoryPoll = {
  name: 'memory-poll',
  title: 'resident memory per held long poll in 1 channel, the lobby and its feed',
  kind: 'memory',
  mode: 'polls',
  unit: 'bytes',
  wanted: { node20: '≤ 8 kB' },
  run: async ({ server, quick }) => {
    const count = quick ? 1000 : 5000;
    await makeRooms(server.port, 1);
    await joinAll(server.port, count + 1, 1);
    return perOne(server, (number) => HeldPoll.open(server.port, tokenOf(userName(number))), count);
  },
};

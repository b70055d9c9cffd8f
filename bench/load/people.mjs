/** Many users of a server of ours, each a member of one room besides the lobby. */
import { command, guestToken } from './chat-client.mjs';

export const ROOM = 'room:bench';

/**
 * Runs `each` for the numbers below `count`, some at a time.
 * @template T
 * @param {number} count
 * @param {(number: number) => Promise<T>} each
 * @returns {Promise<T[]>}
 */
export const forMany = async (count, each) => {
  const done = [];
  for (let from = 0; from < count; from += 50) {
    const size = Math.min(50, count - from);
    done.push(...(await Promise.all(Array.from({ length: size }, (_, index) => each(from + index)))));
  }
  return done;
};

/** The token of the one who made the room. */
export const hostOf = async (/** @type {number} */ port) => {
  const token = await guestToken(port, 'host');
  await command(port, token, 'room.create', { name: 'bench' });
  return token;
};

/** Tokens of so many members. */
export const members = (/** @type {number} */ port, /** @type {number} */ count) =>
  forMany(count, async (number) => {
    const token = await guestToken(port, `member-${number}`);
    await command(port, token, 'room.join', { channel: ROOM });
    return token;
  });

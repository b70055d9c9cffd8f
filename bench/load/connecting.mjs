/** How long a user takes to connect to a server that knows nothing of that user yet. */
import { follower } from './world.mjs';

/** What the first request of a kind costs a new process is not what is looked for: this one connects before. */
export const WARM = 'warm';

/** @typedef {{ time: number, bytes: number }} Connected  milliseconds until the answer, and its length */

/**
 * @param {number} port
 * @param {string} user
 * @param {string} [since] the cursor to go on from
 * @returns {Promise<Connected>}
 */
export const connectOnce = async (port, user, since) => {
  const data = { follow: 'mine', ...(since === undefined ? {} : { since }) };
  const begun = performance.now();
  const session = await follower(port, user, { data });
  const time = performance.now() - begun;
  const bytes = JSON.stringify(session.answer).length;
  session.end();
  return { time, bytes };
};

export const warmUp = async (/** @type {number} */ port) => {
  for (let i = 0; i < 20; i++) await connectOnce(port, WARM);
};

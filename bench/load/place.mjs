/** Where a session that was cut goes on from. */
import { firstCursor } from './held-poll.mjs';
import { HttpClient } from './http-client.mjs';
import { HOST } from './names.mjs';
import { tokenOf } from './tokens.mjs';

/** What a cursor has at most, where it is one place in one order. */
const CURSOR_BYTES = 64;

/** The cursor of a snapshot that the user of this name takes now. */
export const cursorOf = async (/** @type {number} */ port, /** @type {string} */ user) => {
  const client = new HttpClient(port);
  await client.open();
  const cursor = await firstCursor(client, tokenOf(user));
  client.end();
  return cursor;
};

/**
 * How a session says where it goes on from: by one cursor, which is the same for everyone, or on a server whose cursors
 * name each channel, by its positions.
 *
 * @param {number} port
 * @returns {Promise<(session: import('./session.mjs').Session) => object>} what `connect` is given on coming back
 */
export const placeOf = async (port) => {
  const cursor = await cursorOf(port, HOST);
  if (cursor.length <= CURSOR_BYTES) return () => ({ data: { follow: 'mine', since: cursor } });
  return ({ answer }) => {
    const subs = Object.entries(/** @type {Record<string, any>} */ (answer.subs));
    return {
      subs: Object.fromEntries(
        subs.map(([channel, { epoch, offset }]) => [channel, { recover: true, epoch, offset }]),
      ),
    };
  };
};

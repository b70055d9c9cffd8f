/** Where a session that was cut goes on from. */
import { firstCursor } from './held-poll.mjs';
import { HttpClient } from './http-client.mjs';
import { HOST } from './names.mjs';
import { tokenOf } from './tokens.mjs';

/** The cursor of a snapshot that the user of this name takes now. */
export const cursorOf = async (/** @type {number} */ port, /** @type {string} */ user) => {
  const client = new HttpClient(port);
  await client.open();
  const cursor = await firstCursor(client, tokenOf(user));
  client.end();
  return cursor;
};

/**
 * How a session says where it goes on from: by one cursor, which is the same for everyone.
 *
 * @param {number} port
 * @returns {Promise<() => object>} what `connect` is given on coming back
 */
export const placeOf = async (port) => {
  const since = await cursorOf(port, HOST);
  return () => ({ data: { follow: 'mine', since } });
};

/** A long poll that is held: the snapshot first, for a cursor, and then a request that waits. */
import { HttpClient } from './http-client.mjs';

/** The address to go on reading at. */
export const syncPath = (/** @type {string} */ cursor, /** @type {number} */ wait, session = 's') =>
  `/api/sync?cursor=${encodeURIComponent(cursor)}&wait=${wait}&session=${session}`;

/** Reads the snapshot over a connection and gives its cursor. */
export const firstCursor = async (/** @type {HttpClient} */ client, /** @type {string} */ token) => {
  const { status, body } = await client.get('/api/sync', { authorization: `Bearer ${token}` });
  if (status !== 200) throw new Error(`the snapshot was refused: ${status} ${body}`);
  return /** @type {string} */ (JSON.parse(body).cursor);
};

export const HeldPoll = {
  open: async (/** @type {number} */ port, /** @type {string} */ token) => {
    const client = new HttpClient(port);
    await client.open();
    const cursor = await firstCursor(client, token);
    void client.get(syncPath(cursor, 60), { authorization: `Bearer ${token}` }).then(({ status }) => {
      throw new Error(`a poll that should be held was answered with ${status}`);
    });
    return client;
  },
};

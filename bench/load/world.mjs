/**
 * Makes worlds of users and rooms through the wire, with many commands under way at once, so that it is the server that
 * takes the time.
 */
import { HttpClient } from './http-client.mjs';
import { HOST, roomOf, userName } from './names.mjs';
import { Session } from './session.mjs';
import { tokenOf } from './tokens.mjs';

/** How many sessions of different users give their commands at the same time. */
const AT_ONCE = 200;
/** Commands that one session has under way. */
const PIPELINE = 200;

/**
 * Runs `each` for the numbers below `count`, so many at a time.
 *
 * @template T
 * @param {number} count
 * @param {(number: number) => Promise<T>} each
 * @returns {Promise<T[]>} in order
 */
export const forMany = async (count, each, atOnce = AT_ONCE) => {
  /** @type {T[]} */
  const done = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const number = next++;
      done[number] = await each(number);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return done;
};

/** A session of a user that follows nothing. */
export const sessionOf = (/** @type {number} */ port, /** @type {string} */ user) =>
  Session.open(port, { token: tokenOf(user) });

/** So many rooms; a server makes those of one owner one after the other, so many are made faster by several. */
export const makeRooms = async (/** @type {number} */ port, /** @type {number} */ count, owners = 1) => {
  const share = Math.ceil(count / owners);
  await forMany(owners, async (owner) => {
    const session = await sessionOf(port, owner === 0 ? HOST : `${HOST}-${owner}`);
    const from = owner * share;
    await forMany(
      Math.max(0, Math.min(share, count - from)),
      (number) => session.command('room.create', { name: roomOf(from + number).slice('room:'.length) }),
      PIPELINE,
    );
    session.end();
  });
};

/** Makes users known to a server, by a command over HTTP that changes nothing. */
export const signInAll = async (/** @type {number} */ port, /** @type {number} */ count) => {
  let next = 0;
  await forMany(
    64,
    async () => {
      const client = new HttpClient(port);
      await client.open();
      while (next < count) {
        const authorization = `Bearer ${tokenOf(userName(next++))}`;
        const typing = { channel: 'room:lobby', typing: false };
        const { status, body } = await client.post('/api/commands/typing.set', { authorization }, typing);
        if (status !== 200) throw new Error(`a user could not sign in: ${status} ${body}`);
      }
      client.end();
    },
    64,
  );
};

/**
 * Signs users in, and each joins so many of the rooms.
 *
 * @param {number} port
 * @param {number} users
 * @param {number} rooms from the first on
 */
export const joinAll = (port, users, rooms) =>
  forMany(users, (number) => joinRooms(port, userName(number), rooms));

/** One user joins so many rooms, as fast as the server lets one. */
export const joinRooms = async (
  /** @type {number} */ port,
  /** @type {string} */ user,
  /** @type {number} */ rooms,
) => {
  const session = await sessionOf(port, user);
  await forMany(rooms, (room) => session.command('room.join', { channel: roomOf(room) }), PIPELINE);
  session.end();
};

/** A session of a user that follows what the user belongs to. */
export const follower = (
  /** @type {number} */ port,
  /** @type {string} */ user,
  /** @type {object} */ connect = {},
  /** @type {(buffer: Buffer, length: number) => void} */ look = () => {},
) => Session.open(port, { token: tokenOf(user), data: { follow: 'mine' }, ...connect }, look);

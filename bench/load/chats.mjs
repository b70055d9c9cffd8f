/**
 * A chat in several channels, in the three languages that are measured: our session, Socket.IO's, and none. Everyone is
 * in all of the channels, and one more says things.
 */
import { LoadConnection } from './connection.mjs';
import { conversation, textFrame } from './conversation.mjs';
import { HOST, roomOf, userName } from './names.mjs';
import { rpcText } from './session.mjs';
import { follower, joinAll, makeRooms, sessionOf } from './world.mjs';

/** A client of Socket.IO that is connected and in so many rooms. */
export const openSocketIo = async (/** @type {number} */ port, rooms = 1) => {
  const connection = new LoadConnection({ port, path: '/socket.io/?EIO=4&transport=websocket' });
  const { say, hear } = conversation(connection);
  const greeted = hear((line) => line.startsWith('0{'));
  await connection.ready;
  await greeted;
  const connected = hear((line) => line.startsWith('40'));
  say('40');
  await connected;
  const joined = hear((line) => line.startsWith('43'));
  say(`421${JSON.stringify(['join', rooms])}`);
  await joined;
  return connection;
};

/**
 * @typedef {object} Chat
 * @property {(number: number) => Promise<LoadConnection>} join  the reader of that number comes
 * @property {(channel: number, texts: string[]) => void} publish says them all at once
 * @property {() => void} leave   ends the one who publishes
 */

/** @type {Record<string, (port: number, people: number, channels: number) => Promise<Chat>>} */
export const chats = {
  session: async (port, people, channels) => {
    await makeRooms(port, channels);
    await joinAll(port, people, channels);
    const sender = await sessionOf(port, HOST);
    let id = 1;
    return {
      join: async (number) => (await follower(port, userName(number))).connection,
      publish: (channel, texts) => {
        const frames = texts.map((text) => {
          id++;
          return textFrame(rpcText(id, 'message.send', { channel: roomOf(channel), key: `k${id}`, text }));
        });
        sender.connection.write(Buffer.concat(frames));
      },
      leave: () => sender.end(),
    };
  },
  'socket.io': async (port, _, channels) => {
    const sender = await openSocketIo(port, channels);
    return {
      join: () => openSocketIo(port, channels),
      publish: (channel, texts) =>
        sender.write(
          Buffer.concat(texts.map((text) => textFrame(`42${JSON.stringify(['message', channel, text])}`))),
        ),
      leave: () => sender.end(),
    };
  },
  plain: async (port) => {
    const sender = new LoadConnection({ port });
    await sender.ready;
    return {
      join: async () => {
        const connection = new LoadConnection({ port });
        await connection.ready;
        return connection;
      },
      publish: (_, texts) => sender.write(Buffer.concat(texts.map(textFrame))),
      leave: () => sender.end(),
    };
  },
};

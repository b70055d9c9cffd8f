/**
 * Group chat through a whole server: one member writes bursts of messages, everyone reads all of it. Where everyone is in
 * several channels, each burst goes to the channel after the last one's. Every reader's stream is checked for loss,
 * doubles and order.
 */
import { keepBursting } from '../load/bursts.mjs';
import { chats } from '../load/chats.mjs';
import { NumberedStream, textOf } from '../load/numbered-stream.mjs';
import { forMany } from '../load/world.mjs';
import { measure } from '../measure/meter.mjs';

const SIZE = 64;
const BURST = 32;
/** Bursts that may be on their way to the disk, or from it, at the same time. */
const UNDER_WAY = 2;

/**
 * @param {import('./index.mjs').Context} context
 * @param {number} readers
 * @param {number} channels
 */
const runChat = async ({ server, speaks, times }, readers, channels) => {
  const open = chats[speaks ?? ''];
  if (open === undefined) throw new Error(`nobody speaks ${speaks}`);
  const chat = await open(server.port, readers, channels);
  const joined = await forMany(readers, (number) => chat.join(number), 32);
  let number = 1;
  let deliveries = 0;
  const reading = joined.map((connection) => {
    const stream = new NumberedStream();
    const take = (/** @type {Buffer} */ buffer, /** @type {number} */ length) => {
      const before = stream.next;
      stream.push(buffer, length);
      deliveries += stream.next - before;
      return Math.floor((stream.next - 1) / BURST);
    };
    return { connection, take };
  });
  const publish = (/** @type {number} */ burst) =>
    chat.publish(
      burst % channels,
      Array.from({ length: BURST }, () => textOf(number++, SIZE)),
    );
  await keepBursting(reading, publish, UNDER_WAY);
  const window = await measure(server, () => deliveries, times);
  for (const connection of joined) connection.end();
  chat.leave();
  return window;
};

/** @returns {import('./index.mjs').Workload} */
const chat = (
  /** @type {number} */ readers,
  /** @type {number} */ channels,
  /** @type {string} */ wanted,
) => ({
  name: `chat-${readers}${channels > 1 ? `-in-${channels}` : ''}`,
  title: `group chat, ${SIZE} B to ${readers} readers (bursts of ${BURST}, ${UNDER_WAY} under way), each in ${channels} channel${channels > 1 ? 's' : ''}`,
  kind: 'rate',
  mode: channels > 1 ? 'chats' : 'chat',
  unit: 'deliveries',
  wanted: { node20: wanted },
  // A world of many memberships takes its time to make.
  run: (context) => runChat(context, context.quick && channels > 1 ? 200 : readers, channels),
});

const RATIOS = '≥ 8, and ≥ 4 times the loop';

export const chatRows = [
  chat(100, 1, RATIOS),
  chat(1000, 1, RATIOS),
  chat(1000, 20, '–'),
  chat(1000, 300, 'one channel’s / 1.3'),
];

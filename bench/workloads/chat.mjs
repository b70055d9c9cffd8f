/**
 * Group chat through a whole server: one member writes a burst of messages at once, and the next when every reader has
 * all of it. Every reader's stream is checked for loss, doubles and order.
 */
import { chats, NumberedStream, textOf } from '../load/chat-client.mjs';
import { measure } from '../measure/meter.mjs';

const SIZE = 64;
const BURST = 32;

/**
 * @param {import('./index.mjs').Context} context
 * @param {number} readers
 */
const runChat = async ({ server, speaks, times }, readers) => {
  const open = chats[speaks ?? ''];
  if (open === undefined) throw new Error(`nobody speaks ${speaks}`);
  const chat = await open(server.port);
  /** @type {import('../load/connection.mjs').LoadConnection[]} */
  const joined = [];
  while (joined.length < readers) {
    const some = Array.from({ length: Math.min(32, readers - joined.length) }, () => chat.join());
    joined.push(...(await Promise.all(some)));
  }
  let number = 1;
  let due = 1;
  let deliveries = 0;
  let satisfied = 0;
  const burst = () => {
    due += BURST;
    chat.publish(Array.from({ length: BURST }, () => textOf(number++, SIZE)));
  };
  for (const connection of joined) {
    const stream = new NumberedStream();
    connection.onBytes = (buffer, length) => {
      const before = stream.next;
      stream.push(buffer, length);
      deliveries += stream.next - before;
      if (stream.next !== due || before === due) return;
      if (++satisfied < readers) return;
      satisfied = 0;
      burst();
    };
  }
  burst();
  const window = await measure(server, () => deliveries, times);
  for (const connection of joined) connection.end();
  chat.leave();
  return window;
};

/** @returns {import('./index.mjs').Workload} */
const chat = (/** @type {number} */ readers) => ({
  name: `chat-${readers}`,
  title: `group chat, ${SIZE} B to ${readers} readers (bursts of ${BURST})`,
  kind: 'rate',
  mode: 'chat',
  unit: 'deliveries',
  wanted: { node20: '≥ 8, and ≥ 4 times the loop' },
  run: (context) => runChat(context, readers),
});

export const chat100 = chat(100);
export const chat1000 = chat(1000);

/**
 * A storm: everyone's connection is cut at once, messages go on without them, and then all come back at the same
 * moment, each from the position it had. Measured until the last one has everything.
 */
import { command, NumberedStream, openSession, textOf } from '../load/chat-client.mjs';
import { forMany, hostOf, members, ROOM } from '../load/people.mjs';
import { milliseconds, percentiles } from '../measure/percentiles.mjs';

const MISSED = 20;

/** @param {import('../workloads/index.mjs').Context} context */
const run = async ({ server, quick }) => {
  const people = quick ? 1000 : 5000;
  const host = await hostOf(server.port);
  const send = (/** @type {number} */ number) =>
    command(server.port, host, 'message.send', {
      channel: ROOM,
      key: `k${number}`,
      text: textOf(number, 64),
    });
  const tokens = await members(server.port, people);
  await send(1);
  const opened = await forMany(people, async (number) => {
    const connect = { token: tokens[number], data: { follow: 'mine' } };
    const { connection, answer } = await openSession(server.port, connect);
    const position = answer.subs?.[ROOM];
    if (position === undefined) throw new Error('the session does not follow the room');
    return { connection, connect, position };
  });
  const { rss } = await server.settle();
  for (const { connection } of opened) connection.end();
  for (let number = 2; number <= 1 + MISSED; number++) await send(number);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const start = performance.now();
  /** @type {number[]} */
  const times = [];
  const back = await Promise.all(
    opened.map(async ({ connect, position }) => {
      const stream = new NumberedStream();
      stream.next = 2;
      const { epoch, offset } = position;
      const recovering = { ...connect, subs: { [ROOM]: { recover: true, epoch, offset } } };
      const { connection, whole } = await returning(server.port, recovering, stream);
      await whole;
      times.push(performance.now() - start);
      return connection;
    }),
  );
  const { rss: after, peak } = await server.settle();
  for (const connection of back) connection.end();
  return { people, delay: percentiles(times), last: Math.max(...times), rss, after, peak };
};

/**
 * @param {number} port
 * @param {object} connect
 * @param {NumberedStream} stream
 */
const returning = async (port, connect, stream) => {
  const session = await openSession(port, connect, (buffer, length) => stream.push(buffer, length));
  const whole = new Promise((resolve) => {
    const look = () => {
      if (stream.next === 2 + MISSED) resolve(undefined);
    };
    session.connection.onBytes = (buffer, length) => {
      stream.push(buffer, length);
      look();
    };
    look();
  });
  return { connection: session.connection, whole };
};

const mega = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

export const storm = {
  name: 'storm',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ people, delay, last, rss, after, peak }) =>
    [
      `A storm: ${people} sessions cut at once, ${MISSED} messages missed each, all back at once:`,
      '',
      '| half are back after | 99 % | the last | resident before | after | at most |',
      '| ---: | ---: | ---: | ---: | ---: | ---: |',
      `| ${milliseconds(delay.p50)} | ${milliseconds(delay.p99)} | ${milliseconds(last)} | ${mega(rss)} | ${mega(after)} | ${mega(peak)} |`,
    ].join('\n'),
};

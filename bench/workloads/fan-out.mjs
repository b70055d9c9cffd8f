/**
 * Fan-out: one connection publishes, every connection reads. Messages come in bursts, so a server that joins what it has
 * for a reader gains by it, as it does when a busy channel is read by many. Where everyone is in several groups, each
 * burst goes to the group after the last one's.
 */
import { keepBursting } from '../load/bursts.mjs';
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame } from '../load/frames.mjs';
import { measure } from '../measure/meter.mjs';

const SIZE = 64;

/**
 * @param {import('./index.mjs').Context} context
 * @param {{ readers: number, burst: number, groups: number, secure: boolean }} load
 */
const runFanOut = async ({ server, times }, { readers, burst, groups, secure }) => {
  const mask = bytes(4, 99);
  // The first byte of a message says to which group it goes.
  const payloads = Array.from({ length: groups }, (_, group) => {
    const payload = bytes(SIZE);
    payload[0] = group;
    return payload;
  });
  const bursts = payloads.map((payload) =>
    Buffer.concat(Array.from({ length: burst }, () => clientFrame(BINARY, payload, { mask }))),
  );
  const answers = payloads.flatMap((payload) =>
    Array.from({ length: burst }, () => serverFrame(BINARY, payload)),
  );
  const size = /** @type {Buffer} */ (answers[0]).length;
  const expected = new Expected(Buffer.concat(answers));
  const opened = await openMany(readers, { port: server.port, secure });
  const publisher = /** @type {import('../load/connection.mjs').LoadConnection} */ (opened[0]);
  let deliveries = 0;
  const reading = opened.map((connection) => {
    let at = 0;
    let arrived = 0;
    const take = (/** @type {Buffer} */ buffer, /** @type {number} */ length) => {
      at = expected.check(at, buffer, length);
      const whole = Math.floor(arrived / size);
      arrived += length;
      deliveries += Math.floor(arrived / size) - whole;
      return Math.floor(arrived / (size * burst));
    };
    return { connection, take };
  });
  await keepBursting(reading, (number) =>
    publisher.write(/** @type {Buffer} */ (bursts[number % bursts.length])),
  );
  const window = await measure(server, () => deliveries, times);
  for (const connection of opened) connection.end();
  return window;
};

/**
 * @param {{ readers: number, burst: number, groups?: number, secure?: boolean, wanted: string }} shape
 * @returns {import('./index.mjs').Workload}
 */
const fanOut = ({ readers, burst, groups = 1, secure = false, wanted }) => ({
  name: `${secure ? 'tls-' : ''}fan-out-${readers}${groups > 1 ? `-in-${groups}` : ''}`,
  title: `${secure ? 'TLS: ' : ''}fan-out, ${SIZE} B to ${readers} (bursts of ${burst})${groups > 1 ? `, each in ${groups} groups` : ''}`,
  kind: 'rate',
  mode: `${secure ? 'secure-' : ''}broadcast-${groups}`,
  unit: 'deliveries',
  wanted: { node20: wanted },
  run: (context) => runFanOut(context, { readers, burst, groups, secure }),
});

const AS_ONE_GROUP = 'one group’s / 1.1';

export const fanOuts = [
  fanOut({ readers: 100, burst: 12, wanted: '≥ 12.8' }),
  fanOut({ readers: 100, burst: 12, groups: 3, wanted: AS_ONE_GROUP }),
  fanOut({ readers: 100, burst: 12, groups: 20, wanted: AS_ONE_GROUP }),
  fanOut({ readers: 1000, burst: 6, wanted: '≥ 7.2' }),
  fanOut({ readers: 1000, burst: 6, groups: 3, wanted: AS_ONE_GROUP }),
  fanOut({ readers: 1000, burst: 6, groups: 20, wanted: AS_ONE_GROUP }),
];

export const secureFanOut = fanOut({ readers: 100, burst: 12, secure: true, wanted: '≥ 8' });

/**
 * Delay at half load: first as many echoes as the server can do, then half as many a second, each sent at a moment of
 * its own whatever the answers do. A delay runs from when a message was due to be sent.
 */
import { openMany } from '../load/connection.mjs';
import { Expected } from '../load/expected.mjs';
import { BINARY, bytes, clientFrame, serverFrame } from '../load/frames.mjs';
import { everyTurn } from '../load/socket.mjs';
import { measure } from '../measure/meter.mjs';
import { percentiles } from '../measure/percentiles.mjs';

const CONNECTIONS = 100;
const SIZE = 20;

/** @type {import('./index.mjs').Workload} */
export const delayHalfLoad = {
  name: 'delay-half-load',
  title: `delay of an echo, ${SIZE} B, ${CONNECTIONS} connections, at half load: p50, p99`,
  kind: 'delay',
  mode: 'echo',
  unit: 'milliseconds',
  wanted: {},
  run: async ({ server, raw, times }) => {
    const payload = bytes(SIZE);
    const frame = clientFrame(BINARY, payload, { mask: bytes(4, 99) });
    const answer = raw ? frame : serverFrame(BINARY, payload);
    const expected = new Expected(answer);
    let messages = 0;
    let isSaturating = true;
    let inFlight = 0;
    /** @type {number[]} */
    let delays = [];
    const opened = await openMany(CONNECTIONS, { port: server.port });
    const echoes = opened.map((connection) => {
      /** When each message that is not answered was due. */
      const due = /** @type {number[]} */ ([]);
      let at = 0;
      connection.onBytes = (buffer, length) => {
        const whole = Math.floor((at + length) / answer.length);
        at = expected.check(at, buffer, length);
        messages += whole;
        inFlight -= whole;
        if (isSaturating) {
          send(performance.now());
          return;
        }
        const now = performance.now();
        for (const moment of due.splice(0, whole)) delays.push(now - moment);
      };
      const send = (/** @type {number} */ moment) => {
        inFlight++;
        if (!isSaturating) due.push(moment);
        connection.write(frame);
      };
      return send;
    });
    for (const send of echoes) send(0);
    const saturated = await measure(server, () => messages, times);
    isSaturating = false;
    while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));

    const rate = saturated.work / saturated.seconds / 2;
    const start = performance.now();
    let sent = 0;
    everyTurn(() => {
      const wanted = ((performance.now() - start) / 1000) * rate;
      for (; sent < wanted; sent++) echoes[sent % CONNECTIONS]?.(start + (sent / rate) * 1000);
    });
    await new Promise((resolve) => setTimeout(resolve, times.warm * 1000));
    delays = [];
    const window = await measure(server, () => messages, { ...times, warm: 0 });
    everyTurn(undefined);
    for (const connection of opened) connection.end();
    return { ...window, delay: percentiles(delays), rate, saturatedIdle: saturated.idle };
  },
};

/**
 * A TCP proxy that hands on everything in order, what comes back so many milliseconds after it came. It knows nothing of
 * what it carries. `node proxy.mjs PORT MILLISECONDS` prints its own port; it ends with its standard input.
 */
import { connect, createServer } from 'node:net';

const [, , targetPort, milliseconds] = process.argv;
const delay = Number(milliseconds);

/** Timers are in whole milliseconds; what is left of one is slept through in naps, in milliseconds. */
const NAP = 0.2;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** @typedef {{ at: number, to: import('node:net').Socket, chunk: Buffer | undefined }} Piece  no chunk: the end */

/** @type {Piece[]} all of them wait equally long, so they are in order of their times */
const waiting = [];
let isWaiting = false;

const handOn = () => {
  isWaiting = false;
  const now = performance.now();
  for (let first = waiting[0]; first !== undefined && first.at <= now; first = waiting[0]) {
    waiting.shift();
    if (first.chunk === undefined) first.to.end();
    else first.to.write(first.chunk);
  }
  sleep();
};

const sleep = () => {
  const first = waiting[0];
  if (first === undefined || isWaiting) return;
  isWaiting = true;
  const left = first.at - performance.now();
  if (left > 2) {
    setTimeout(handOn, Math.floor(left - 1));
    return;
  }
  if (left > 0) Atomics.wait(cell, 0, 0, Math.min(left, NAP));
  setImmediate(handOn);
};

const later = (/** @type {import('node:net').Socket} */ to, /** @type {Buffer | undefined} */ chunk) => {
  waiting.push({ at: performance.now() + delay, to, chunk });
  sleep();
};

const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ host: '127.0.0.1', port: Number(targetPort), noDelay: true, allowHalfOpen: true });
  near.on('data', (chunk) => far.write(chunk));
  near.on('end', () => far.end());
  far.on('data', (chunk) => later(near, chunk));
  far.on('end', () => later(near, undefined));
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${/** @type {import('node:net').AddressInfo} */ (server.address()).port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

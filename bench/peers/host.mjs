/**
 * What every server script does beside serving: it tells its port, and answers questions about its own memory
 * and CPU, one JSON line for one line of standard input. It knows nothing of the workload.
 */
import { createInterface } from 'node:readline';

/**
 * The kind of server wanted: `echo`, `text` (an echo of strings), `broadcast-N` (everyone in N groups, the first byte of
 * a message says which), `compressed` (inwards), `compressed-both`, `reused` (an echo whose messages are valid until the
 * listener returns) or `groups` (made when asked for).
 */
const wanted = process.argv[2] ?? 'echo';

/** Whether it is to serve over TLS: `secure-` before any of these. */
export const isSecure = wanted.startsWith('secure-');
export const mode = wanted.replace('secure-', '');

/** How many groups everyone is in, for `broadcast-N`. */
export const groupCount = mode.startsWith('broadcast-') ? Number(mode.slice('broadcast-'.length)) : 0;

const collect = async () => {
  const bun = /** @type {any} */ (globalThis).Bun;
  for (let pass = 0; pass < 4; pass++) {
    if (bun) bun.gc(true);
    /** @type {any} */ else globalThis.gc?.();
    // Finalizers and freed handles run in turns of their own.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const memory = () => {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  // `peak` is the largest resident set since the start.
  const peak = process.resourceUsage().maxRSS * 1024;
  return { rss, peak, heapUsed, external, arrayBuffers };
};

const program = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;
const say = (/** @type {object} */ value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** @typedef {(...args: number[]) => object | Promise<object>} Answer */

/**
 * @param {number} port
 * @param {Record<string, Answer>} [more] what else can be asked: a word, and numbers after it
 */
export const serving = (port, more = {}) => {
  /** @type {Record<string, Answer>} */
  const answers = {
    cpu: () => process.cpuUsage(),
    memory,
    settle: async () => {
      await collect();
      return memory();
    },
    ...more,
  };
  say({ port, version: program });
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [word = '', ...args] = line.split(' ');
    void Promise.resolve(answers[word]?.(...args.map(Number)) ?? {}).then(say);
  });
  process.stdin.on('end', () => process.exit(0));
};

/** Says that what is measured here cannot be had from this one, so that its cell stays empty. */
export const lacking = (/** @type {string} */ what) => {
  say({ port: 0, version: program, lacks: what });
  process.exit(0);
};

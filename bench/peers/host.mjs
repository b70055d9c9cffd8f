/**
 * What every server script does beside serving: it tells its port, and answers questions about its own memory
 * and CPU, one JSON line for one line of standard input. It knows nothing of the workload.
 */
import { createInterface } from 'node:readline';

/** The kind of server wanted: `echo`, `broadcast`, `compressed` (inwards) or `compressed-both`. */
export const mode = process.argv[2] ?? 'echo';

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

/** @type {Record<string, () => object | Promise<object>>} */
const answers = {
  cpu: () => process.cpuUsage(),
  memory,
  settle: async () => {
    await collect();
    return memory();
  },
};

/** @param {number} port */
export const serving = (port) => {
  const say = (/** @type {object} */ value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  say({ port, version: program });
  createInterface({ input: process.stdin }).on('line', (line) => {
    void Promise.resolve(answers[line]?.() ?? {}).then(say);
  });
  process.stdin.on('end', () => process.exit(0));
};

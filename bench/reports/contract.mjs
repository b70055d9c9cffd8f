/**
 * What the log over PostgreSQL gives at its contract, with no server around it, by one node and by three, and with commits
 * that take longer. It is the measurement that lies beside the contract's tests, told with the others.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pinned } from '../measure/pin.mjs';
import { servers } from '../peers/roster.mjs';

const script = fileURLToPath(new URL('../../packages/server/test/log/postgres/measure.mjs', import.meta.url));

/** @typedef {{ nodes: number, added: number, told: string }} Row */

/**
 * @param {import('./index.mjs').ReportContext} context
 * @returns {Promise<{ rows: Row[], failed?: string }>}
 */
const run = async ({ quick }) => {
  if (!existsSync(script)) return { rows: [], failed: 'there is no log over PostgreSQL' };
  const node = /** @type {(typeof servers)[number]} */ (servers[0]).program;
  const [program, ...before] = pinned('anywhere', node);
  /** @type {Row[]} */
  const rows = [];
  for (const nodes of [1, 3]) {
    for (const added of quick ? [0] : [0, 1, 3, 5]) {
      const args = ['--nodes', String(nodes), '--delay', String(added), '--seconds', quick ? '2' : '8'];
      const { status, stdout, stderr } = spawnSync(
        /** @type {string} */ (program),
        [...before, script, ...args],
        { encoding: 'utf8' },
      );
      if (status !== 0)
        return { rows, failed: stderr.trim().split('\n').at(-1) ?? `it ended with ${status}` };
      rows.push({ nodes, added, told: stdout.trim().split('\n').at(-1) ?? '' });
    }
  }
  return { rows };
};

/** @type {import('./index.mjs').Report} */
export const contract = {
  name: 'contract',
  run,
  /** @param {Awaited<ReturnType<typeof run>>} result */
  print: ({ rows, failed }) =>
    [
      `The log over PostgreSQL at its contract, 64 B, 100 senders, 50 channels; nodes, load and database share the machine. Wanted: ≥ 10,000/s by one node, ≥ 8,000/s by three.${failed === undefined ? '' : ` Could not be measured: ${failed}.`}`,
      '',
      ...rows.map(({ told }) => `- ${told}`),
    ].join('\n'),
};

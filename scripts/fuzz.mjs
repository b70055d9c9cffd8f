/**
 * `npm run fuzz`: the properties of the ordinary tests, each tried for long. Prints the seed; the same seed tries the
 * same things. Options: --minutes N (for each property; default 1), --seed N, and parts of file names to run only.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { build, install, requireNode, root } from './prepare.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const seed = values.seed ?? String(randomInt(2 ** 31));
const seconds = Number(values.minutes) * 60;
if (!(seconds > 0)) throw new Error('--minutes takes a number above 0');

requireNode();
install({ tests: true });
build();

console.log(
  `Seed ${seed}: ${values.minutes} min for each property. The same again: npm run fuzz -- --seed ${seed}`,
);
const only = positionals.length > 0 ? positionals : ['properties'];
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--testTimeout', '0', ...only],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: String(seconds), FUZZ_SEED: seed },
  },
);
console.log(
  `Seed ${seed}: ${status === 0 ? 'nothing found' : 'found something; fast-check tells the case above'}`,
);
process.exit(status ?? 1);

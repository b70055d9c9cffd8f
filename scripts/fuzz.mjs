/**
 * `npm run fuzz`: the properties of the ordinary tests, each tried for long, and then the protocol under inputs that
 * coverage guides. Prints the seed; the same seed tries the same things. Options: --minutes N (for each property, and for
 * coverage; default 1), --seed N, --save (what coverage has found worth keeping goes to the corpus), and parts of file
 * names to run only; `coverage` is that part alone.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { build, install, requireNode, root } from './prepare.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
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
const only = positionals.filter((part) => part !== 'coverage');
const isWanted = (part) => positionals.length === 0 || positionals.includes(part);
const run = (args) =>
  spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: String(seconds), FUZZ_SEED: seed },
  }).status;
let found = false;
if (only.length > 0 || positionals.length === 0) {
  const parts = only.length > 0 ? only : ['properties'];
  const args = ['run', '--project', 'unit', '--testTimeout', '0', ...parts];
  found = run(['node_modules/vitest/vitest.mjs', ...args]) !== 0;
}
if (isWanted('coverage')) {
  const save = values.save ? ['--save'] : [];
  const fuzzer = 'packages/websocket/test/properties/fuzz-coverage.mjs';
  found = run([fuzzer, '--seconds', String(seconds), '--seed', seed, ...save]) !== 0 || found;
}
console.log(`Seed ${seed}: ${found ? 'found something; the case is told above' : 'nothing found'}`);
process.exit(found ? 1 : 0);

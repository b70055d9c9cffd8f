/**
 * `npm run nightly`, the third tier, by hand: ten minutes of `fullduplex verify` with three nodes, random input, the
 * benchmark, one after the other. What they print also goes into files under nightly/.
 * Options: --verify-minutes N, --fuzz-minutes N (for each property), --quick (a short benchmark), --only
 * verify,fuzz,bench.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, install, requireNode, root, say } from './prepare.mjs';

const PARTS = ['verify', 'fuzz', 'bench'];

const { values } = parseArgs({
  options: {
    'verify-minutes': { type: 'string', default: '10' },
    'fuzz-minutes': { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: PARTS.join(',') },
  },
});
const only = values.only.split(',');
for (const part of only) {
  if (!PARTS.includes(part)) throw new Error(`--only takes ${PARTS.join(', ')}, and not "${part}"`);
}
for (const option of ['verify-minutes', 'fuzz-minutes']) {
  if (!(Number(values[option]) > 0)) throw new Error(`--${option} takes a number above 0`);
}

requireNode();
install({ tests: true });
build();

/** Named by when it began, so that nights can be laid beside each other. */
const folder = join(root, 'nightly', new Date().toISOString().slice(0, 16).replaceAll(':', '-'));
mkdirSync(folder, { recursive: true });
let [passed, failed] = [0, 0];
const notRun = PARTS.filter((part) => !only.includes(part));

const minutes = values['verify-minutes'];
await part('verify', ['packages/cli/dist/main.js', 'verify', '--nodes', '3', '--minutes', minutes]);
await part('fuzz', ['scripts/fuzz.mjs', '--minutes', values['fuzz-minutes']]);
await part('bench', ['scripts/bench.mjs', ...(values.quick ? ['--quick'] : [])]);

console.log(`\nThe figures are in ${folder}`);
for (const name of notRun) console.log(`Not run: ${name}: it was not asked for`);
console.log(`${passed} passed, ${failed} failed${notRun.length === 0 ? '' : `, ${notRun.length} skipped`}`);
process.exit(failed === 0 ? 0 : 1);

/** Runs one script with this Node; what it prints goes to the terminal and to a file. */
async function part(name, args) {
  if (!only.includes(name)) return;
  say(`${name} …`);
  const file = createWriteStream(join(folder, `${name}.txt`));
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (chunk) => {
      to.write(chunk);
      file.write(chunk);
    });
  }
  const [status] = await once(child, 'close');
  file.end();
  await once(file, 'finish');
  if (status === 0) passed++;
  else failed++;
}

/**
 * `npm run bench`: builds, installs the peers on demand into `bench/` (outside the workspaces) and measures.
 * Options: --quick, --only NAME[,NAME], --peers ID[,ID], --rounds N, --json,
 * --no-build (measure what `dist` holds), --help.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, install, npm, requireNode, say } from './prepare.mjs';

const bench = fileURLToPath(new URL('../bench/', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    rounds: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  // The page about the benchmark opens with what can be asked for.
  const [usage = ''] = readFileSync(`${bench}README.md`, 'utf8').match(/^( {4}.*\n)+/m) ?? [];
  console.log(`${usage}    npm run bench -- --no-build             measures what is built\n`);
  process.exit(0);
}

requireNode();
install({ tests: true });
if (!values['no-build']) build();

// The lock file as it was when the peers were installed tells whether they still fit.
const lock = readFileSync(`${bench}package-lock.json`, 'utf8');
const stamp = `${bench}node_modules/.installed-lock.json`;
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  say('Installing the peers into bench/node_modules …');
  const flags = ['--ignore-scripts', '--no-workspaces', '--no-audit', '--no-fund', '--loglevel=error'];
  // Standard output is for the figures.
  npm(['ci', ...flags], { cwd: bench, stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, lock);
}

const list = (text) => text.split(',').filter(Boolean);
const only = list(values.only);
if (only.includes('floods')) {
  const { runFloods } = await import('../bench/floods.mjs');
  runFloods(values.json);
} else {
  const { main } = await import('../bench/main.mjs');
  await main({
    only,
    peers: list(values.peers),
    quick: values.quick,
    json: values.json,
    ...(values.rounds === undefined ? {} : { rounds: Number(values.rounds) }),
  });
}

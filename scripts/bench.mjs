/**
 * `npm run bench`: builds, installs the peers on demand into `bench/` (outside the workspaces) and measures.
 * Options: --quick, --only NAME[,NAME], --peers ID[,ID], --rounds N, --json,
 * --no-build (measure what `dist` holds).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const bench = fileURLToPath(new URL('../bench/', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    rounds: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
  },
});

const run = (command, args, cwd) => {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
};

if (!values['no-build'])
  run(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-b', 'packages/websocket', 'packages/server'],
    root,
  );

// The lock file as it was when the peers were installed tells whether they still fit.
const lock = readFileSync(`${bench}package-lock.json`, 'utf8');
const stamp = `${bench}node_modules/.installed-lock.json`;
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('Installing the peers into bench/node_modules …\n');
  run(
    'npm',
    ['ci', '--ignore-scripts', '--no-workspaces', '--no-audit', '--no-fund', '--loglevel=error'],
    bench,
  );
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

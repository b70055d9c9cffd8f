// Makes a checkout ready to run: installs what is missing and builds what is stale, and is quick when nothing is.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, 'node_modules', '.fullduplex');

/** Exits with one sentence when this Node cannot run the project. */
export function requireNode() {
  const { engines } = readJson('package.json');
  const wanted = engines.node.replace('>=', '');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    fail(`Fullduplex needs Node ${wanted} or later; this is ${process.versions.node}.`);
  }
}

/**
 * Installs the packages of the lock file unless they are there already: those that building and serving take, or
 * with `tests` also those that the tests take.
 */
export function install({ tests = false } = {}) {
  const lock = hash(readFileSync(join(root, 'package-lock.json')));
  const wanted = [`${lock} with tests`, ...(tests ? [] : [lock])];
  if (wanted.includes(readStamp('install'))) return;
  if (!isInstalled({ tests })) {
    say('Installing packages (once, and again when the lock file changes) …');
    npm(['ci', '--loglevel=error', ...(tests ? [] : ['--omit=dev'])]);
  }
  writeStamp('install', wanted.at(-1));
}

/** Compiles the packages and the page unless nothing they are made of has changed. */
export function build() {
  const wanted = fingerprint();
  if (readStamp('build') === wanted && existsSync(join(root, 'apps/web/dist/index.html'))) return;
  say('Building …');
  tool('typescript/bin/tsc', ['-b', 'packages/cli', 'packages/websocket/tsconfig.browser.json']);
  tool('vite/bin/vite.js', ['build', '--logLevel=warn', join(root, 'apps/web')]);
  writeStamp('build', wanted);
}

/** Runs a tool that an installed package brings, with this Node; exits when it fails. */
export function tool(script, args, options = {}) {
  run(process.execPath, [join(root, 'node_modules', script), ...args], options);
}

/** Runs npm; exits when it fails. */
export function npm(args, options = {}) {
  const [command, ...start] = npmCommand();
  run(command, [...start, ...args], { shell: command === 'npm' && process.platform === 'win32', ...options });
}

/** npm the way it runs us, or the one on the path: a program and its first arguments. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
}

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) fail(`Could not run ${command}: ${error.message}`);
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

export function say(sentence) {
  console.error(sentence);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Whether node_modules holds what the lock file names, as after an `npm ci` by hand. */
function isInstalled({ tests }) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = readJson('package-lock.json').packages;
  return Object.entries(want).every(
    ([path, entry]) =>
      entry.link ||
      !path.includes('node_modules/') ||
      entry.optional ||
      (entry.dev && !tests) ||
      have[path]?.version === entry.version,
  );
}

/** Changes whenever a file changes that the build reads. Times and sizes are enough: it is a cache, not a proof. */
function fingerprint() {
  const digest = createHash('sha256').update(process.version);
  const visit = (path) => {
    const facts = statSync(join(root, path), { throwIfNoEntry: false });
    if (facts === undefined) return;
    if (facts.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) visit(`${path}/${name}`);
    } else {
      digest.update(`${path} ${facts.size} ${facts.mtimeMs}\n`);
    }
  };
  for (const name of ['package-lock.json', 'tsconfig.base.json']) visit(name);
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      for (const part of [
        'src',
        'public',
        'index.html',
        'package.json',
        'tsconfig.json',
        'tsconfig.browser.json',
        'vite.config.ts',
      ]) {
        visit(`${folder}/${name}/${part}`);
      }
    }
  }
  return digest.digest('hex');
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function readStamp(name) {
  const path = join(stamps, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}

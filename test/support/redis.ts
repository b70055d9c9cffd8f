/**
 * A Redis or Valkey server of our own on the loopback, where one is installed; tests say so where none is. It keeps
 * nothing on the disk.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './port.mjs';

/** The program's name; undefined where none is installed. */
export const redisProgram: string | undefined = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  readonly #abandon = (): void => {
    this.#child?.kill('SIGKILL');
  };

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** @param settings those of `redis.conf` */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'fullduplex-redis-'));
    const port = await freePort();
    const all = {
      port: `${port}`,
      bind: '127.0.0.1',
      save: '""',
      appendonly: 'no',
      dir: folder,
      ...settings,
    };
    const config = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
    await writeFile(join(folder, 'redis.conf'), config.join(''));
    const server = new RedisServer(port, folder);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it after `kill`, on the port it had; resolves once it answers. */
  async start(): Promise<void> {
    const child = spawn(redisProgram ?? 'redis-server', [join(this.#folder, 'redis.conf')], {
      stdio: 'ignore',
    });
    this.#child = child;
    process.once('exit', this.#abandon);
    const end = Date.now() + 60_000;
    // One that wants a password first answers too.
    while (!/^(\+PONG|-NOAUTH)/.test(await this.command('PING').catch(() => ''))) {
      if (child.exitCode !== null || Date.now() > end) throw new Error('The Redis server does not start.');
      await sleep(20);
    }
  }

  /** Lets it stand still, its connections open, until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    process.off('exit', this.#abandon);
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Ends it and removes what it kept. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs a command of words without blanks in them; gives the answer, or its first line where it has several. */
  async command(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      socket.setEncoding('utf8').setTimeout(2000, () => socket.destroy(new Error('no answer')));
      socket.write(`${text}\r\n`);
      let answer = '';
      for await (const part of socket) {
        answer += String(part);
        if (/^([^$].*\r\n|\$\d+\r\n.*\r\n)/.test(answer)) break;
      }
      return answer.replace(/^\$\d+\r\n/, '').replace(/\r\n.*$/s, '');
    } finally {
      socket.destroy();
    }
  }
}

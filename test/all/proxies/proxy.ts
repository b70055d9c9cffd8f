/** nginx and HAProxy as processes of our own on the loopback, in front of two nodes; it knows nothing of what they say. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/port.mjs';

export interface Kind {
  readonly name: string;
  readonly program: string;
  /** The template of its configuration, beside this file. */
  readonly template: string;
  readonly args: (config: string, folder: string) => readonly string[];
}

export const KINDS: readonly Kind[] = [
  {
    name: 'nginx',
    program: 'nginx',
    template: 'nginx.conf',
    args: (config, folder) => ['-p', folder, '-e', 'stderr', '-c', config],
  },
  {
    name: 'HAProxy',
    program: 'haproxy',
    template: 'haproxy.cfg',
    // In the foreground, without what it would say at the start.
    args: (config) => ['-q', '-db', '-f', config],
  },
];

/** Debian puts them where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

export function isInstalled({ program }: Kind): boolean {
  return spawnSync(program, ['-v'], { env }).status === 0;
}

export class ProxyProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #abandon = (): void => void this.#child.kill('SIGKILL');
  #output = '';

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    process.once('exit', this.#abandon);
  }

  /** In front of the nodes at these addresses; resolves once it listens. */
  static async start(kind: Kind, nodes: readonly [string, string]): Promise<ProxyProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'fullduplex-proxy-'));
    const port = await freePort();
    const [first, second] = nodes.map((url) => new URL(url).port);
    const values: Readonly<Record<string, string>> = {
      PORT: `${port}`,
      FIRST: first!,
      SECOND: second!,
      FOLDER: folder,
    };
    const template = await readFile(new URL(kind.template, import.meta.url), 'utf8');
    const config = join(folder, kind.template);
    await writeFile(
      config,
      template.replace(/\b(PORT|FIRST|SECOND|FOLDER)\b/g, (name) => values[name]!),
    );
    const child = spawn(kind.program, kind.args(config, folder), { stdio: ['ignore', 'pipe', 'pipe'], env });
    const proxy = new ProxyProcess(child, `http://127.0.0.1:${port}`, folder);
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`${kind.name} ended:\n${proxy.#output}`);
      await sleep(20);
    }
    return proxy;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#abandon);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      // At once, without waiting for connections.
      this.#child.kill('SIGTERM');
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

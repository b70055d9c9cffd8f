/** `fullduplex serve` as a process of its own, so that a test can kill it like the world would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** How long a server may take until it says its address, in milliseconds. */
const START_LIMIT = 60_000;

export interface ServerProcessOptions {
  /** 0, the default: a port the system chooses, kept across restarts. */
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class ServerProcess {
  readonly dataFolder: string;
  private readonly options: ServerProcessOptions;
  private child: ChildProcess | undefined;
  private port: number;
  /** All it printed since the last start. */
  output = '';

  private constructor(dataFolder: string, options: ServerProcessOptions) {
    this.dataFolder = dataFolder;
    this.options = options;
    this.port = options.port ?? 0;
  }

  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(join(tmpdir(), 'fullduplex-')), options);
    await server.start();
    return server;
  }

  /** The address without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Starts it, on the port it had before if it had one; resolves when it listens. */
  async start(): Promise<void> {
    const args = [
      main,
      'serve',
      '--port',
      String(this.port),
      '--data',
      this.dataFolder,
      ...(this.options.args ?? []),
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.options.env },
    });
    this.child = child;
    this.output = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the server did not start:\n${this.output}`)),
        START_LIMIT,
      );
      const read = (chunk: Buffer): void => {
        this.output += chunk.toString();
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.output);
        if (address === null) return;
        this.port = Number(address[1]);
        clearTimeout(timer);
        resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code} before it listened:\n${this.output}`));
      });
    });
  }

  /** SIGKILL: no goodbye, no flush. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM; resolves with the exit status. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** Ends it if it runs, and removes its data. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (child === undefined) return null;
    this.child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

/** A server of our own as a process: started, killed, frozen, and started again on the same port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a server may take to start, in milliseconds. */
const START_LIMIT = 20_000;

export interface ServerProcessOptions {
  /** What starts one; `serve --port …` is put behind it. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #port = 0;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The last of what it has printed. */
  get output(): string {
    return this.#output;
  }

  /** @param more what else it is told this time */
  async start(more: readonly string[] = []): Promise<void> {
    if (this.#child) return;
    const [program = '', ...before] = this.#options.command;
    const args = [...before, 'serve', '--port', String(this.#port), ...this.#options.args, ...more];
    const env = { ...process.env, ...this.#options.env };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child = child;
    this.#output = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        child.kill('SIGKILL');
        if (this.#child === child) this.#child = undefined;
        reject(new Error(`The server ${why}:\n${this.#output}`));
      };
      const timer = setTimeout(() => fail('did not start in time'), START_LIMIT);
      const read = (chunk: Buffer): void => {
        this.#output = (this.#output + chunk.toString()).slice(-20_000);
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.#output);
        if (!address) return;
        this.#port = Number(address[1]);
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', (error) => fail(`could not be started (${error.message})`));
      child.once('exit', (code) => fail(`ended with ${code}`));
    });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    this.#child?.kill(signal);
  }
}

/**
 * The server under test: one that runs already, or one of our own that can be killed and comes back on the same data
 * and port. It also asks the server directly, past the proxy.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelRecords } from './check.js';
import { digest } from './journal.js';

/** How long a server may take to start, in milliseconds. */
const START_LIMIT = 20_000;

/** Small enough that a short run comes upon every limit. Times are in seconds. */
const CONFIG = {
  limits: {
    outboxBytes: 16_384,
    pageBytes: 4_096,
    answerBytes: 16_384,
    answerPublications: 50,
    commandsPerSecond: 100_000,
  },
  timing: { heartbeat: 1, presenceGrace: 1, pollingLease: 1.5, pingInterval: 5, pongTimeout: 5 },
};

export interface Target {
  /** Without a slash at its end. */
  readonly url: string;
  /** Kills it at once, or lets it end in good order. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
  readonly ours: boolean;
}

/**
 * A server that somebody else looks after.
 *
 * @throws {Error} when it is not spoken to by plain HTTP: what is to be cut at any byte must not be encrypted
 */
export function remoteTarget(url: string): Target {
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:') {
    throw new Error(`The address of a server to verify begins with http:, not ${url}`);
  }
  const nothing = async (): Promise<void> => {};
  return { url: url.replace(/\/$/, ''), ours: false, end: nothing, start: nothing, dispose: nothing };
}

/**
 * A server of our own, on data of its own.
 *
 * @param command what starts one; `serve --port … --data … --config …` is put behind it
 */
export async function ownTarget(command: readonly string[]): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'fullduplex-verify-'));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(CONFIG));
  const server = new OwnServer(command, ['--data', join(folder, 'data'), '--config', config, '--guests']);
  const dispose = async (): Promise<void> => {
    await server.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    get url() {
      return server.url;
    },
    ours: true,
    end: (signal) => server.end(signal),
    start: () => server.start(),
    dispose,
  };
}

class OwnServer {
  readonly #command: readonly string[];
  readonly #args: readonly string[];
  #port = 0;
  #child: ChildProcess | undefined;

  constructor(command: readonly string[], args: readonly string[]) {
    this.#command = command;
    this.#args = args;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#child) return;
    const [program = '', ...before] = this.#command;
    const args = [...before, 'serve', '--port', String(this.#port), ...this.#args];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`The server ${why}:\n${output}`));
      const timer = setTimeout(() => fail('did not start in time'), START_LIMIT);
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
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
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** @throws {Error} what the server answered, when it is no success; or that there is none */
export async function ask(url: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  };
  const response = await fetch(url + path, request).catch((cause: unknown) => {
    throw new Error(`There is no server at ${url}.`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}

interface HistoryPage {
  readonly publications: readonly {
    readonly offset: number;
    readonly data: unknown;
    readonly info: { readonly user: string; readonly key?: string };
  }[];
  readonly epoch: string;
  readonly offset: number;
}

/** All that the log holds of a channel, from `after` on. */
export async function readChannel(
  url: string,
  token: string,
  channel: string,
  after: number,
): Promise<ChannelRecords> {
  const records: ChannelRecords['records'][number][] = [];
  let at = after;
  for (;;) {
    const path = '/api/commands/channel.history';
    const page = (await ask(url, path, { channel, after: at, limit: 500 }, token)) as HistoryPage;
    const { publications, epoch, offset: head } = page;
    for (const { offset, data, info } of publications) {
      records.push({ epoch, offset, sender: info.user, key: info.key, data: digest(data) });
    }
    at = publications.at(-1)?.offset ?? head;
    if (at >= head) return { channel, epoch, records };
  }
}

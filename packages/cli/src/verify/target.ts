/**
 * The servers under test: one that runs already, or nodes of our own that can be killed and come back on the same data
 * and ports, with the path to their database in our hands. It also reads what they keep.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from './database.js';
import { sleep } from './participant.js';
import type { FaultKind } from './plan.js';
import { type Address, FaultProxy } from './proxy.js';
import type { Random } from './random.js';
import { ServerProcess } from './server-process.js';
import { type Asked, readHistories } from './truth/history-truth.js';
import { readPostgres } from './truth/postgres-truth.js';
import { readSqlite } from './truth/sqlite-truth.js';
import type { Stored } from './truth/truth.js';

/** Small enough that a short run comes upon every limit. Times are in seconds, sizes in bytes. */
const CONFIG = {
  limits: {
    outboxBytes: 16_384,
    pageBytes: 4_096,
    answerBytes: 16_384,
    answerPublications: 50,
    commandsPerSecond: 100_000,
  },
  log: { recordBytes: 131_072 },
  retention: { records: 40, minAge: 0 },
  timing: {
    heartbeat: 1,
    retry: 0.5,
    presenceGrace: 1,
    pollingLease: 1.5,
    pingInterval: 5,
    pongTimeout: 5,
    streamLife: 5,
    retentionSweep: 1,
    closeTimeout: 1,
    storagePatience: 2,
    storageLoss: 6,
  },
};

/** The least that a database file may be allowed: full at once, or soon. */
const FULL = { ...CONFIG, log: { ...CONFIG.log, fileBytes: 1024 * 1024 } };

const ALWAYS: readonly FaultKind[] = [
  'cut',
  'cut-at-byte',
  'cut-all',
  'stall',
  'split',
  'hop',
  'pause',
  'burst',
  'resend',
  'join',
];
const OWN: readonly FaultKind[] = [
  ...ALWAYS,
  'edit',
  'delete',
  'react',
  'receipt',
  'leave',
  'invite',
  'kill',
  'stop',
  'freeze',
];
const ON_SQLITE: readonly FaultKind[] = [...OWN, 'worker', 'full'];
const ON_POSTGRES: readonly FaultKind[] = [
  ...OWN,
  'database-cut',
  'database-stall',
  'database-half-open',
  'database-mute',
];
const ON_OWN_POSTGRES: readonly FaultKind[] = [...ON_POSTGRES, 'database-kill', 'database-restart'];

export interface Node {
  readonly process: ServerProcess;
  start(): Promise<void>;
  /** Starts it with a database file that cannot grow. */
  startFull(): Promise<void>;
  /** Between it and its database, where that is another process. */
  readonly path?: FaultProxy;
}

export interface Target {
  /** Where the servers listen. */
  readonly addresses: readonly Address[];
  /** Of one server, without a slash at its end. */
  readonly url: string;
  /** Those of our own; none where it is somebody else's. */
  readonly nodes: readonly Node[];
  readonly database?: Database;
  readonly apiKey?: string;
  /** What can be done to it. */
  readonly faults: readonly FaultKind[];
  /** What is kept; a server that is not ours is asked for it. */
  read(asked: () => readonly Asked[]): Promise<Stored>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/**
 * A server that somebody else looks after.
 *
 * @throws {Error} when it is not spoken to by plain HTTP: what is to be cut at any byte must not be encrypted
 */
export function remoteTarget(given: string): Target {
  if (!URL.canParse(given) || new URL(given).protocol !== 'http:') {
    throw new Error(`The address of a server to verify begins with http:, not ${given}`);
  }
  const { hostname: host, port } = new URL(given);
  const url = given.replace(/\/$/, '');
  return {
    addresses: [{ host, port: Number(port || 80) }],
    url,
    nodes: [],
    faults: ALWAYS,
    read: (asked) => readHistories(url, asked()),
    dispose: async () => {},
  };
}

export interface OwnTargetOptions {
  /** What starts a server; `serve --port … --data … --config …` is put behind it. */
  readonly command: readonly string[];
  readonly log: 'sqlite' | 'postgres';
  /** How many servers; more than one only on PostgreSQL. */
  readonly nodes: number;
  /** A PostgreSQL server to make a database on; without it one is started. */
  readonly postgres?: string | undefined;
  readonly random: Random;
}

/** Servers of our own, on data of their own. @throws {Error} where they do not start */
export async function ownTarget(options: OwnTargetOptions): Promise<Target> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'fullduplex-verify-'));
    cleanUp.push(() => rm(folder, { recursive: true, force: true }));
    const configs = { usual: join(folder, 'config.json'), full: join(folder, 'full.json') };
    await writeFile(configs.usual, JSON.stringify(CONFIG));
    await writeFile(configs.full, JSON.stringify(FULL));
    const database = options.log === 'postgres' ? await openDatabase(options.postgres) : undefined;
    if (database) cleanUp.push(() => database.dispose());
    const apiKey = randomBytes(16).toString('hex');
    const nodes: Node[] = [];
    for (let number = 0; number < options.nodes; number += 1) {
      const path = database && (await pathTo(database.url, options.random));
      if (path) cleanUp.push(() => path.proxy.close());
      const process = new ServerProcess({
        command: options.command,
        args: ['--data', join(folder, 'data'), '--guests', '--log-level', 'error', '--config'],
        env: {
          FULLDUPLEX_API_KEY: apiKey,
          ...(path && { FULLDUPLEX_LOG: path.url }),
          NODE_OPTIONS: `--import=${MORTAL_WORKERS}`,
        },
      });
      cleanUp.push(() => process.end('SIGKILL'));
      const node = nodeOf(process, configs, path?.proxy);
      await node.start();
      nodes.push(node);
    }
    const [first] = nodes;
    return {
      addresses: nodes.map(({ process }) => ({ host: '127.0.0.1', port: process.port })),
      url: first?.process.url ?? '',
      nodes,
      ...(database && { database }),
      apiKey,
      faults: database ? (database.server ? ON_OWN_POSTGRES : ON_POSTGRES) : ON_SQLITE,
      read: async () => (database ? readPostgres(database.url) : readSqlite(join(folder, 'data', 'log.db'))),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Built, also where this file is not. */
const MORTAL_WORKERS = new URL('../../dist/verify/mortal-workers.js', import.meta.url).href;

function nodeOf(
  process: ServerProcess,
  configs: { readonly usual: string; readonly full: string },
  path: FaultProxy | undefined,
): Node {
  return {
    process,
    // While its database is away a server does not start: whoever runs it tries again.
    start: () => retry(() => process.start([configs.usual]), path ? START_TRIES : 1),
    startFull: () => process.start([configs.full]),
    ...(path && { path }),
  };
}

const START_TRIES = 20;

async function retry(run: () => Promise<void>, tries: number): Promise<void> {
  for (let left = tries; ; left -= 1) {
    try {
      await run();
      return;
    } catch (error) {
      if (left <= 1) throw error;
      await sleep(500);
    }
  }
}

async function pathTo(database: string, random: Random): Promise<{ proxy: FaultProxy; url: string }> {
  const url = new URL(database);
  const proxy = new FaultProxy([{ host: url.hostname, port: Number(url.port || 5432) }], random);
  url.host = new URL(await proxy.listen()).host;
  return { proxy, url: url.href };
}

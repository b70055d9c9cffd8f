/** Several servers on one log: in memory, where they share what a process holds, and on a real PostgreSQL. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../test/support/postgres.mjs';
import { LocalBus } from '../../src/broker/local-broker.js';
import type { ServerConfig } from '../../src/config.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { systemClock } from '../../src/time/clock.js';
import { type Running, startServer } from '../support/server.js';

/** Filled anew before each test. */
export interface Nodes {
  readonly all: Running[];
  /** One more node. */
  start(config?: ServerConfig): Promise<Running>;
}

/** Describes the same of each kind of log. */
export function describeNodes(what: string, count: number, tests: (nodes: Nodes) => void): void {
  describe(`${what}, in memory`, () => {
    tests(prepare(count, memoryStarter));
  });

  describe(`${what}, on PostgreSQL`, () => {
    let postgres: PostgresServer;
    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(() => postgres.stop());
    tests(
      prepare(count, async () => {
        const logUrl = await postgres.createDatabase();
        return (config) => startServer({ ...config, logUrl });
      }),
    );
  });
}

type Starter = (config: ServerConfig) => Promise<Running>;

async function memoryStarter(): Promise<Starter> {
  const storage = new MemoryStorage({ now: Date.now, epoch: randomUUID() });
  const bus = new LocalBus({ clock: systemClock });
  let node = 0;
  return (config) => {
    const log = new OrderedLog(storage.another(), {
      defer: setImmediate,
      after: (ms, callback) => systemClock.after(ms, callback),
      monotonic: () => systemClock.monotonic(),
    });
    const broker = bus.connect(`node-${++node}`);
    return startServer(config, { log, broker });
  };
}

function prepare(count: number, makeStarter: () => Promise<Starter>): Nodes {
  const all: Running[] = [];
  let starter: Starter;
  const nodes: Nodes = {
    all,
    async start(config = {}) {
      const node = await starter(config);
      all.push(node);
      return node;
    },
  };
  beforeEach(async () => {
    starter = await makeStarter();
    for (let node = 0; node < count; node++) await nodes.start();
  });
  afterEach(async () => {
    await Promise.all(all.splice(0).map((node) => node.close()));
  });
  return nodes;
}

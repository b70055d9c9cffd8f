/** The contract of a log, over PostgreSQL. */
import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { PostgresStorage } from '../../../src/log/postgres/postgres-storage.js';
import { describeContract } from '../contract.js';
import { optionsOf } from './open.js';

// A server of its own takes a while on a busy machine.
let server: PostgresServer;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
});
afterAll(() => server?.stop());

describeContract(
  'A log in PostgreSQL',
  async (options) => {
    const logs: OrderedLog[] = [];
    const another = async (): Promise<OrderedLog> => {
      const storage = await PostgresStorage.open(optionsOf({ url }));
      const log = new OrderedLog(storage, options);
      logs.push(log);
      return log;
    };
    return {
      log: await another(),
      another,
      ownClock: true,
      discard: async () => {
        // Emptied sooner than made anew.
        const tables = ['record', 'channel', 'fact'].map((table) => `fullduplex.${table}`);
        for (const log of logs) await log.close();
        await server.query(`TRUNCATE ${tables.join(', ')}`, [], url);
      },
    };
  },
  { severalWriters: true },
);

import { join } from 'node:path';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { SqliteStorage } from '../../../src/log/sqlite/sqlite-storage.js';
import { describeContract } from '../contract.js';
import { temporaryFolder } from '../fixtures.js';

describeContract(
  'A log in SQLite',
  async ({ now, ...limits }) => {
    const file = join(await temporaryFolder(), 'log.db');
    const log = new OrderedLog(await SqliteStorage.open({ file, now }), limits);
    return { log, discard: () => log.close() };
  },
  { severalWriters: false },
);

/** Opens PostgreSQL's storage as tests want it, and closes it when the test ends. */
import { onTestFinished } from 'vitest';
import { PostgresStorage, type PostgresStorageOptions } from '../../../src/log/postgres/postgres-storage.js';
import { later } from '../fixtures.js';

export type OpenOptions = Partial<PostgresStorageOptions> & { readonly url: string };

let nodes = 0;

export function optionsOf(options: OpenOptions): PostgresStorageOptions {
  return {
    // Forcing to the disk changes nothing of what is answered; the machine would only wait.
    durability: 'memory',
    maxConnections: 4,
    after: (ms, callback) => later.after(ms, callback),
    random: () => 0.5,
    node: `node-${++nodes}`,
    ...options,
  };
}

/** For as long as the test runs. */
export async function open(options: OpenOptions): Promise<PostgresStorage> {
  const storage = await PostgresStorage.open(optionsOf(options));
  onTestFinished(() => storage.close());
  return storage;
}

/** What the tests of the log in SQLite share: opening it, and threads that end when they are told to. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { SqliteStorage, type SqliteStorageOptions } from '../../../src/log/sqlite/sqlite-storage.js';
import { startSqliteWorker } from '../../../src/log/sqlite/thread.js';
import { later, temporaryFolder } from '../fixtures.js';

export type Opened = { readonly storage: SqliteStorage; readonly log: OrderedLog };

export interface OpenOptions extends Partial<SqliteStorageOptions> {
  /** Bytes of recent records; everything is read from the file without. */
  readonly recentBytes?: number;
}

export async function newFile(): Promise<string> {
  return join(await temporaryFolder(), 'log.db');
}

export async function open({ recentBytes = 0, ...options }: OpenOptions = {}): Promise<Opened> {
  const storage = await SqliteStorage.open({ ...options, file: options.file ?? (await newFile()) });
  const log = new OrderedLog(storage, { ...later, recentBytes, maxHeads: 0 });
  onTestFinished(() => log.close());
  return { storage, log };
}

/** The workers that a storage has started, in order, and what becomes of the next ones. */
export class Workers {
  readonly all: Worker[] = [];
  /** `dead`: it ends at once. `after commit`: it ends with a commit, before it tells of it. */
  next: 'sound' | 'dead' | 'after commit' = 'sound';

  readonly start = (): Worker => {
    const worker = this.#start();
    this.all.push(worker);
    return worker;
  };

  #start(): Worker {
    if (this.next === 'sound') return startSqliteWorker();
    if (this.next === 'dead') return new Worker('process.exit(1)', { eval: true });
    const url = pathToFileURL(createRequire(import.meta.url).resolve('#sqlite-worker'));
    const script = `
      const { parentPort } = require('node:worker_threads');
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (outcome) => (outcome.value?.numbers ? process.exit(1) : post(outcome));
      import(${JSON.stringify(url.href)});
    `;
    return new Worker(script, { eval: true });
  }
}

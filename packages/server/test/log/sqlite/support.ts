/** What the tests of the log in SQLite share: opening it, and threads that end when they are told to. */

import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { SqliteStorage, type SqliteStorageOptions } from '../../../src/log/sqlite/sqlite-storage.js';
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

/** How a worker is to end by itself: at once, or at a commit, before it is carried out or before it is answered. */
export type Ending = 'at once' | { readonly at: number; readonly when: 'before' | 'after' };

/**
 * The workers that a storage has started, in order, and what becomes of the next ones. They end by themselves, as threads
 * do: to terminate one while it is in the database's native code would end the process.
 */
export class Workers {
  readonly all: Worker[] = [];
  next: Ending | undefined;

  readonly start = (): Worker => {
    const worker = startEnding(this.next);
    this.all.push(worker);
    return worker;
  };

  /** Each ends once it has answered what it was asked before. */
  static async end(...workers: readonly (Worker | undefined)[]): Promise<void> {
    for (const worker of workers) {
      worker?.postMessage('end');
      if (worker !== undefined) await once(worker, 'exit');
    }
  }
}

function startEnding(ending: Ending | undefined): Worker {
  if (ending === 'at once') return new Worker('process.exit(1)', { eval: true });
  const url = pathToFileURL(createRequire(import.meta.url).resolve('#sqlite-worker'));
  const script = `
    const { parentPort, workerData: { ending } } = require('node:worker_threads');
    let commits = 0;
    const isDue = (when) => ending?.when === when && commits === ending.at;
    const on = parentPort.on.bind(parentPort);
    parentPort.on = (name, listener) => on(name, (call) => {
      if (call.name === 'commit') commits++;
      if (call === 'end' || (call.name === 'commit' && isDue('before'))) process.exit(1);
      listener(call);
    });
    const post = parentPort.postMessage.bind(parentPort);
    parentPort.postMessage = (outcome) => {
      if (outcome.value?.numbers && isDue('after')) process.exit(1);
      post(outcome);
    };
    import(${JSON.stringify(url.href)});
  `;
  return new Worker(script, { eval: true, workerData: { ending } });
}

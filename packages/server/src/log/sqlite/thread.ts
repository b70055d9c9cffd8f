/**
 * A thread of the log as its caller sees it: calls go in, answers come out in the same order. A thread that dies
 * fails the calls it had, and the next call starts another. It knows nothing of what the calls mean.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { type ChannelExtent, LogError, type LogErrorCode, type ReadRequest, type ReadResult } from './log.js';
import type { Extent } from './read-plan.js';
import type { Batch, BatchReply } from './sqlite-batch.js';
import type { StorageOptions } from './sqlite-schema.js';

/** What a thread can be asked, and what it answers. */
export interface Calls {
  openWriter: { argument: StorageOptions; value: undefined };
  openReader: { argument: string; value: undefined };
  commit: { argument: Batch; value: BatchReply };
  trim: {
    argument: { readonly channel: string; readonly before: number };
    value: { readonly oldest: number; readonly more: boolean };
  };
  extents: { argument: readonly string[]; value: readonly Extent[] };
  channels: {
    argument: { readonly after: number; readonly limit: number };
    value: readonly ChannelExtent[];
  };
  read: { argument: ReadRequest; value: ReadResult };
  facts: { argument: string; value: readonly string[] };
  close: { argument: undefined; value: undefined };
}

export interface Call {
  readonly name: keyof Calls;
  readonly argument: unknown;
}

export type Outcome =
  | { readonly value: unknown }
  | { readonly error: { readonly code: LogErrorCode; readonly message: string } };

/** The thread died with the call; whether the call was carried out is not known. */
export class ThreadDied extends LogError {
  constructor(cause: unknown) {
    super('unavailable', "The log's thread stopped before it answered.", { cause });
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: LogError) => void;
}

type Opening = { [Name in 'openWriter' | 'openReader']: [Name, Calls[Name]['argument']] }[
  | 'openWriter'
  | 'openReader'];

export class SqliteThread {
  readonly #opening: Opening;
  readonly #startWorker: () => Worker;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #stopped = false;

  /** Every thread that is started is first given `opening`. */
  constructor(opening: Opening, startWorker: () => Worker = startSqliteWorker) {
    this.#opening = opening;
    this.#startWorker = startWorker;
  }

  /**
   * Starts a thread and has it open its database.
   *
   * @throws {LogError} `unavailable`
   */
  async start(): Promise<void> {
    const worker = this.#create();
    this.#worker = worker;
    worker.on('message', (outcome: Outcome) => this.#answer(outcome));
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', (code) => this.#died(worker, new Error(`exit code ${code}`)));
    await this.#post(worker, this.#opening[0], this.#opening[1]);
  }

  /** @throws {LogError} what the thread answered, or `ThreadDied`, or `closed` once it was stopped */
  async call<Name extends keyof Calls>(
    name: Name,
    argument: Calls[Name]['argument'],
  ): Promise<Calls[Name]['value']> {
    if (this.#stopped) throw new LogError('closed', 'The log is closed.');
    if (this.#worker === undefined) {
      // Not awaited: what is called until then waits its turn behind it, and hears of its failure by its own.
      const starting = this.start();
      starting.catch(() => {});
      if (this.#worker === undefined) await starting;
    }
    return (await this.#post(this.#worker!, name, argument)) as Calls[Name]['value'];
  }

  /** Lets the thread close its database, and ends it. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#stopped = true;
    if (worker === undefined) return;
    await this.#post(worker, 'close', undefined).catch(() => {});
    await worker.terminate();
  }

  #create(): Worker {
    try {
      return this.#startWorker();
    } catch (error) {
      throw new LogError('unavailable', "The log's thread cannot be started.", { cause: error });
    }
  }

  #post(worker: Worker, name: keyof Calls, argument: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // Only a call under way keeps the process alive.
      if (this.#waiting.length === 0) worker.ref();
      this.#waiting.push({ resolve, reject });
      const call: Call = { name, argument };
      worker.postMessage(call);
    });
  }

  #answer(outcome: Outcome): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker?.unref();
    if (waiting === undefined) return;
    if ('error' in outcome) waiting.reject(new LogError(outcome.error.code, outcome.error.message));
    else waiting.resolve(outcome.value);
  }

  #died(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(new ThreadDied(cause));
  }
}

/** The worker's file is built, also where this one is run from its source. */
export function startSqliteWorker(): Worker {
  return new Worker(createRequire(import.meta.url).resolve('#sqlite-worker'));
}

/**
 * A thread of the log as its caller sees it: calls go in, answers come out. A thread that dies, or cannot open its
 * database, fails the calls it had, and a later call starts another: the first time at once, then ever less often until
 * one answers again. It knows nothing of what the calls mean.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { LogError, type LogErrorCode } from '../log.js';
import type { Argument, CallName, Value } from './calls.js';

export interface Call {
  readonly number: number;
  readonly name: CallName;
  readonly argument: unknown;
}

export type Outcome = { readonly number: number } & (
  | { readonly value: unknown }
  | { readonly error: { readonly code: LogErrorCode; readonly message: string } }
);

/** The thread died with the call; whether the call was carried out is not known. */
export class ThreadDied extends LogError {
  constructor(cause: unknown) {
    super('unavailable', "The log's thread stopped before it answered.", { cause });
  }
}

export type OpeningName = Extract<CallName, `open${string}`>;

export interface ThreadOptions<Name extends OpeningName> {
  /** What every thread is given first. */
  readonly opening: Name;
  readonly argument: () => Argument<Name> | Promise<Argument<Name>>;
  readonly startWorker?: (() => Worker) | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: (() => number) | undefined;
}

/** Before another thread is started, in milliseconds: after the second failure in a row, and the most. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: LogError) => void;
}

/** A worker with the calls that it has. */
interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export class SqliteThread<Name extends OpeningName> {
  readonly #options: ThreadOptions<Name>;
  readonly #now: () => number;
  #running: Running | undefined;
  /** Of every worker that has not ended yet. */
  readonly #exits = new Set<Promise<unknown>>();
  #opening: Promise<Running> | undefined;
  #calls = 0;
  #failures = 0;
  #notBefore = 0;
  #stopped = false;
  #opened: Value<Name> | undefined;

  constructor(options: ThreadOptions<Name>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Starts a thread and has it open its database. Answers what it found.
   *
   * @throws {LogError} `unavailable`
   */
  async start(): Promise<Value<Name>> {
    await this.#ready();
    return this.#opened as Value<Name>;
  }

  /** @throws {LogError} what the thread answered, or `ThreadDied`, or `closed` once it was stopped */
  async call<Called extends CallName>(name: Called, argument: Argument<Called>): Promise<Value<Called>> {
    const running = await this.#ready();
    const value = (await this.#post(running, name, argument)) as Value<Called>;
    this.#failures = 0;
    return value;
  }

  /** Lets the thread close its database and end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const running = await this.#opening?.catch(() => undefined);
    if (running !== undefined) dismiss(running);
    await Promise.all(this.#exits);
  }

  #ready(): Promise<Running> {
    if (this.#stopped) return Promise.reject(new LogError('closed', 'The log is closed.'));
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #open(): Promise<Running> {
    let running: Running | undefined;
    try {
      if (this.#now() < this.#notBefore) throw new LogError('unavailable', "The log's thread is down.");
      running = this.#start();
      this.#running = running;
      const { opening, argument } = this.#options;
      this.#opened = (await this.#post(running, opening, await argument())) as Value<Name>;
      return running;
    } catch (error) {
      if (running !== undefined) this.#lost(running, error);
      throw error;
    }
  }

  #start(): Running {
    let worker: Worker;
    try {
      worker = (this.#options.startWorker ?? startSqliteWorker)();
    } catch (error) {
      this.#backOff();
      throw new LogError('unavailable', "The log's thread cannot be started.", { cause: error });
    }
    const running: Running = { worker, waiting: new Map() };
    worker.on('message', (outcome: Outcome) => this.#answer(running, outcome));
    worker.on('error', (error) => this.#lost(running, error));
    const exit = new Promise<void>((resolve) => {
      worker.on('exit', (code) => {
        this.#exits.delete(exit);
        this.#lost(running, new Error(`exit code ${code}`));
        resolve();
      });
    });
    this.#exits.add(exit);
    worker.unref();
    return running;
  }

  #post(running: Running, name: CallName, argument: unknown): Promise<unknown> {
    const { worker, waiting } = running;
    if (running !== this.#running) return Promise.reject(new ThreadDied('it had ended'));
    return new Promise((resolve, reject) => {
      const call: Call = { number: ++this.#calls, name, argument };
      worker.postMessage(call);
      // Only a call under way keeps the process alive.
      if (waiting.size === 0) worker.ref();
      waiting.set(call.number, { resolve, reject });
    });
  }

  #answer({ worker, waiting }: Running, outcome: Outcome): void {
    const call = waiting.get(outcome.number);
    // A thread that was dismissed says goodbye, and is waited for until it ends.
    if (call === undefined) return;
    waiting.delete(outcome.number);
    if (waiting.size === 0) worker.unref();
    if ('error' in outcome) call.reject(new LogError(outcome.error.code, outcome.error.message));
    else call.resolve(outcome.value);
  }

  /** The worker ended, or is of no use: the next call starts another. */
  #lost(running: Running, cause: unknown): void {
    if (running !== this.#running) return;
    this.#running = undefined;
    this.#opening = undefined;
    this.#backOff();
    for (const { reject } of running.waiting.values()) reject(new ThreadDied(cause));
    running.waiting.clear();
    dismiss(running);
  }

  #backOff(): void {
    this.#failures++;
    if (this.#failures === 1) return;
    this.#notBefore = this.#now() + Math.min(FIRST_WAIT * 2 ** (this.#failures - 2), LONGEST_WAIT);
  }
}

/**
 * Has the worker end by itself. It is never terminated from here: where that meets a call of the database's native
 * code, it ends the process.
 */
function dismiss({ worker }: Running): void {
  const call: Call = { number: 0, name: 'close', argument: undefined };
  worker.ref();
  worker.postMessage(call);
}

/** The worker's file is built, also where this one is run from its source. */
export function startSqliteWorker(): Worker {
  return new Worker(createRequire(import.meta.url).resolve('#sqlite-worker'));
}

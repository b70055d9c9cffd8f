/**
 * Puts together what is committed together: the appends of one turn of the loop, and all that arrive while a commit
 * is under way. It bounds what waits, in bytes; it does not know how a commit is done.
 */
import { type Append, type Appended, LogError } from './log.js';

/** One caller's append, waiting for its commit. Exactly one of `resolve` and `reject` is called, once. */
export interface PendingAppend {
  readonly append: Append;
  readonly bytes: number;
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: Error) => void;
}

export interface GroupCommitOptions {
  /** Commits the batch and settles each of its appends. Never rejects; the next batch waits for it. */
  readonly commit: (batch: readonly PendingAppend[]) => Promise<void>;
  /** Runs the function once this turn's appends are in. */
  readonly defer: (run: () => void) => void;
  /** More than this waiting, or being committed, is refused with `full`. */
  readonly maxPendingBytes: number;
  /** A batch ends with the append that passes this many bytes, so that no commit takes too long. */
  readonly maxBatchBytes: number;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: PendingAppend[] = [];
  #pendingBytes = 0;
  #running = false;
  #idle: (() => void)[] = [];

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Bytes that wait or are being committed. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  add(append: Append, bytes: number): Promise<readonly Appended[]> {
    const limit = this.#options.maxPendingBytes;
    if (this.#pendingBytes + bytes > limit) {
      const message = `More than ${limit} bytes wait to be committed; try again when the disk has caught up.`;
      return Promise.reject(new LogError('full', message));
    }
    this.#pendingBytes += bytes;
    const appended = new Promise<readonly Appended[]>((resolve, reject) => {
      this.#waiting.push({ append, bytes, resolve, reject });
    });
    if (!this.#running) {
      this.#running = true;
      this.#options.defer(() => void this.#run());
    }
    return appended;
  }

  /** Resolves once nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      await this.#options.commit(batch);
      for (const pending of batch) this.#pendingBytes -= pending.bytes;
    }
    this.#running = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #take(): readonly PendingAppend[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && bytes <= this.#options.maxBatchBytes) {
      bytes += this.#waiting[count]!.bytes;
      count++;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }
}

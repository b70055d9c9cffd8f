/**
 * Whether this node still hears from the log. What it knows grows old while it does not: soon it refuses commands, and
 * after a while it lets its readers go, so that they find a node that does.
 */
import { CommandError } from '@fullduplex/wire';
import type { Log } from './log/log.js';

/** In seconds. */
export interface ContactTiming {
  readonly storagePatience: number;
  readonly storageLoss: number;
}

export class StorageContact {
  readonly #log: Pick<Log, 'silence'>;
  readonly #timing: ContactTiming;

  constructor(log: Pick<Log, 'silence'>, timing: ContactTiming) {
    this.#log = log;
    this.#timing = timing;
  }

  /** Whether the storage has been silent for so long that nothing more is judged by what is remembered. */
  get isStale(): boolean {
    return this.#log.silence > this.#timing.storagePatience * 1000;
  }

  /** Whether readers are better off elsewhere. */
  get isLost(): boolean {
    return this.#log.silence > this.#timing.storageLoss * 1000;
  }

  /** @throws {CommandError} `unavailable` */
  require(): void {
    if (!this.isStale) return;
    throw new CommandError('unavailable', 'The server cannot reach its storage now; try again later.');
  }
}

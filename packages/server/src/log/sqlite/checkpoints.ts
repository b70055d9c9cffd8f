/**
 * When the write-ahead log is copied into the file. The copying is another thread's, beside the commits; only what is
 * left at the end, a few pages, is copied while a commit waits, so that the write-ahead log can begin anew: it has a
 * bound, and no commit takes long. It knows no SQLite.
 */
import type { CheckpointMode, CheckpointResult } from './calls.js';

export interface CheckpointsOptions {
  readonly checkpoint: (mode: CheckpointMode) => Promise<CheckpointResult>;
  /** So many pages more and they are copied. */
  readonly every: number;
  /** So many pages and the write-ahead log is to begin anew. */
  readonly most: number;
  /** Told why a checkpoint failed; it is tried again later. */
  readonly failed: (error: unknown) => void;
}

/** Few enough to be copied while a commit waits. */
const FEW_PAGES = 512;
/** Under load, what is added while a copying runs is copied by the next one, but not for ever. */
const MOST_ROUNDS = 4;

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  /** Pages that were written since the last copying began, as well as can be guessed. */
  #fresh = 0;
  #running: Promise<void> | undefined;
  #restart = false;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** To be called before each commit, which waits for it. */
  async beforeCommit(): Promise<void> {
    // On a busy machine the copying may get less time than the commits.
    if (this.#fresh >= this.#options.most) await this.#running;
    if (!this.#restart) return;
    this.#restart = false;
    try {
      await this.#options.checkpoint('RESTART');
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** A commit has written about so many pages. */
  committed(pages: number): void {
    this.#fresh += pages;
    if (this.#fresh < this.#options.every || this.#running !== undefined) return;
    this.#running = this.#copy().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #copy(): Promise<void> {
    try {
      for (let round = 0, before = 0; round < MOST_ROUNDS; round++) {
        this.#fresh = 0;
        const { pages, copied } = await this.#options.checkpoint('PASSIVE');
        if (pages < this.#options.most) return;
        // What a copying finds new is about what comes while the next one runs.
        if (copied - before < FEW_PAGES) break;
        before = copied;
      }
      this.#restart = true;
    } catch (error) {
      this.#options.failed(error);
    }
  }
}

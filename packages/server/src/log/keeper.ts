/**
 * Which of the nodes on one storage does what one of them is to do. Time is cut into rounds, and each round is claimed
 * by a fact that can be made once; who has a round claims the next one as well, so that it stays with one node until
 * that is gone. Clocks that differ may make two of them do it for a while, which must be harmless.
 */
import { type Log, LogError } from './log.js';

export interface KeeperOptions {
  readonly log: Pick<Log, 'append' | 'facts' | 'list'>;
  /** Where the claims are kept: the beginning of their keys. */
  readonly prefix: string;
  /** This node's name, of this start of it. */
  readonly node: string;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #held = new Set<number>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Whether this node does it in the round. @throws {LogError} */
  async keeps(round: number): Promise<boolean> {
    if (!(await this.#claim(round, round))) return false;
    await this.#claim(round + 1, round);
    return true;
  }

  async #claim(round: number, now: number): Promise<boolean> {
    if (this.#held.has(round)) return true;
    const { log, prefix, node } = this.#options;
    const key = this.#key(round);
    // The round before stays, for those whose time is a little behind.
    const past = (await log.list(prefix, 100)).facts.filter((fact) => fact.key < this.#key(now - 1));
    const facts = [{ key, value: node }, ...past.map((fact) => ({ key: fact.key, value: null }))];
    try {
      await log.append({ records: [], facts, unless: key });
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'fact_exists')) throw error;
      // Perhaps it was this one, which was not told so.
      if ((await log.facts([key])).facts[0]?.value !== node) return false;
    }
    this.#held.add(round);
    for (const old of this.#held) if (old < now - 1) this.#held.delete(old);
    return true;
  }

  #key(round: number): string {
    return `${this.#options.prefix}${String(round).padStart(16, '0')}`;
  }
}

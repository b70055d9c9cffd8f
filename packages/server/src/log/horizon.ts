/**
 * How old records are, without trusting a clock: a time of the log's own, which goes as fast as a monotonic clock and
 * makes up what the wall clock is ahead by at no more than as much again; and marks of what there was at which time.
 * Both are facts, so that they outlast the process. It must not know what is done to what is old.
 */
import { type Log, LogError } from './log.js';

export interface HorizonOptions {
  readonly log: Pick<Log, 'position' | 'append' | 'facts' | 'list'>;
  readonly clock: {
    /** Milliseconds since 1970; may jump, and go back. */
    now(): number;
    /** Milliseconds by a clock that never goes back. */
    monotonic(): number;
  };
  /** Milliseconds of the log's time from one mark to the next; undefined: nothing is marked. */
  readonly spacing: number | undefined;
}

/** Everything with an id up to this one was there at that time. */
interface Mark {
  readonly key: string;
  readonly id: number;
  readonly time: number;
}

const TIME = 'retention/time';
const MARKS = 't/';
/** Marks that are looked at, and removed, at once. */
const PAGE = 100;

export class Horizon {
  readonly #options: HorizonOptions;
  #time: number | undefined;
  /** The last id that there was at that time. */
  #id = 0;
  #witnessed = 0;
  #marked = Number.NEGATIVE_INFINITY;

  constructor(options: HorizonOptions) {
    this.#options = options;
  }

  /**
   * Takes in how much time has gone by since it was called last, and answers the log's time in milliseconds. Several
   * nodes may do so: each goes at most twice as fast as time does, and so does the greatest of what they store.
   */
  async witness(): Promise<number> {
    const { clock, log } = this.#options;
    const { facts } = await log.facts([TIME]);
    const stored = Number(facts[0]?.value ?? Number.NEGATIVE_INFINITY);
    this.#id = log.position;
    const monotonic = clock.monotonic();
    const elapsed = this.#time === undefined ? 0 : monotonic - this.#witnessed;
    const before = this.#time ?? (facts[0] === undefined ? clock.now() : stored);
    this.#witnessed = monotonic;
    const time = Math.min(Math.max(clock.now(), before + elapsed), before + 2 * elapsed);
    this.#time = Math.max(Math.floor(time), stored);
    return this.#time;
  }

  /** Stores the time, and marks what is there now if it is time for a mark. To be called by one node. */
  async note(): Promise<void> {
    const { log, spacing } = this.#options;
    const time = this.#time!;
    await log.append({ records: [], facts: [{ key: TIME, atLeast: time }] });
    if (spacing === undefined || time - this.#marked < spacing) return;
    // From before everything on nothing was looked at yet, where there is no mark at all.
    if ((await log.list(MARKS, 1)).facts.length === 0) await this.#mark(0, time);
    await this.#mark(this.#id, time);
    this.#marked = time;
  }

  /**
   * The ids that have come to be older than so many milliseconds of the log's time since `passed` was called last;
   * undefined: none.
   */
  async expired(age: number): Promise<{ readonly after: number; readonly upTo: number } | undefined> {
    const [first, ...later] = await this.#marks();
    const last = later.findLast(({ time }) => time <= this.#time! - age);
    return first === undefined || last === undefined ? undefined : { after: first.id, upTo: last.id };
  }

  /** What is that old was dealt with: the marks before it are done with. */
  async passed(id: number): Promise<void> {
    const done = (await this.#marks()).filter((mark) => mark.id < id);
    await this.#options.log.append({ records: [], facts: done.map(({ key }) => ({ key, value: null })) });
  }

  /** The greatest id up to which everything was dealt with. */
  async dealtWith(): Promise<number> {
    return (await this.#marks(1))[0]?.id ?? 0;
  }

  /** The oldest marks. */
  async #marks(limit = PAGE): Promise<readonly Mark[]> {
    const { facts } = await this.#options.log.list(MARKS, limit);
    return facts.map(({ key, value }) => ({ key, id: Number(key.slice(MARKS.length)), time: Number(value) }));
  }

  async #mark(id: number, time: number): Promise<void> {
    const key = `${MARKS}${String(id).padStart(16, '0')}`;
    try {
      // Of two marks of the same id the older one says more.
      await this.#options.log.append({ records: [], facts: [{ key, value: String(time) }], unless: key });
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'fact_exists')) throw error;
    }
  }
}

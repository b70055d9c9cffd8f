/**
 * Whether one reader was given everything that it had a right to and nothing else, once, in order, as the log holds it,
 * and was told of what it could not be given.
 */
import type { Gap } from '@fullduplex/wire';
import type { GivenPublication, Journal } from '../journal.js';
import { DELETED, digest, type Interval, type StoredRecord, type Truth } from '../truth/truth.js';
import { fewest, type Violation, type ViolationKind } from './violation.js';

/** What readers were given of records that retention took: all that is left of them. */
export type Heard = Map<string, GivenPublication>;

export function checkReader(journal: Journal, truth: Truth, heard: Heard): Violation[] {
  return journal.kind === 'writer' ? [] : fewest(new ReaderCheck(journal, truth, heard).run());
}

/** How far one channel was given. */
interface Reading {
  /** The last offset, and the membership in which it came. */
  at: number | undefined;
  interval: Interval | undefined;
  /** Up to here the reader was told that there is nothing more to have. */
  told: number;
  readonly seen: Set<number>;
}

class ReaderCheck {
  readonly #journal: Journal;
  readonly #truth: Truth;
  readonly #heard: Heard;
  readonly #readings = new Map<string, Reading>();
  readonly #found: Violation[] = [];
  /** The greatest id that was given. */
  #last: number;

  constructor(journal: Journal, truth: Truth, heard: Heard) {
    this.#journal = journal;
    this.#truth = truth;
    this.#heard = heard;
    this.#last = journal.place ?? 0;
  }

  run(): Violation[] {
    const { given, user, besides, baseline, joined } = this.#journal;
    for (const one of given) {
      if (one.is === 'publication') this.#publication(one);
      else if (one.is === 'gap') this.#gap(one.gap);
      else this.#anew();
    }
    const ends = this.#truth.facts ? this.#truth.belongings(user) : [...baseline.keys(), ...joined.keys()];
    for (const channel of new Set([...ends, ...besides])) this.#end(channel);
    return this.#found;
  }

  #violate(kind: ViolationKind, channel: string, what: string): void {
    const { user, name } = this.#journal;
    this.#found.push({ kind, what: `${user} (${name}), ${channel}: ${what}` });
  }

  #publication(one: GivenPublication): void {
    const { channel, offset, epoch } = one;
    const reading = this.#reading(channel);
    const record = this.#truth.at(channel, offset);
    if (!this.#truth.epochs.some(({ name }) => name === epoch)) {
      this.#violate('log', channel, `${offset} came with the epoch ${epoch}, which the log does not have`);
    }
    this.#compare(one, record);
    if (reading.seen.has(offset)) {
      this.#violate('doubled', channel, `${offset} came again`);
      return;
    }
    reading.seen.add(offset);
    const id = (record ?? this.#truth.before(channel, offset))?.id ?? one.id;
    const interval = this.#entitle(channel, offset, id);
    if (interval === null) return;
    if (reading.at !== undefined && offset < reading.at) {
      this.#violate('reordered', channel, `${offset} came after ${reading.at}`);
      return;
    }
    if (this.#journal.kind === 'bare' && id !== undefined) {
      if (id < this.#last) {
        const what = `${offset}, with the id ${id}, came after the id ${this.#last} of another conversation`;
        this.#violate('reordered', channel, what);
      }
      this.#last = Math.max(this.#last, id);
    }
    this.#require(channel, interval, offset - 1);
    reading.at = offset;
    reading.interval = interval;
  }

  /** With what the log holds; with what others were given, where retention took it. */
  #compare(one: GivenPublication, record: StoredRecord | undefined): void {
    const { channel, offset, data, id } = one;
    if (!record) {
      if (!this.#truth.isTrimmed(channel, offset)) {
        this.#violate('lost', channel, `${offset} was given, and the log does not hold it`);
        return;
      }
      const past = this.#truth.before(channel, offset);
      const other = past
        ? { ...past, key: past.key, data: digestOf(past) }
        : this.#heard.get(`${channel} ${offset}`);
      if (!other) this.#heard.set(`${channel} ${offset}`, one);
      else if (other.sender !== one.sender || other.key !== one.key || !isOne(other.data, data)) {
        this.#violate('altered', channel, `${offset} came as ${data}; it was ${other.data}`);
      }
      return;
    }
    const stored = digestOf(record);
    const same = record.redacted === true || stored === data;
    if (!same || record.sender !== one.sender || record.key !== one.key) {
      this.#violate('altered', channel, `${offset} came as ${data}; the log holds ${stored}`);
    }
    if (id !== undefined && record.id !== undefined && record.id !== id) {
      this.#violate('altered', channel, `${offset} came with the place ${id}; its id is ${record.id}`);
    }
  }

  /** The membership in which it was given; undefined where that is not known, null where it must not have been given. */
  #entitle(channel: string, offset: number, id: number | undefined): Interval | undefined | null {
    const { user, place = 0, besides } = this.#journal;
    const intervals = besides.includes(channel) ? ALWAYS : this.#truth.intervals(user, channel);
    if (!intervals || id === undefined) return undefined;
    // The client says where it begins when it has been given the first already.
    if (id <= place && this.#journal.kind === 'bare') {
      this.#violate('early', channel, `${offset}, with the id ${id}, is from before its place ${place}`);
      return null;
    }
    const interval = intervals.find(({ from, until }) => from <= id && id < until);
    if (interval) return interval;
    // What made a user belong may be gone with the feed that told of it.
    if (this.#truth.isTrimmed(`user:${user}`, 1)) return undefined;
    const next = intervals.find(({ from }) => from > id);
    if (next) {
      const what = `${offset}, with the id ${id}, is from before it belonged, which began at ${next.from}`;
      this.#violate('early', channel, what);
    } else {
      const last = intervals.at(-1);
      const what = last ? `it belonged only up to ${last.until}` : 'it never belonged';
      this.#violate('unentitled', channel, `${offset} was given, with the id ${id}; ${what}`);
    }
    return null;
  }

  /** Everything from where the reader stood, or from where its membership began, has come or was told of. */
  #require(channel: string, interval: Interval | undefined, to: number): void {
    const due = this.#due(channel, interval);
    if (due === undefined) return;
    const from = Math.max(due, this.#reading(channel).told + 1);
    if (from > to) return;
    const range = from === to ? `${from}` : `${from} to ${to}`;
    if (this.#truth.isTrimmed(channel, to)) {
      this.#violate('untold-gap', channel, `${range} were taken by retention, and nobody told of it`);
    } else {
      this.#violate('skipped', channel, `${range} never came before what came after`);
    }
  }

  #due(channel: string, interval: Interval | undefined): number | undefined {
    const { at, interval: before } = this.#reading(channel);
    if (at !== undefined && before === interval) return at + 1;
    // Where the id is not known of what retention took, who belonged all the time still did.
    if (at !== undefined && (!before || !interval)) return this.#isSteady(channel) ? at + 1 : undefined;
    const { place = 0, baseline, joined } = this.#journal;
    const base = baseline.get(channel)?.offset ?? joined.get(channel)?.offset;
    if (!interval) return this.#isSteady(channel) && base !== undefined ? base + 1 : undefined;
    const start = this.#truth.firstFrom(channel, Math.max(interval.from, place + 1));
    if (start !== undefined) return start;
    return interval.from <= place && base !== undefined ? base + 1 : undefined;
  }

  #isSteady(channel: string): boolean {
    const { user, besides } = this.#journal;
    if (besides.includes(channel)) return true;
    return (this.#truth.intervals(user, channel)?.length ?? 1) === 1;
  }

  #gap({ channel, reason, epoch, from, to }: Gap): void {
    const { oldest = 1 } = this.#truth.channels.get(channel) ?? {};
    if (reason === 'epoch' || epoch !== this.#truth.epoch || to >= oldest) {
      const what = `told that ${from === undefined ? 'all' : from} to ${to} is gone (${reason}); the log holds ${oldest} onwards`;
      this.#violate('untrue-gap', channel, what);
    }
    const reading = this.#reading(channel);
    reading.told = Math.max(reading.told, to);
  }

  /** Only after the log has lost its end, which ours never does. */
  #anew(): void {
    this.#last = 0;
    if (this.#truth.facts)
      this.#violate('log', 'all', 'its place was refused, though nothing of the log was lost');
  }

  #end(channel: string): void {
    const head = this.#truth.channels.get(channel)?.head ?? 0;
    const { user, besides } = this.#journal;
    const intervals = besides.includes(channel) ? ALWAYS : this.#truth.intervals(user, channel);
    this.#require(channel, intervals?.at(-1), head);
  }

  #reading(channel: string): Reading {
    let reading = this.#readings.get(channel);
    if (!reading) {
      reading = { at: undefined, interval: undefined, told: 0, seen: new Set() };
      this.#readings.set(channel, reading);
    }
    return reading;
  }
}

const ALWAYS: readonly Interval[] = [{ from: 0, until: Number.POSITIVE_INFINITY }];

const digests = new WeakMap<StoredRecord, string>();

function digestOf(record: StoredRecord): string {
  let found = digests.get(record);
  if (found === undefined) {
    found = digest(JSON.parse(record.data));
    digests.set(record, found);
  }
  return found;
}

/** Either may have been given before it was deleted. */
function isOne(a: string, b: string): boolean {
  return a === b || a === DELETED || b === DELETED;
}

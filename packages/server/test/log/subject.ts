/** The log that the contract is tried on, and what all parts of the contract use. */
import { expect } from 'vitest';
import type { Fact, Follower, Log, LogRecord, NewRecord, TailRecord } from '../../src/log/log.js';

export interface ContractOptions {
  readonly maxRecordBytes: number;
  readonly maxPendingBytes: number;
  /** Bytes of recent records and number of heads kept in memory: with none, everything comes from the storage. */
  readonly recentBytes: number;
  readonly maxHeads: number;
  /** The machine's own, for what runs later. */
  readonly defer: (run: () => void) => void;
  readonly after: (ms: number, callback: () => void) => () => void;
  /** The storage's clock, for storages that are handed one. */
  readonly now: () => number;
}

export interface Opened {
  readonly log: Log;
  /** Opens another log on the same storage, with the same options; absent where a storage has one writer only. */
  readonly another?: () => Promise<Log>;
  /** Closes all of them and throws the storage away. */
  readonly discard: () => Promise<void>;
  /** The storage goes by a clock of its own, and not by `now`. */
  readonly ownClock?: true;
}

/** Opens a log on a fresh, empty storage. */
export type OpenLog = (options: ContractOptions) => Promise<Opened>;

/** Filled anew before each test. */
export interface Subject {
  log: Log;
  another: (() => Promise<Log>) | undefined;
  ownClock: boolean;
  /** Milliseconds since 1970, as the log sees them. */
  clock: number;
}

/** Opens another log on the subject's storage. */
export function second({ another }: Subject): Promise<Log> {
  if (another === undefined) throw new Error('The storage has one writer only.');
  return another();
}

export function message(channel: string, text: string, key?: string, sender = 'ada'): NewRecord {
  const data = JSON.stringify({ type: 'message', text });
  return { channel, sender, ...(key === undefined ? {} : { key }), data };
}

export function texts(records: readonly LogRecord[]): string[] {
  return records.map((record) => (JSON.parse(record.data) as { text: string }).text);
}

export function idsOf(records: readonly { readonly id: number }[]): number[] {
  return records.map(({ id }) => id);
}

/** The numbers from `from` to `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => from + index);
}

/** Appends the messages "1", "2" and so on. */
export async function fill({ log }: Pick<Subject, 'log'>, channel: string, count: number): Promise<void> {
  await log.append({ records: range(1, count).map((text) => message(channel, `${text}`)) });
}

/** The facts with this prefix as an object, by key. */
export async function factsOf(log: Log, prefix = ''): Promise<Record<string, string>> {
  const { facts } = await log.list(prefix, 10_000);
  return Object.fromEntries(facts.map(({ key, value }) => [key, value]));
}

export async function factOf(log: Log, key: string): Promise<Fact | undefined> {
  return (await log.facts([key])).facts[0];
}

/** A follower whom nothing concerns. */
export const DEAF: Follower = { told: () => {}, skipped: () => {}, wentBack: () => {} };

export interface Listening {
  readonly records: TailRecord[];
  readonly skips: { readonly from: number; readonly to: number }[];
  readonly stop: () => void;
}

/** Follows the log, and holds it to its word: each record once, in order, nothing left out in silence. */
export function listen(log: Log): Listening {
  const records: TailRecord[] = [];
  const skips: { readonly from: number; readonly to: number }[] = [];
  let position = log.position;
  const stop = log.follow({
    told(told) {
      expect(idsOf(told)).toEqual(range(position + 1, position + told.length));
      position += told.length;
      expect(log.position).toBe(position);
      records.push(...told);
    },
    skipped(from, to) {
      expect(from).toBe(position + 1);
      expect(to).toBeGreaterThanOrEqual(from);
      position = to;
      expect(log.position).toBe(position);
      skips.push({ from, to });
    },
    wentBack(to) {
      throw new Error(`The log went back to ${to}.`);
    },
  });
  return { records, skips, stop };
}

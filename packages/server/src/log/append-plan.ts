/**
 * What an append comes to, given what a storage has: places for its records, or the error it fails with. Pure rules,
 * shared by the storages that look things up one by one, so that they cannot differ.
 */
import { type Append, type Condition, type FactChange, LogError, type LogRecord } from './log.js';
import type { Placed } from './storage.js';

/** What a storage has, the appends before this one included. */
export interface Holdings {
  /** The last id that was given. */
  readonly lastId: number;
  /** By the storage's clock. */
  readonly now: number;
  /** The channel's last offset; 0 for none. */
  headOf(channel: string): number;
  byKey(channel: string, sender: string, key: string): Keyed | undefined;
  fact(key: string): { readonly value: string; readonly id: number } | undefined;
}

/** The record that has a key already. */
export interface Keyed {
  readonly id: number;
  readonly offset: number;
  readonly time: number;
  readonly data: string;
  readonly redacted?: boolean;
}

export interface AppendPlan {
  readonly placed: readonly Placed[];
  /** To be appended, by id. */
  readonly records: readonly LogRecord[];
  /** Each key once, as it is to be; `null`: removed. Empty where nothing is to change. */
  readonly changes: readonly { readonly key: string; readonly value: string | null }[];
  /** What the facts that change are to bear. */
  readonly factId: number;
  /** Whether facts and redactions are to be carried out: not so for a mere retry. */
  readonly applies: boolean;
}

/** @throws {LogError} `key_conflict`, `fact_exists`, `fact_changed` */
export function planAppend(append: Append, holdings: Holdings): AppendPlan {
  const placed: Placed[] = [];
  const records: LogRecord[] = [];
  const offsets = new Map<string, number>();
  const keyed = new Map<string, Keyed>();
  for (const record of append.records) {
    const { channel, sender, key, data } = record;
    // Lengths first, so that no three texts can look like another three.
    const name = key === undefined ? '' : `${channel.length}:${sender.length}:${channel}${sender}${key}`;
    const earlier = key === undefined ? undefined : (keyed.get(name) ?? holdings.byKey(channel, sender, key));
    if (earlier !== undefined) {
      if (earlier.data !== data && earlier.redacted !== true) {
        throw new LogError('key_conflict', `The key was used for other data in ${channel}.`);
      }
      placed.push({ id: earlier.id, offset: earlier.offset, time: earlier.time, duplicate: true });
      continue;
    }
    const id = holdings.lastId + records.length + 1;
    const offset = (offsets.get(channel) ?? holdings.headOf(channel)) + 1;
    const stored: LogRecord = { ...record, id, offset, time: holdings.now };
    offsets.set(channel, offset);
    if (key !== undefined) keyed.set(name, stored);
    records.push(stored);
    placed.push({ id, offset, time: holdings.now, duplicate: false });
  }
  const applies = records.length > 0 || append.records.length === 0;
  const factId = records[0]?.id ?? Math.max(holdings.lastId, 1);
  if (!applies) return { placed, records, changes: [], factId, applies };
  if (append.unless !== undefined && holdings.fact(append.unless) !== undefined) {
    throw new LogError('fact_exists', `There is a fact ${append.unless}.`);
  }
  for (const condition of append.when ?? []) requireUnchanged(condition, holdings);
  return { placed, records, changes: changesOf(append.facts ?? [], holdings), factId, applies };
}

function requireUnchanged({ key, id }: Condition, holdings: Holdings): void {
  const now = holdings.fact(key)?.id ?? 0;
  if (now !== id) {
    throw new LogError(
      'fact_changed',
      `The fact ${key} changed meanwhile (${id || 'absent'}, now ${now || 'absent'}).`,
    );
  }
}

function changesOf(facts: readonly FactChange[], holdings: Holdings): AppendPlan['changes'] {
  const after = new Map<string, string | null>();
  for (const change of facts) {
    const { key } = change;
    const before = after.has(key) ? after.get(key)! : (holdings.fact(key)?.value ?? null);
    const value = valueAfter(change, before);
    // What stays as it is keeps its id, but for what was named to be set.
    if (value !== before || 'value' in change) after.set(key, value);
  }
  return Array.from(after, ([key, value]) => ({ key, value }));
}

function valueAfter(change: FactChange, before: string | null): string | null {
  if ('value' in change) return change.value;
  const number = before === null ? 0 : Number(before);
  if ('atLeast' in change)
    return before === null || change.atLeast > number ? String(change.atLeast) : before;
  const sum = number + change.add;
  return sum === 0 ? null : String(sum);
}

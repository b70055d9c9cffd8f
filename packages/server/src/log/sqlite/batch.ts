/**
 * A batch of appends as it crosses to the thread that writes, and the reply as it comes back: few objects and flat
 * arrays, since each is copied on the way. It knows no storage.
 */
import {
  type Append,
  type Condition,
  type Epoch,
  type FactChange,
  LogError,
  type LogErrorCode,
  type NewRecord,
  type Redaction,
  type TailRecord,
} from '../log.js';
import type { Committed, Placed } from '../storage.js';

export interface Batch {
  /** Unique; who is given the same batch twice commits it once. */
  readonly id: string;
  /** Milliseconds since 1970; the thread's own clock where it is absent. */
  readonly time?: number;
  /** Every channel of the batch, once. */
  readonly channels: readonly string[];
  /** For each append: its numbers of records, facts, conditions and redactions, and 1 if it has an `unless`. */
  readonly shape: readonly number[];
  /**
   * For each append: of each record the index of its channel; of each fact how it changes (an index of `KINDS`) and by
   * which number; of each condition and of each redaction the id.
   */
  readonly numbers: readonly number[];
  /**
   * For each append: sender, key and data of each record; key and value of each fact; each condition's key; each
   * redaction's data; then its `unless`.
   */
  readonly texts: readonly (string | null)[];
}

const KINDS = ['value', 'atLeast', 'add'] as const;

export interface Failure {
  /** Of the append. */
  readonly index: number;
  readonly code: LogErrorCode;
  readonly message: string;
}

export interface BatchReply {
  readonly time: number;
  /** For each record of each append that was committed: id, offset, and the time of a duplicate or -1. */
  readonly numbers: readonly number[];
  /** The appends that were not committed, in order. */
  readonly failures: readonly Failure[];
  /** Of the first records that bear any: the id, and what `encodeChanges` made of it. */
  readonly changes: readonly (readonly [id: number, changes: string])[];
  readonly epochs?: readonly Epoch[];
}

export function encodeBatch(id: string, appends: readonly Append[], time?: number): Batch {
  const index = new Map<string, number>();
  const shape: number[] = [];
  const numbers: number[] = [];
  const texts: (string | null)[] = [];
  for (const { records, facts = [], when = [], redact = [], unless } of appends) {
    shape.push(records.length, facts.length, when.length, redact.length, unless === undefined ? 0 : 1);
    for (const { channel, sender, key, data } of records) {
      let at = index.get(channel);
      if (at === undefined) {
        at = index.size;
        index.set(channel, at);
      }
      numbers.push(at);
      texts.push(sender, key ?? null, data);
    }
    for (const fact of facts) {
      if ('value' in fact) numbers.push(0, 0);
      else if ('atLeast' in fact) numbers.push(1, fact.atLeast);
      else numbers.push(2, fact.add);
      texts.push(fact.key, 'value' in fact ? fact.value : null);
    }
    for (const condition of when) {
      numbers.push(condition.id);
      texts.push(condition.key);
    }
    for (const redaction of redact) {
      numbers.push(redaction.id);
      texts.push(redaction.data);
    }
    if (unless !== undefined) texts.push(unless);
  }
  const batch = { id, channels: [...index.keys()], shape, numbers, texts };
  return time === undefined ? batch : { ...batch, time };
}

export function decodeBatch({ channels, shape, numbers, texts }: Batch): readonly Append[] {
  const appends: Append[] = [];
  let number = 0;
  let text = 0;
  const nextText = (): string => texts[text++] as string;
  for (let at = 0; at < shape.length; at += 5) {
    const records: NewRecord[] = [];
    for (let left = shape[at]!; left > 0; left--) {
      const channel = channels[numbers[number++]!]!;
      const sender = nextText();
      const key = texts[text++] ?? null;
      const data = nextText();
      records.push(key === null ? { channel, sender, data } : { channel, sender, key, data });
    }
    const facts: FactChange[] = [];
    for (let left = shape[at + 1]!; left > 0; left--) {
      const key = nextText();
      const value = texts[text++] ?? null;
      const kind = KINDS[numbers[number++]!]!;
      const by = numbers[number++]!;
      facts.push(
        kind === 'value' ? { key, value } : kind === 'atLeast' ? { key, atLeast: by } : { key, add: by },
      );
    }
    const when: Condition[] = [];
    for (let left = shape[at + 2]!; left > 0; left--) when.push({ key: nextText(), id: numbers[number++]! });
    const redact: Redaction[] = [];
    for (let left = shape[at + 3]!; left > 0; left--)
      redact.push({ data: nextText(), id: numbers[number++]! });
    const unless = shape[at + 4] === 1 ? { unless: nextText() } : {};
    appends.push({ records, facts, when, redact, ...unless });
  }
  return appends;
}

/** What an append changed beside its records, as it is kept on the first of them; null for nothing. */
export function encodeChanges(
  changes: NonNullable<TailRecord['changes']>,
  redactions: readonly Redaction[],
): string | null {
  if (changes.length === 0 && redactions.length === 0) return null;
  return JSON.stringify([
    changes.map(({ key, value }) => [key, value]),
    redactions.map(({ id, data }) => [id, data]),
  ]);
}

export function decodeChanges(text: string): Pick<TailRecord, 'changes' | 'redactions'> {
  const [changes, redactions] = JSON.parse(text) as [[string, string | null][], [number, string][]];
  return {
    ...(changes.length === 0 ? {} : { changes: changes.map(([key, value]) => ({ key, value })) }),
    ...(redactions.length === 0 ? {} : { redactions: redactions.map(([id, data]) => ({ id, data })) }),
  };
}

export function decodeReply(appends: readonly Append[], reply: BatchReply): Committed {
  const failures = new Map(
    reply.failures.map(({ index, code, message }) => [index, new LogError(code, message)]),
  );
  const changes = new Map(reply.changes);
  const records: TailRecord[] = [];
  let number = 0;
  const outcomes = appends.map((append, index) => {
    const failure = failures.get(index);
    if (failure !== undefined) return failure;
    return append.records.map((appended): Placed => {
      const id = reply.numbers[number++]!;
      const offset = reply.numbers[number++]!;
      const earlier = reply.numbers[number++]!;
      if (earlier !== -1) return { id, offset, time: earlier, duplicate: true };
      const changed = changes.get(id);
      const { channel, sender, key, data } = appended;
      const record = { id, channel, offset, sender, data, time: reply.time };
      const tail: TailRecord = key === undefined ? record : { ...record, key };
      records.push(changed === undefined ? tail : { ...tail, ...decodeChanges(changed) });
      return { id, offset, time: reply.time, duplicate: false };
    });
  });
  return { outcomes, records, ...(reply.epochs === undefined ? {} : { epochs: reply.epochs }) };
}

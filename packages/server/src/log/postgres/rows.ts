/** What the log's functions in PostgreSQL answer, as the contract's types. */
import type { Epoch, Fact, FactsAt, LogRecord, TailRecord } from '../log.js';
import type { Extent } from '../storage.js';
import type { Row } from './connection.js';

/** What `commit_batch` answers; null where there is none. */
export interface CommitAnswer {
  readonly now: number;
  readonly ids: readonly number[] | null;
  readonly offsets: readonly number[] | null;
  /** The record's place in the round, from 1, and where the first with its key is. */
  readonly found: readonly (readonly [place: number, id: number, offset: number, time: number])[] | null;
  /** 1: key_conflict, with the record's place; 2: fact_exists, 3: fact_changed, with the condition's place. */
  readonly failed: readonly (readonly [append: number, outcome: number, place: number, id: number])[] | null;
  readonly changeIds: readonly number[] | null;
  readonly changes: readonly string[] | null;
  readonly epochs: readonly Epoch[] | null;
}

export interface RecordRow extends Row {
  readonly id: number;
  readonly offset: number;
  readonly time: number;
  readonly redacted: boolean;
  readonly sender: string;
  readonly key: string | null;
  readonly data: string;
}

export interface TailRow extends RecordRow {
  readonly channel: string;
  readonly changes: string | null;
  readonly redactions: string | null;
}

export interface ExtentRow extends Row {
  readonly head: number;
  readonly head_id: number;
  readonly oldest: number;
  readonly floor: number;
}

export interface FactRow extends Row {
  readonly key: string;
  readonly value: string | null;
  readonly id: number;
}

export function recordOf(row: RecordRow, channel: string): LogRecord {
  return {
    id: row.id,
    channel,
    offset: row.offset,
    sender: row.sender,
    ...(row.key === null ? {} : { key: row.key }),
    time: row.time,
    data: row.data,
    ...(row.redacted ? { redacted: true as const } : {}),
  };
}

export function tailRecordOf(row: TailRow): TailRecord {
  return {
    ...recordOf(row, row.channel),
    ...(row.changes === null ? {} : { changes: changesOf(row.changes) }),
    ...(row.redactions === null
      ? {}
      : { redactions: JSON.parse(row.redactions) as NonNullable<TailRecord['redactions']> }),
  };
}

/** What an append changed, as it is stored with its first record. */
export function changesOf(json: string): NonNullable<TailRecord['changes']> {
  return JSON.parse(json) as NonNullable<TailRecord['changes']>;
}

export function extentOf({ head, head_id, oldest, floor }: ExtentRow): Extent {
  return { head: { offset: head, id: head_id }, oldest, floor };
}

export function factOf({ key, value, id }: FactRow): Fact | undefined {
  return value === null ? undefined : { key, value, id };
}

/** The first row bears the id of the moment. */
export function factsAt(rows: readonly FactRow[]): FactsAt<readonly (Fact | undefined)[]> {
  const [moment, ...facts] = rows;
  return { facts: facts.map(factOf), id: moment!.id };
}

export function epochsOf(epochs: readonly Epoch[] | null): readonly Epoch[] | undefined {
  return epochs === null ? undefined : epochs.map(({ name, first }) => ({ name, first }));
}

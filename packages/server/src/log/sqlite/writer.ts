/**
 * Owns the writing connection to a log's database file: commits batches, each as one transaction, and trims. It runs
 * in a thread of its own and knows nothing of it.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type Database from 'libsql';
import { type AppendPlan, type Holdings, type Keyed, planAppend } from '../append-plan.js';
import { type Append, type Epoch, LogError } from '../log.js';
import type { StorageState } from '../storage.js';
import { type Batch, type BatchReply, decodeBatch, encodeChanges, type Failure } from './batch.js';
import { identityOf, isSameFile, settle, settleAtEnd, Witness } from './home.js';
import { type DatabaseOptions, openForWriting, prepareRows, prepareState, transact } from './schema.js';

export interface WriterOptions extends DatabaseOptions {
  /** Channels and facts that are kept at hand; past it all are forgotten, and read again as they are needed. */
  readonly maxKept?: number;
  /** The file was put here by a restore: what it once acknowledged may be missing. */
  readonly restored?: boolean;
  /** The file that was opened before, when it is opened again: another one in its place is refused. */
  readonly identity?: string;
}

export interface WriterOpened extends StorageState {
  readonly identity: string;
}

/** A channel as the next record finds it. */
interface Channel {
  readonly id: number;
  head: number;
}

type FactNow = { readonly value: string; readonly id: number } | undefined;

/** Records that one step of a trim removes, so that commits need not wait long for it. */
const TRIM_STEP = 250;
/** In characters: a fact with a longer value is not kept at hand. */
const MAX_VALUE_KEPT = 128;

export class SqliteWriter implements Holdings {
  readonly #db: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #readState: () => StorageState;
  readonly #witness: Witness;
  readonly #identity: string;
  readonly #durability: DatabaseOptions['durability'];
  readonly #maxKept: number;
  readonly #channels = new Map<string, Channel>();
  readonly #facts = new Map<string, FactNow>();
  /** The next commit begins a new epoch. */
  #doubt: boolean;
  #lastBatch: string | undefined;
  #lastId: number;
  #now = 0;

  /** @throws what the database throws, or a `LogError` */
  constructor(options: WriterOptions) {
    const { file, durability, maxKept = 50_000, restored = false, identity } = options;
    refuseAnother(file, identity);
    this.#maxKept = maxKept;
    this.#durability = durability;
    this.#db = openForWriting(options);
    try {
      this.#statements = prepare(this.#db);
      this.#readState = prepareState(this.#db);
      this.#lastId = this.#readState().lastId;
      this.#lastBatch = (this.#statements.lastBatch.get() as [string] | undefined)?.[0];
      this.#witness = new Witness(file);
      const signs = { lastId: this.#lastId, witnessed: this.#witness.seen, restored };
      this.#doubt = settle(this.#db, options, signs);
      this.#identity = identityOf(file);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  get opened(): WriterOpened {
    return { ...this.#readState(), identity: this.#identity };
  }

  get lastId(): number {
    return this.#lastId;
  }

  get now(): number {
    return this.#now;
  }

  headOf(channel: string): number {
    return this.#channel(channel)?.head ?? 0;
  }

  byKey(channel: string, sender: string, key: string): Keyed | undefined {
    const id = this.#channel(channel)?.id;
    if (id === undefined) return undefined;
    const row = this.#statements.byKey.get(id, sender, key) as
      | [id: number, offset: number, time: number, data: string, redacted: number | null]
      | undefined;
    if (row === undefined) return undefined;
    return { id: row[0], offset: row[1], time: row[2], data: row[3], redacted: row[4] === 1 };
  }

  fact(key: string): FactNow {
    if (this.#facts.has(key)) return this.#facts.get(key);
    const row = this.#statements.fact.get(key) as [string, number] | undefined;
    const fact = row && { value: row[0], id: row[1] };
    this.#keepFact(key, fact);
    return fact;
  }

  /** Commits the batch; when it throws, nothing of the batch was committed. */
  commit(batch: Batch): BatchReply {
    if (batch.id === this.#lastBatch) return this.#committed();
    if (this.#channels.size > this.#maxKept) this.#channels.clear();
    if (this.#facts.size > this.#maxKept) this.#facts.clear();
    this.#now = batch.time ?? Date.now();
    const reply = this.#transact(() => this.#carryOut(batch));
    this.#lastBatch = batch.id;
    this.#doubt = false;
    this.#witness.write(this.#lastId);
    return reply;
  }

  /**
   * Removes records before the offset, the head excepted, but no more than `TRIM_STEP` of them. Answers the first
   * offset that is still there, and whether there is more to remove.
   */
  trim(name: string, before: number): { readonly oldest: number; readonly more: boolean } {
    const row = this.#statements.channel.get(name) as [id: number, oldest: number] | undefined;
    if (row === undefined) return { oldest: 1, more: false };
    const [id, first] = row;
    const until = Math.min(before, this.headOf(name));
    if (first >= until) return { oldest: first, more: false };
    const oldest = Math.min(first + TRIM_STEP, until);
    this.#transact(() => {
      this.#statements.setFloor.run(oldest, id, oldest - 1, id);
      this.#statements.trim.run(id, oldest);
    });
    return { oldest, more: oldest < until };
  }

  close(): void {
    try {
      if (this.#durability === 'system') settleAtEnd(this.#db);
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      this.#witness.close();
    } finally {
      this.#db.close();
    }
  }

  #transact<Result>(run: () => Result): Result {
    try {
      return transact(this.#db, run);
    } catch (error) {
      // What is remembered may be of the transaction that failed.
      this.#channels.clear();
      this.#facts.clear();
      this.#lastId = this.#readState().lastId;
      throw error;
    }
  }

  #carryOut(batch: Batch): BatchReply {
    const numbers: number[] = [];
    const failures: Failure[] = [];
    const changes: [number, string][] = [];
    const epochs = this.#doubt ? this.#beginEpoch() : undefined;
    for (const [index, append] of decodeBatch(batch).entries()) {
      try {
        const plan = planAppend(append, this);
        const changed = this.#apply(append, plan);
        if (changed !== null) changes.push([plan.factId, changed]);
        for (const { id, offset, time, duplicate } of plan.placed) {
          numbers.push(id, offset, duplicate ? time : -1);
        }
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        failures.push({ index, code: error.code, message: error.message });
      }
    }
    const reply = { time: this.#now, numbers, failures };
    this.#statements.setLastBatch.run(batch.id, JSON.stringify(reply));
    return { ...reply, changes, ...(epochs === undefined ? {} : { epochs }) };
  }

  /** The reply to the batch that was committed last, for who did not hear it. */
  #committed(): BatchReply {
    const [, text] = this.#statements.lastBatch.get() as [string, string];
    const reply = JSON.parse(text) as Pick<BatchReply, 'time' | 'numbers' | 'failures'>;
    const changes: [number, string][] = [];
    for (let at = 0; at < reply.numbers.length; at += 3) {
      if (reply.numbers[at + 2] !== -1) continue;
      const id = reply.numbers[at]!;
      const row = this.#statements.changes.get(id) as [string | null] | undefined;
      if (typeof row?.[0] === 'string') changes.push([id, row[0]]);
    }
    return { ...reply, changes, epochs: this.#readState().epochs };
  }

  /** Answers the first record's `changes`, where it has any. */
  #apply(append: Append, plan: AppendPlan): string | null {
    const redactions = plan.applies ? (append.redact ?? []) : [];
    for (const { key, value } of plan.changes) this.#learn(key, value, plan.factId);
    for (const { id, data } of redactions) this.#statements.redact.run(data, id);
    const changes = plan.records.length === 0 ? null : encodeChanges(plan.changes, redactions);
    for (const [index, { id, channel: name, offset, sender, key, time, data }] of plan.records.entries()) {
      const channel = this.#channel(name) ?? this.#begin(name);
      const changed = index === 0 ? changes : null;
      this.#statements.insert.run(id, channel.id, offset, sender, key ?? null, time, data, changed);
      channel.head = offset;
      this.#lastId = id;
    }
    return changes;
  }

  #learn(key: string, value: string | null, id: number): void {
    if (value === null) this.#statements.forget.run(key);
    else this.#statements.learn.run(key, value, id);
    this.#keepFact(key, value === null ? undefined : { value, id });
  }

  #keepFact(key: string, fact: FactNow): void {
    if (fact !== undefined && fact.value.length > MAX_VALUE_KEPT) this.#facts.delete(key);
    else this.#facts.set(key, fact);
  }

  #beginEpoch(): readonly Epoch[] {
    this.#statements.addEpoch.run(randomUUID(), this.#lastId + 1);
    this.#db.exec('UPDATE home SET doubt = 0');
    return this.#readState().epochs;
  }

  #channel(name: string): Channel | undefined {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const row = this.#statements.channel.get(name) as [number, number] | undefined;
    if (row === undefined) return undefined;
    const [head] = this.#statements.head.get(row[0]) as [number];
    const channel = { id: row[0], head };
    this.#channels.set(name, channel);
    return channel;
  }

  #begin(name: string): Channel {
    const { lastInsertRowid } = this.#statements.addChannel.run(name);
    const channel = { id: Number(lastInsertRowid), head: 0 };
    this.#channels.set(name, channel);
    return channel;
  }
}

/** A thread that opens the file again must find the one that it had, or readers would be on another than the writer. */
function refuseAnother(file: string, identity: string | undefined): void {
  if (identity === undefined) return;
  if (existsSync(file) && isSameFile(identityOf(file), identity)) return;
  throw new LogError('unavailable', `${file} was taken away or replaced while the server ran.`);
}

function prepare(db: Database.Database) {
  const rows = (sql: string) => prepareRows(db, sql);
  return {
    channel: rows('SELECT id, oldest FROM channel WHERE name = ?'),
    head: rows('SELECT offset FROM record WHERE channel = ? ORDER BY offset DESC LIMIT 1'),
    byKey: rows(
      'SELECT id, offset, time, data, redacted FROM record INDEXED BY record_key WHERE channel = ? AND sender = ? AND key = ?',
    ),
    fact: rows('SELECT value, id FROM fact WHERE key = ?'),
    lastBatch: rows('SELECT id, reply FROM last_batch'),
    changes: rows('SELECT changes FROM record WHERE id = ?'),
    addChannel: db.prepare('INSERT INTO channel (name) VALUES (?)'),
    addEpoch: db.prepare('INSERT INTO epoch (name, first) VALUES (?, ?)'),
    insert: db.prepare(
      'INSERT INTO record (id, channel, offset, sender, key, time, data, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    redact: db.prepare('UPDATE record SET data = ?, redacted = 1 WHERE id = ?'),
    learn: db.prepare(
      'INSERT INTO fact (key, value, id) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, id = excluded.id',
    ),
    forget: db.prepare('DELETE FROM fact WHERE key = ?'),
    setFloor: db.prepare(
      'UPDATE channel SET oldest = ?, floor = (SELECT id FROM record WHERE channel = ? AND offset = ?) WHERE id = ?',
    ),
    trim: db.prepare('DELETE FROM record INDEXED BY record_offset WHERE channel = ? AND offset < ?'),
    setLastBatch: db.prepare(
      'INSERT INTO last_batch (only, id, reply) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET id = excluded.id, reply = excluded.reply',
    ),
  };
}

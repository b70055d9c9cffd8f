/**
 * Owns the writing connection to a log's database file: commits batches, each as one transaction, and trims. It
 * runs in a thread of its own and knows nothing of it.
 */
import type Database from 'libsql';
import { DEFAULT_MAX_CHANNELS_KEPT } from './check-append.js';
import { LogError } from './log.js';
import type { Batch, BatchReply } from './sqlite-batch.js';
import { openForWriting, readEpoch, type StorageOptions } from './sqlite-schema.js';

/** A channel as the next record finds it. */
interface Channel {
  readonly id: number;
  readonly epoch: string;
  head: number;
  /** When the head was appended. */
  time: number;
  oldest: number;
}

/** A record that has its place. */
interface Placed {
  readonly offset: number;
  readonly time: number;
  readonly data: string;
}

/** Records that one step of a trim removes, so that commits need not wait long for it. */
const TRIM_STEP = 250;

export class SqliteWriter {
  readonly #db: Database.Database;
  readonly #epoch: string;
  readonly #channels = new Map<string, Channel>();
  readonly #statements: ReturnType<typeof prepare>;
  readonly #maxChannelsKept: number;

  /** @throws what the database throws, or a `LogError` */
  constructor(options: StorageOptions) {
    this.#maxChannelsKept = options.maxChannelsKept ?? DEFAULT_MAX_CHANNELS_KEPT;
    this.#db = openForWriting(options);
    this.#epoch = readEpoch(this.#db);
    this.#statements = prepare(this.#db);
  }

  /** Commits the batch; when it throws, nothing of the batch was committed. */
  commit(batch: Batch): BatchReply {
    const last = this.#statements.lastBatch.get() as [string, string] | undefined;
    if (last?.[0] === batch.id) return JSON.parse(last[1]) as BatchReply;
    if (this.#channels.size > this.#maxChannelsKept) this.#channels.clear();
    return this.#transact(() => {
      const channels = batch.channels.map((name) => this.#channel(name));
      const numbers: number[] = [];
      const failures: BatchReply['failures'][number][] = [];
      let record = 0;
      let text = 0;
      for (let index = 0; 3 * index < batch.shape.length; index++) {
        const [records, facts, unless] = batch.shape.slice(3 * index, 3 * index + 3) as [
          number,
          number,
          number,
        ];
        const texts = batch.texts.slice(text, text + 3 * records + 2 * facts + unless);
        const into = batch.channelOf.slice(record, record + records).map((at) => channels[at]!);
        record += records;
        text += texts.length;
        try {
          numbers.push(...this.#append(into, texts, facts, batch.time));
        } catch (error) {
          if (!(error instanceof LogError)) throw error;
          failures.push({ index, code: error.code, message: error.message });
        }
      }
      const reply = {
        epochs: channels.map((channel) => channel.epoch),
        oldest: channels.map((channel) => channel.oldest),
        numbers,
        failures,
      };
      this.#statements.setLastBatch.run(batch.id, JSON.stringify(reply));
      return reply;
    });
  }

  /**
   * Removes records before the offset, the head excepted, but no more than `TRIM_STEP` of them. Answers the first
   * offset that is still there, and whether there is more to remove.
   */
  trim(name: string, before: number): { readonly oldest: number; readonly more: boolean } {
    if (this.#statements.channel.get(name) === undefined) return { oldest: 1, more: false };
    const channel = this.#channel(name);
    const until = Math.min(before, channel.head);
    if (channel.oldest < until) {
      const oldest = Math.min(channel.oldest + TRIM_STEP, until);
      this.#transact(() => this.#statements.trim.run(channel.id, oldest));
      channel.oldest = oldest;
    }
    return { oldest: channel.oldest, more: channel.oldest < until };
  }

  close(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#db.close();
    }
  }

  #transact<Result>(run: () => Result): Result {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = run();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // What is remembered of the channels may be of the transaction that failed.
      this.#channels.clear();
      // SQLite ends the transaction by itself for some errors, a full disk among them.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** All of one append, or, when it throws a `LogError`, nothing of it. Answers the numbers of its records. */
  #append(
    channels: readonly Channel[],
    texts: readonly (string | null)[],
    facts: number,
    time: number,
  ): readonly number[] {
    const numbers: number[] = [];
    const inserts: unknown[][] = [];
    const newest = new Map<Channel, { readonly offset: number; readonly time: number }>();
    const keyed = new Map<string, Placed>();
    for (const [index, channel] of channels.entries()) {
      const [sender, key, data] = texts.slice(3 * index, 3 * index + 3) as [string, string | null, string];
      const name = `${channel.id}:${sender.length}:${sender}${key}`;
      const earlier = key === null ? undefined : (this.#find(channel, sender, key) ?? keyed.get(name));
      if (earlier !== undefined) {
        if (earlier.data !== data)
          throw new LogError('key_conflict', 'The key was used for other data there.');
        numbers.push(earlier.offset, earlier.time, 1);
        continue;
      }
      const last = newest.get(channel) ?? { offset: channel.head, time: channel.time };
      const placed = { offset: last.offset + 1, time: Math.max(time, last.time), data };
      newest.set(channel, placed);
      if (key !== null) keyed.set(name, placed);
      inserts.push([channel.id, placed.offset, sender, key, placed.time, data]);
      numbers.push(placed.offset, placed.time, 0);
    }
    const learns = inserts.length > 0 || channels.length === 0;
    const end = 3 * channels.length + 2 * facts;
    if (learns && texts.length > end && this.#statements.hasFact.get(texts[end]) !== undefined) {
      throw new LogError('fact_exists', `There is a fact ${texts[end]}.`);
    }
    for (const values of inserts) this.#statements.insert.run(...values);
    for (const [channel, last] of newest) {
      channel.head = last.offset;
      channel.time = last.time;
    }
    if (learns) this.#learn(texts.slice(3 * channels.length, end));
    return numbers;
  }

  #find(channel: Channel, sender: string, key: string): Placed | undefined {
    const row = this.#statements.byKey.get(channel.id, sender, key) as [number, number, string] | undefined;
    return row === undefined ? undefined : { offset: row[0], time: row[1], data: row[2] };
  }

  #learn(facts: readonly (string | null)[]): void {
    for (let at = 0; at < facts.length; at += 2) {
      const value = facts[at + 1];
      if (value === null) this.#statements.forget.run(facts[at]);
      else this.#statements.learn.run(facts[at], value);
    }
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const row = this.#statements.channel.get(name) as [number, string] | undefined;
    const channel = row === undefined ? this.#create(name) : this.#load(row[0], row[1]);
    this.#channels.set(name, channel);
    return channel;
  }

  #create(name: string): Channel {
    const { lastInsertRowid } = this.#statements.addChannel.run(name, this.#epoch);
    return { id: Number(lastInsertRowid), epoch: this.#epoch, head: 0, time: 0, oldest: 1 };
  }

  #load(id: number, epoch: string): Channel {
    const newest = this.#statements.newest.get(id) as [number, number] | undefined;
    const oldest = this.#statements.oldest.get(id) as [number] | undefined;
    return { id, epoch, head: newest?.[0] ?? 0, time: newest?.[1] ?? 0, oldest: oldest?.[0] ?? 1 };
  }
}

function prepare(db: Database.Database) {
  const rows = (sql: string) => {
    const statement = db.prepare(sql) as Database.Statement & { raw(): Database.Statement };
    return statement.raw();
  };
  return {
    channel: rows('SELECT id, epoch FROM channel WHERE name = ?'),
    newest: rows('SELECT offset, time FROM record WHERE channel = ? ORDER BY offset DESC LIMIT 1'),
    oldest: rows('SELECT offset FROM record WHERE channel = ? ORDER BY offset LIMIT 1'),
    byKey: rows('SELECT offset, time, data FROM record WHERE channel = ? AND sender = ? AND key = ?'),
    lastBatch: rows('SELECT id, reply FROM last_batch'),
    hasFact: rows('SELECT 1 FROM fact WHERE key = ?'),
    addChannel: db.prepare('INSERT INTO channel (name, epoch) VALUES (?, ?)'),
    insert: db.prepare(
      'INSERT INTO record (channel, offset, sender, key, time, data) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    learn: db.prepare(
      'INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ),
    forget: db.prepare('DELETE FROM fact WHERE key = ?'),
    trim: db.prepare('DELETE FROM record WHERE channel = ? AND offset < ?'),
    setLastBatch: db.prepare(
      'INSERT INTO last_batch (only, id, reply) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET id = excluded.id, reply = excluded.reply',
    ),
  };
}

/**
 * Owns the reading connection to a log's database file: heads, records by offset, facts. It runs in a thread of its
 * own and knows nothing of it; SQLite lets it read while the writer commits.
 */
import type { Position } from '@fullduplex/wire';
import type Database from 'libsql';
import type { ChannelExtent, LogRecord, ReadRequest, ReadResult } from './log.js';
import { type Extent, gapOf, planRead, type ReadPlan } from './read-plan.js';
import { openForReading, readEpoch } from './sqlite-schema.js';

/** Rows that are fetched at first; how many more is then judged by their size. */
const FIRST_ROWS = 16;

type Row = [offset: number, sender: string, key: string | null, time: number, data: string];

export class SqliteReader {
  readonly #db: Database.Database;
  readonly #epoch: string;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(file: string) {
    this.#db = openForReading(file);
    this.#epoch = readEpoch(this.#db);
    this.#statements = prepare(this.#db);
  }

  /** What each channel has, in their order. */
  extents(channels: readonly string[]): readonly Extent[] {
    return this.#snapshot(() => channels.map((name) => this.#extent(name).extent));
  }

  channels(after: number, limit: number): readonly ChannelExtent[] {
    return this.#snapshot(() => {
      const rows = this.#statements.channels.all(after, limit) as [number, string][];
      return rows.map(([number, channel]) => {
        const newest = this.#statements.newest.get(number) as [number] | undefined;
        const oldest = this.#statements.oldest.get(number) as [number, number] | undefined;
        const [first = 1, oldestTime = 0] = oldest ?? [];
        return { channel, number, oldest: first, head: newest?.[0] ?? 0, oldestTime };
      });
    });
  }

  read(request: ReadRequest): ReadResult {
    return this.#snapshot(() => {
      const { id, extent } = this.#extent(request.channel);
      const plan = planRead(request, extent);
      const records = id === undefined ? [] : this.#select(id, request, plan);
      const gap = gapOf(plan, request, records[0]?.offset);
      const head: Position = extent.head;
      return gap === undefined ? { records, head } : { records, head, gap };
    });
  }

  /** Key and value by turns, in the order of the keys' bytes. */
  facts(prefix: string): readonly string[] {
    return (this.#statements.facts.all(prefix, prefix) as [string, string][]).flat();
  }

  close(): void {
    this.#db.close();
  }

  /** Everything in it sees the log as of one moment. */
  #snapshot<Result>(run: () => Result): Result {
    this.#db.exec('BEGIN');
    try {
      return run();
    } finally {
      if (this.#db.inTransaction) this.#db.exec('COMMIT');
    }
  }

  #extent(name: string): { readonly id?: number; readonly extent: Extent } {
    const channel = this.#statements.channel.get(name) as [number, string] | undefined;
    if (channel === undefined) return { extent: { head: { epoch: this.#epoch, offset: 0 }, oldest: 1 } };
    const [id, epoch] = channel;
    const newest = this.#statements.newest.get(id) as [number] | undefined;
    const oldest = this.#statements.oldest.get(id) as [number] | undefined;
    return { id, extent: { head: { epoch, offset: newest?.[0] ?? 0 }, oldest: oldest?.[0] ?? 1 } };
  }

  #select(id: number, request: ReadRequest, plan: ReadPlan): LogRecord[] {
    const { channel, newestFirst = false } = request;
    const records: LogRecord[] = [];
    let { first, last } = plan;
    let bytes = 0;
    let rows = FIRST_ROWS;
    reading: while (records.length < plan.limit && first <= last) {
      const statement = newestFirst ? this.#statements.backwards : this.#statements.forwards;
      const page = statement.all(id, first, last, Math.min(rows, plan.limit - records.length)) as Row[];
      for (const [offset, sender, key, time, data] of page) {
        bytes += Buffer.byteLength(data);
        if (records.length > 0 && bytes > plan.maxBytes) break reading;
        records.push({ channel, sender, ...(key === null ? {} : { key }), data, offset, time });
      }
      const end = page.at(-1)?.[0];
      if (end === undefined) break;
      if (newestFirst) last = end - 1;
      else first = end + 1;
      const average = bytes / records.length;
      rows = Math.min(Math.max(Math.ceil((plan.maxBytes - bytes) / (average + 1)), 1), 1000);
    }
    return newestFirst ? records.reverse() : records;
  }
}

function prepare(db: Database.Database) {
  const rows = (sql: string) => {
    const statement = db.prepare(sql) as Database.Statement & { raw(): Database.Statement };
    return statement.raw();
  };
  const columns = 'SELECT offset, sender, key, time, data FROM record';
  return {
    channel: rows('SELECT id, epoch FROM channel WHERE name = ?'),
    channels: rows('SELECT id, name FROM channel WHERE id > ? ORDER BY id LIMIT ?'),
    newest: rows('SELECT offset FROM record WHERE channel = ? ORDER BY offset DESC LIMIT 1'),
    oldest: rows('SELECT offset, time FROM record WHERE channel = ? ORDER BY offset LIMIT 1'),
    forwards: rows(`${columns} WHERE channel = ? AND offset BETWEEN ? AND ? ORDER BY offset LIMIT ?`),
    backwards: rows(`${columns} WHERE channel = ? AND offset BETWEEN ? AND ? ORDER BY offset DESC LIMIT ?`),
    // No byte of UTF-8 is FF, so that this is the end of all keys that begin with the prefix.
    facts: rows("SELECT key, value FROM fact WHERE key >= ? AND key < ? || CAST(x'FF' AS TEXT) ORDER BY key"),
  };
}

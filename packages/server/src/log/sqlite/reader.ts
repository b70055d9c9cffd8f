/**
 * Owns the reading connection to a log's database file: the tail, channels by offset and merged by id, facts. It runs
 * in a thread of its own and knows nothing of it; SQLite lets it read while the writer commits. Each call sees the log
 * as of one moment.
 */
import type Database from 'libsql';
import type { ChannelExtent, Hole, ReadRequest } from '../log.js';
import { planRead, type ReadPlan } from '../read-plan.js';
import type { Extent, StorageState } from '../storage.js';
import { MERGED, NEWS } from './merge.js';
import { RecordPacker, type RecordRow, type RecordRows } from './rows.js';
import { openForReading, prepareRows, prepareState } from './schema.js';

export interface TailRows extends StorageState {
  readonly records: RecordRows;
}

export interface ChannelRows {
  readonly extent: Extent;
  readonly records: RecordRows;
}

export interface MergedRowsRequest {
  /** A JSON object: by channel, the id after which it is read. */
  readonly places: string;
  readonly upTo: number;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface MergedRows {
  readonly records: RecordRows;
  readonly holes: readonly Hole[];
  readonly whole: boolean;
}

export interface FactRows {
  /** Key and value of each fact; in an answer by keys, the key is null where there is no fact. */
  readonly texts: readonly (string | null)[];
  readonly ids: readonly number[];
  /** The last id of the moment. */
  readonly id: number;
  /** Whether there may be more behind the last one. */
  readonly more: boolean;
}

const NOTHING = { offset: 0, id: 0 };
/** Rows that are fetched at first; how many more is then judged by their size. */
const FIRST_ROWS = 16;
const MOST_ROWS = 1000;

export class SqliteReader {
  readonly #db: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #readState: () => StorageState;

  constructor(file: string) {
    this.#db = openForReading(file);
    this.#statements = prepare(this.#db);
    this.#readState = prepareState(this.#db);
  }

  state(): StorageState {
    return this.#snapshot(() => this.#readState());
  }

  tail(after: number, limit: number, maxBytes: number): TailRows {
    return this.#snapshot(() => {
      const packer = new RecordPacker();
      let last = after;
      const fetch = (rows: number): RecordRow[] => this.#statements.tail.all(last, rows) as RecordRow[];
      fill(packer, limit, maxBytes, fetch, (row) => {
        last = row[0];
      });
      return { ...this.#readState(), records: packer.rows };
    });
  }

  read(request: ReadRequest, upTo: number): ChannelRows {
    return this.#snapshot(() => {
      const [found] = this.#extents([request.channel], upTo);
      const { id, extent } = found!;
      const plan = planRead(request, extent);
      const records = id === undefined ? [] : this.#select(id, request, plan);
      const packer = new RecordPacker();
      for (const row of records) packer.add(row, Number.POSITIVE_INFINITY);
      return { extent, records: packer.rows };
    });
  }

  /**
   * All channels at once: the first record that each has, merged one by one, so that no more is looked at than is
   * given. What is cut off is never in the middle of an id.
   */
  readAfter({ places, upTo, limit, maxBytes }: MergedRowsRequest): MergedRows {
    return this.#snapshot(() => {
      const holes: Hole[] = [];
      const starts: Record<number, number> = {};
      const news = this.#statements.news.all(places, upTo, limit + 1) as NewsRow[];
      for (const [channel, id, floor, oldest, first] of news) {
        if (floor !== null) holes.push({ channel, id: floor, offset: oldest - 1 });
        if (first !== null) starts[id] = first;
      }
      holes.sort((a, b) => a.id - b.id);
      const rows = this.#statements.merged.all(JSON.stringify(starts), upTo, limit + 1) as [number][];
      const ids = rows.map(([id]) => id);
      return this.#take(ids, holes, limit, maxBytes);
    });
  }

  /** What each channel has, in their order. */
  extents(channels: readonly string[], upTo: number): readonly Extent[] {
    return this.#snapshot(() => this.#extents(channels, upTo).map(({ extent }) => extent));
  }

  facts(keys: readonly string[]): FactRows {
    return this.#snapshot(() => {
      const rows = this.#statements.facts.all(JSON.stringify(keys)) as FactRow[];
      return this.#factRows(rows, false);
    });
  }

  /** In key order, the first `limit` of those after `after`, or fewer where they pass so many bytes. */
  list(prefix: string, limit: number, after: string | undefined, maxBytes: number): FactRows {
    return this.#snapshot(() => {
      const statement = after === undefined ? this.#statements.list : this.#statements.listAfter;
      const found: FactRow[] = [];
      let bytes = 0;
      let last = after;
      let next = statement;
      for (let rows = FIRST_ROWS; ; rows = MOST_ROWS) {
        const page = next.all(prefix, Math.min(rows, limit - found.length), last ?? '') as FactRow[];
        for (const row of page) {
          bytes += row[0]!.length + row[1]!.length;
          if (found.length > 0 && bytes > maxBytes) return this.#factRows(found, true);
          found.push(row);
        }
        last = page.at(-1)?.[0] ?? last;
        next = this.#statements.listAfter;
        if (page.length < Math.min(rows, limit) || found.length >= limit) return this.#factRows(found, false);
      }
    });
  }

  channels(after: number, limit: number): readonly ChannelExtent[] {
    const rows = this.#snapshot(
      () => this.#statements.channels.all(after, limit) as [number, string, number, number][],
    );
    return rows.map(([number, channel, oldest, head]) => ({ number, channel, oldest, head }));
  }

  close(): void {
    this.#db.close();
  }

  #snapshot<Result>(run: () => Result): Result {
    this.#db.exec('BEGIN');
    try {
      return run();
    } finally {
      if (this.#db.inTransaction) this.#db.exec('COMMIT');
    }
  }

  #extents(
    channels: readonly string[],
    upTo: number,
  ): readonly { readonly id: number | undefined; readonly extent: Extent }[] {
    const rows = this.#statements.extents.all(JSON.stringify(channels), upTo) as ExtentRow[];
    return rows.map(([id, oldest, floor, headId, headOffset]) => {
      if (id === null) return { id: undefined, extent: { head: NOTHING, oldest: 1, floor: 0 } };
      // Everything up to there may have been trimmed since.
      const trimmed = floor <= upTo ? { offset: oldest - 1, id: floor } : NOTHING;
      const head = headId === null || headOffset === null ? trimmed : { offset: headOffset, id: headId };
      return { id, extent: { head, oldest: Math.min(oldest, head.offset + 1), floor } };
    });
  }

  #select(id: number, request: ReadRequest, plan: ReadPlan): RecordRow[] {
    const { newestFirst = false } = request;
    let { first, last } = plan;
    const packer = new RecordPacker();
    const taken: RecordRow[] = [];
    const statement = newestFirst ? this.#statements.backwards : this.#statements.forwards;
    const fetch = (rows: number): RecordRow[] =>
      first > last ? [] : (statement.all(id, first, last, rows) as RecordRow[]);
    fill(packer, plan.limit, plan.maxBytes, fetch, (row) => {
      taken.push(row);
      if (newestFirst) last = row[2] - 1;
      else first = row[2] + 1;
    });
    return newestFirst ? taken.reverse() : taken;
  }

  /** Records and holes in the order of ids, as many as are wanted. */
  #take(ids: readonly number[], holes: readonly Hole[], limit: number, maxBytes: number): MergedRows {
    const packer = new RecordPacker();
    const told: Hole[] = [];
    const answer = (whole: boolean): MergedRows => ({ records: packer.rows, holes: told, whole });
    const isFull = (): boolean => told.length + packer.count >= limit;
    let rows = FIRST_ROWS;
    for (let at = 0; at < ids.length; rows = rowsFor(packer, maxBytes)) {
      const page = ids.slice(at, at + rows);
      for (const row of this.#statements.byIds.all(JSON.stringify(page)) as RecordRow[]) {
        for (
          let hole = holes[told.length];
          hole !== undefined && hole.id < row[0];
          hole = holes[told.length]
        ) {
          if (isFull()) return answer(false);
          told.push(hole);
        }
        const bytes = packer.bytes + Buffer.byteLength(row[6]);
        if (isFull() || (packer.count > 0 && bytes > maxBytes)) return answer(false);
        packer.add(row, Number.POSITIVE_INFINITY);
      }
      at += page.length;
    }
    while (told.length < holes.length) {
      if (isFull()) return answer(false);
      told.push(holes[told.length]!);
    }
    return answer(true);
  }

  #factRows(rows: readonly FactRow[], more: boolean): FactRows {
    const texts: (string | null)[] = [];
    const ids: number[] = [];
    for (const [key, value, id] of rows) {
      texts.push(key, value);
      ids.push(id ?? 0);
    }
    return { texts, ids, id: this.#readState().lastId, more };
  }
}

type FactRow = [key: string | null, value: string | null, id: number | null];
type ExtentRow = [
  channel: number | null,
  oldest: number,
  floor: number,
  headId: number | null,
  headOffset: number | null,
];
type NewsRow = [channel: string, id: number, floor: number | null, oldest: number, first: number | null];

/** How many more rows to fetch, by what those so far weighed. */
function rowsFor(packer: RecordPacker, maxBytes: number): number {
  const average = packer.bytes / Math.max(packer.count, 1);
  return Math.min(Math.max(Math.ceil((maxBytes - packer.bytes) / (average + 1)), 1), MOST_ROWS);
}

/** Fetches until there is nothing more, or as many records or bytes as are wanted. */
function fill(
  packer: RecordPacker,
  limit: number,
  maxBytes: number,
  fetch: (rows: number) => readonly RecordRow[],
  took: (row: RecordRow) => void,
): void {
  for (let rows = FIRST_ROWS; packer.count < limit; rows = rowsFor(packer, maxBytes)) {
    const wanted = Math.min(rows, limit - packer.count);
    const page = fetch(wanted);
    for (const row of page) {
      if (!packer.add(row, maxBytes)) return;
      took(row);
    }
    if (page.length < wanted) return;
  }
}

const COLUMNS = 'r.id, c.name, r.offset, r.sender, r.key, r.time, r.data, r.redacted';

/** Every statement that could be planned otherwise names its index; SQLite refuses to prepare it without. */
function prepare(db: Database.Database) {
  const rows = (sql: string) => prepareRows(db, sql);
  const byOffset = `SELECT ${COLUMNS}, NULL FROM record AS r INDEXED BY record_offset
    CROSS JOIN channel AS c ON c.id = r.channel
    WHERE r.channel = ? AND r.offset BETWEEN ? AND ? ORDER BY r.offset`;
  // No byte of UTF-8 is FF, so that this is the end of all keys that begin with the prefix.
  const list = (from: string): string => `SELECT key, value, id FROM fact
    WHERE ${from} AND key < ?1 || CAST(x'FF' AS TEXT) ORDER BY key LIMIT ?2`;
  return {
    tail: rows(`SELECT ${COLUMNS}, r.changes FROM record AS r CROSS JOIN channel AS c ON c.id = r.channel
      WHERE r.id > ? ORDER BY r.id LIMIT ?`),
    forwards: rows(`${byOffset} LIMIT ?`),
    backwards: rows(`${byOffset} DESC LIMIT ?`),
    byIds: rows(`SELECT ${COLUMNS}, NULL FROM json_each(?) AS j
      CROSS JOIN record AS r ON r.id = j.value CROSS JOIN channel AS c ON c.id = r.channel`),
    news: rows(NEWS),
    merged: rows(MERGED),
    extents: rows(`SELECT e.id, e.oldest, e.floor, h.id, h.offset FROM (
        SELECT j.key AS number, c.id, c.oldest, c.floor, (
          SELECT r.id FROM record AS r INDEXED BY record_channel
          WHERE r.channel = c.id AND r.id <= ?2 ORDER BY r.id DESC LIMIT 1
        ) AS head
        FROM json_each(?1) AS j LEFT JOIN channel AS c ON c.name = j.value
      ) AS e LEFT JOIN record AS h ON h.id = e.head ORDER BY e.number`),
    facts: rows(`SELECT f.key, f.value, f.id FROM json_each(?) AS j
      LEFT JOIN fact AS f ON f.key = j.value ORDER BY j.key`),
    list: rows(list('key >= ?1 AND ?3 IS NOT NULL')),
    listAfter: rows(list('key >= ?1 AND key > ?3')),
    channels: rows(`SELECT c.id, c.name, c.oldest, (
        SELECT r.offset FROM record AS r INDEXED BY record_offset
        WHERE r.channel = c.id ORDER BY r.offset DESC LIMIT 1
      ) FROM channel AS c WHERE c.id > ? ORDER BY c.id LIMIT ?`),
  };
}

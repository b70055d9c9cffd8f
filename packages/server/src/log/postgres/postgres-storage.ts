/**
 * A log's storage in PostgreSQL, for several nodes on one database. All it does is done by functions in the log's own
 * schema (`migrations/`), one call each; here their calls are put together and their answers read.
 *
 * What durability means: `disk` is `synchronous_commit=on` (with synchronous standbys, theirs too), `system` is `local`
 * (this machine's disk, not waiting for standbys: a fail-over may lose the last commits), `memory` is `off` (the last
 * commits are lost when PostgreSQL is killed).
 */
import {
  type Append,
  type ChannelExtent,
  type Durability,
  type Epoch,
  type Fact,
  type FactsAt,
  type Hole,
  LogError,
  type LogRecord,
  type ReadRequest,
} from '../log.js';
import { planRead } from '../read-plan.js';
import type {
  ChannelRecords,
  Committed,
  Extent,
  Merged,
  MergedRequest,
  Placed,
  Storage,
  StorageState,
  TailPage,
} from '../storage.js';
import { Changes } from './changes.js';
import { PostgresClient, type PostgresClientOptions } from './client.js';
import { CommitCall, type Round } from './commit-call.js';
import type { Connection, Row } from './connection.js';
import { asLogError } from './errors.js';
import { quoted } from './listener.js';
import { LEVEL, migrate } from './migrate.js';
import { prefixRange } from './prefix-range.js';
import { rounds } from './rounds.js';
import {
  type CommitAnswer,
  type ExtentRow,
  epochsOf,
  extentOf,
  type FactRow,
  factsAt,
  type RecordRow,
  recordOf,
  type TailRow,
  tailRecordOf,
} from './rows.js';

export interface PostgresStorageOptions extends PostgresClientOptions {
  /** The schema of this log, which is made when there is none: several logs can live in one database. `fullduplex`. */
  readonly schema?: string | undefined;
  readonly durability: Durability;
  /** Names this node among those that notify: no other one has it. */
  readonly node: string;
  /** Told of what nobody asked for: that the database cannot be reached, once each time. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

/** Records that one step of `trim` removes. */
const TRIM_STEP = 1000;
/** The most records that one reading gives. */
const MOST_RECORDS = 10_000;

export class PostgresStorage implements Storage {
  readonly durability: Durability;
  readonly opened: StorageState;
  readonly #client: PostgresClient;
  readonly #writer: Connection;
  readonly #changes: Changes;
  readonly #schema: string;
  #epochs: readonly Epoch[];
  /** The greatest id that this node knows of. */
  #seen: number;
  #closed = false;

  private constructor(
    client: PostgresClient,
    writer: Connection,
    opened: StorageState,
    options: PostgresStorageOptions,
  ) {
    const { schema = 'fullduplex', node } = options;
    this.durability = options.durability;
    this.opened = opened;
    this.#client = client;
    this.#writer = writer;
    this.#schema = quoted(schema);
    this.#epochs = opened.epochs;
    this.#seen = opened.lastId;
    const channel = `${schema}:commit`;
    this.#changes = new Changes({
      node,
      // Without this it would be forced to the disk, and everybody's notifications would wait for that.
      notify: () =>
        client.query(`SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`, [
          channel,
          node,
        ]),
      listen: (notified, began) => client.listen(channel, { notified, began }),
      lastId: async () => (await this.#query(`SELECT ${this.#schema}.last_id() AS id`))[0]!.id as number,
      seen: () => this.#seen,
      failed: options.failed ?? (() => {}),
      after: client.after,
    });
  }

  /** @throws {LogError} `unavailable` */
  static async open(options: PostgresStorageOptions): Promise<PostgresStorage> {
    const client = new PostgresClient(options);
    try {
      const { schema = 'fullduplex', durability } = options;
      const writer = client.dedicated();
      await migrate(writer, schema);
      if (durability === 'disk') await requireFsync(writer);
      const { rows } = await writer.query(
        `SELECT ${quoted(schema)}.last_id() AS id, ${quoted(schema)}.epochs('') AS epochs`,
      );
      const { id, epochs } = rows[0] as { id: number; epochs: readonly Epoch[] };
      return new PostgresStorage(client, writer, { lastId: id, epochs: epochsOf(epochs)! }, options);
    } catch (error) {
      await client.close();
      throw asLogError(error);
    }
  }

  /** The way to the database, for what else the nodes share: closed with this storage. */
  get client(): PostgresClient {
    return this.#client;
  }

  async commit(batch: readonly Append[]): Promise<Committed> {
    const outcomes: (readonly Placed[] | LogError)[] = [];
    const records: Round['records'][number][] = [];
    let epochs: readonly Epoch[] | undefined;
    let failure: LogError | undefined;
    for (const [nth, places] of rounds(batch).entries()) {
      let round: Round | undefined;
      if (failure === undefined) {
        try {
          round = await this.#commitRound(places.map((place) => batch[place]!));
        } catch (error) {
          failure = asLogError(error);
          // What the rounds before have committed is committed.
          if (nth === 0) throw failure;
        }
      }
      for (const [index, place] of places.entries()) outcomes[place] = round?.outcomes[index] ?? failure!;
      if (round === undefined) continue;
      records.push(...round.records);
      epochs = round.epochs ?? epochs;
    }
    return { outcomes, records, ...(epochs === undefined ? {} : { epochs }) };
  }

  async state(): Promise<StorageState> {
    const [row] = await this.#query(
      `SELECT ${this.#schema}.last_id() AS id, ${this.#schema}.epochs($1) AS epochs`,
      [this.#epochs.at(-1)!.name],
    );
    const { id, epochs } = row as { id: number; epochs: readonly Epoch[] | null };
    return this.#learn(id, epochs);
  }

  async tail(after: number, limit: number, maxBytes: number): Promise<TailPage> {
    const [state, ...rows] = (await this.#call('tail', [
      after,
      limit,
      maxBytes,
      this.#epochs.at(-1)!.name,
    ])) as readonly TailRow[];
    const { id, data } = state as { id: number; data: string | null };
    const learned = this.#learn(id, data === null ? null : (JSON.parse(data) as readonly Epoch[]));
    return { ...learned, records: rows.map(tailRecordOf) };
  }

  async read(request: ReadRequest, upTo: number): Promise<ChannelRecords> {
    const { channel, after = 0, before = Number.MAX_SAFE_INTEGER, newestFirst = false } = request;
    const { limit, maxBytes } = planRead(request, { head: { offset: 0, id: 0 }, oldest: 1 });
    const rows = await this.#call('read_channel', [
      channel,
      after,
      before,
      limit,
      maxBytes,
      newestFirst,
      upTo,
    ]);
    const [first, ...found] = rows as readonly RecordRow[];
    const { id, offset, time, data } = first!;
    const records = found.map((row) => recordOf(row, channel));
    if (newestFirst) records.reverse();
    return { extent: { head: { offset, id }, oldest: time, floor: Number(data) }, records };
  }

  async readAfter({ channels, upTo, limit, maxBytes }: MergedRequest): Promise<Merged> {
    const rows = (await this.#call('read_after', [
      channels.map(({ channel }) => channel),
      channels.map(({ after }) => after),
      upTo,
      Math.min(limit, MOST_RECORDS),
      maxBytes,
    ])) as readonly TailRow[];
    const records: LogRecord[] = [];
    const holes: Hole[] = [];
    for (const row of rows.slice(0, -1)) {
      const { channel, id, offset } = row;
      if ((row.sender as string | null) === null) holes.push({ channel, id, offset });
      else records.push(recordOf(row, channel));
    }
    return { records, holes, whole: rows.at(-1)!.redacted };
  }

  async extents(channels: readonly string[], upTo: number): Promise<readonly Extent[]> {
    const rows = (await this.#call('extents', [channels, upTo])) as readonly ExtentRow[];
    return rows.map(extentOf);
  }

  async facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>> {
    return factsAt((await this.#call('facts', [keys])) as readonly FactRow[]);
  }

  async list(prefix: string, limit: number, after: string | undefined): Promise<FactsAt<readonly Fact[]>> {
    const { from, end } = prefixRange(prefix, after);
    const rows = await this.#call('list_facts', [from, end ?? null, Math.min(limit, MOST_RECORDS)]);
    return factsAt(rows as readonly FactRow[]) as FactsAt<readonly Fact[]>;
  }

  async channels(after: number, limit: number): Promise<readonly ChannelExtent[]> {
    const rows = await this.#call('channels', [after, limit]);
    return rows.map((row) => {
      const { name, number, oldest, head } = row as {
        name: string;
        number: number;
        oldest: number;
        head: number;
      };
      return { channel: name, number, oldest, head };
    });
  }

  async trim(channel: string, before: number): Promise<{ readonly oldest: number; readonly more: boolean }> {
    const [row] = await this.#call('trim_channel', [channel, before, TRIM_STEP]);
    return row as { oldest: number; more: boolean };
  }

  watch(changed: () => void): () => void {
    return this.#changes.watch(changed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#changes.close();
    await this.#client.close();
  }

  async #commitRound(round: readonly Append[]): Promise<Round> {
    if (this.#closed) throw new LogError('closed', 'The log is closed.');
    const call = new CommitCall(round, {
      level: LEVEL,
      durability: this.durability,
      epoch: this.#epochs.at(-1)!.name,
    });
    const { rows, warned } = await this.#writer.query(
      `SELECT ${this.#schema}.commit_batch(${placeholders(call.values.length)}) AS answer`,
      call.values,
    );
    // It was waiting for its standbys when it was told not to: committed here, and perhaps nowhere else.
    if (warned)
      throw new LogError('unavailable', 'PostgreSQL: the commit may not have reached its standbys.');
    const result = call.result(rows[0]!.answer as CommitAnswer);
    const last = result.records.at(-1);
    this.#seen = Math.max(this.#seen, last?.id ?? 0);
    if (result.epochs !== undefined) this.#epochs = result.epochs;
    if (last !== undefined) this.#changes.committed();
    return result;
  }

  #learn(lastId: number, epochs: readonly Epoch[] | null): StorageState {
    this.#epochs = epochsOf(epochs) ?? this.#epochs;
    this.#seen = lastId;
    return { lastId, epochs: this.#epochs };
  }

  #call(name: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#query(`SELECT * FROM ${this.#schema}.${name}(${placeholders(values.length)})`, values);
  }

  async #query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#client.query(text, values);
  }
}

/** @throws {LogError} when PostgreSQL itself does not force anything to the disk */
async function requireFsync(connection: Connection): Promise<void> {
  const { rows } = await connection.query(`SELECT current_setting('fsync') AS fsync`);
  if (rows[0]?.fsync === 'on') return;
  throw new LogError(
    'unavailable',
    'PostgreSQL runs with fsync=off, so that durability "disk" is not to be had: turn it on, or ask for "system".',
  );
}

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');
}

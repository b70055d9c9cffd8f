/**
 * What is true at the end: the log as it lies in the storage, with what follows from it, who belonged where and when.
 * It knows no server and no reader; what anyone was told is compared with it.
 */
import { createHash } from 'node:crypto';

export interface Epoch {
  readonly name: string;
  readonly first: number;
}

export interface StoredChannel {
  readonly name: string;
  /** The first offset that is still there. */
  readonly oldest: number;
  /** The id of the newest record that was trimmed; 0 for none. Not known where only a server can be asked. */
  readonly floor?: number;
}

export interface StoredRecord {
  /** Its place in the order of everything. Not known where only a server can be asked. */
  readonly id?: number;
  readonly channel: string;
  readonly offset: number;
  readonly sender: string;
  readonly key?: string | undefined;
  /** JSON text. */
  readonly data: string;
  readonly redacted?: boolean;
  /** On the first record of an append: the facts that it changed, as they were after it. */
  readonly changes?: readonly { readonly key: string; readonly value: string | null }[];
}

/** What was read out of a storage. */
export interface Stored {
  readonly epochs: readonly Epoch[];
  readonly channels: readonly StoredChannel[];
  /** In the order of ids; where they have none, of one channel by offset. */
  readonly records: readonly StoredRecord[];
  /** Absent where only a server can be asked. */
  readonly facts?: ReadonlyMap<string, string>;
}

/** From the id of the record by which one came to belong up to the one by which one did no longer, that one excluded. */
export interface Interval {
  readonly from: number;
  readonly until: number;
}

export interface TruthChannel {
  readonly name: string;
  readonly oldest: number;
  readonly floor: number | undefined;
  readonly head: number;
  readonly records: readonly StoredRecord[];
}

/** Long enough to tell what it was, in characters. */
const DIGEST_HEAD = 60;
const MEMBERSHIP = /^b\/([^/]+)\/(.+)$/;

/** The data as JSON, cut short where it is long: a run of an hour is to fit into memory. Equal for equal data only. */
export function digest(data: unknown): string {
  const json = JSON.stringify(data);
  if (json.length <= 2 * DIGEST_HEAD) return json;
  const hash = createHash('sha256').update(json).digest('base64url');
  return `${json.slice(0, DIGEST_HEAD)}… (${json.length} characters, ${hash})`;
}

/** What is left of a message that was deleted, and of an edit that another took the place of. */
export const DELETED = digest({ type: 'deleted' });

export class Truth {
  readonly epochs: readonly Epoch[];
  readonly records: readonly StoredRecord[];
  readonly channels: ReadonlyMap<string, TruthChannel>;
  readonly facts: ReadonlyMap<string, string> | undefined;
  readonly #past: ReadonlyMap<string, StoredRecord>;
  readonly #intervals: ReadonlyMap<string, ReadonlyMap<string, readonly Interval[]>> | undefined;

  /** @param past what was seen earlier, in the order of ids; some of it was redacted or taken by retention since */
  constructor({ epochs, channels, records, facts }: Stored, past: readonly StoredRecord[] = []) {
    this.epochs = epochs;
    this.records = records;
    this.facts = facts;
    const byChannel = new Map<string, StoredRecord[]>(channels.map(({ name }) => [name, []]));
    for (const record of records) byChannel.get(record.channel)?.push(record);
    this.channels = new Map(
      channels.map(({ name, oldest, floor }) => {
        const own = byChannel.get(name) ?? [];
        const head = own.at(-1)?.offset ?? oldest - 1;
        return [name, { name, oldest, floor, head, records: own }];
      }),
    );
    const seen = new Map([...past, ...records].map((record) => [record.id, record]));
    this.#intervals = facts && intervalsOf([...seen.values()].sort((a, b) => (a.id ?? 0) - (b.id ?? 0)));
    const gone = past.filter(({ channel, offset }) => this.isTrimmed(channel, offset));
    this.#past = new Map(gone.map((record) => [`${record.channel} ${record.offset}`, record]));
  }

  get epoch(): string {
    return this.epochs.at(-1)?.name ?? '';
  }

  at(channel: string, offset: number): StoredRecord | undefined {
    const { records, oldest } = this.channels.get(channel) ?? { records: [], oldest: 1 };
    const guess = records[offset - (records[0]?.offset ?? oldest)];
    // Where the storage has a hole it is somewhere else.
    return guess?.offset === offset ? guess : records.find((record) => record.offset === offset);
  }

  /** What retention took, if it was seen before; it may have been redacted in between. */
  before(channel: string, offset: number): StoredRecord | undefined {
    return this.#past.get(`${channel} ${offset}`);
  }

  /** Whether retention took it. */
  isTrimmed(channel: string, offset: number): boolean {
    return offset < (this.channels.get(channel)?.oldest ?? 1);
  }

  /** When the user belonged to the channel; undefined where that is not known. */
  intervals(user: string, channel: string): readonly Interval[] | undefined {
    if (!this.#intervals) return undefined;
    if (channel === `user:${user}`) return ALWAYS;
    return this.#intervals.get(user.toLowerCase())?.get(channel) ?? [];
  }

  /** What the user belongs to at the end. */
  belongings(user: string): readonly string[] {
    const own = this.#intervals?.get(user.toLowerCase()) ?? new Map<string, readonly Interval[]>();
    const now = [...own].filter(([, intervals]) => intervals.at(-1)?.until === Number.POSITIVE_INFINITY);
    return [`user:${user}`, ...now.map(([channel]) => channel)];
  }

  /** The offset of the channel's first record that is not before the id; undefined where retention may have taken it. */
  firstFrom(channel: string, id: number): number | undefined {
    const found = this.channels.get(channel);
    if (!found) return undefined;
    if ((found.floor ?? 0) >= id) return undefined;
    return found.records.find((record) => (record.id ?? 0) >= id)?.offset ?? found.head + 1;
  }
}

const ALWAYS: readonly Interval[] = [{ from: 0, until: Number.POSITIVE_INFINITY }];

function intervalsOf(records: readonly StoredRecord[]): Map<string, Map<string, Interval[]>> {
  const users = new Map<string, Map<string, Interval[]>>();
  for (const { id = 0, changes = [] } of records) {
    for (const { key, value } of changes) {
      const [, user = '', channel = ''] = MEMBERSHIP.exec(key) ?? [];
      if (user === '') continue;
      const own = users.get(user) ?? new Map<string, Interval[]>();
      users.set(user, own);
      const intervals = own.get(channel) ?? [];
      own.set(channel, intervals);
      const last = intervals.at(-1);
      const open = last?.until === Number.POSITIVE_INFINITY;
      if (value === null && last && open) intervals[intervals.length - 1] = { from: last.from, until: id };
      else if (value !== null && !open) intervals.push({ from: id, until: Number.POSITIVE_INFINITY });
    }
  }
  return users;
}

/** One round of appends as the arguments of `commit_batch`, and its answer as their outcomes. */
import { type Append, type Durability, type Epoch, LogError, type TailRecord } from '../log.js';
import type { Placed } from '../storage.js';
import { keyName } from './rounds.js';
import { type CommitAnswer, changesOf, epochsOf } from './rows.js';

export interface CommitContext {
  /** The newest migration that this server knows. */
  readonly level: number;
  readonly durability: Durability;
  /** The name of the present epoch as far as it is known. */
  readonly epoch: string;
}

/** What a round comes to. */
export interface Round {
  /** For each append, in order. */
  readonly outcomes: readonly (readonly Placed[] | LogError)[];
  readonly records: readonly TailRecord[];
  readonly epochs?: readonly Epoch[];
}

interface RecordsColumns {
  readonly append: number[];
  readonly channel: number[];
  readonly sender: string[];
  readonly key: (string | null)[];
  readonly data: string[];
  readonly twin: number[];
  readonly clash: boolean[];
}

/** A round is one of `rounds`: if an append redacts it is the last. */
export class CommitCall {
  readonly values: readonly unknown[];
  readonly #round: readonly Append[];
  readonly #records: RecordsColumns;
  readonly #channels: readonly string[];
  readonly #conditions: { readonly key: readonly string[]; readonly id: readonly number[] };

  constructor(round: readonly Append[], context: CommitContext) {
    this.#round = round;
    const channels = new Map<string, number>();
    const records: RecordsColumns = {
      append: [],
      channel: [],
      sender: [],
      key: [],
      data: [],
      twin: [],
      clash: [],
    };
    const conditions = { append: [] as number[], key: [] as string[], id: [] as number[] };
    const facts = {
      append: [] as number[],
      key: [] as string[],
      kind: [] as string[],
      argument: [] as (string | null)[],
    };
    for (const [index, append] of round.entries()) {
      const number = index + 1;
      addRecords(records, channels, append, number);
      if (append.unless !== undefined) {
        conditions.append.push(number);
        conditions.key.push(append.unless);
        conditions.id.push(-1);
      }
      for (const { key, id } of append.when ?? []) {
        conditions.append.push(number);
        conditions.key.push(key);
        conditions.id.push(id);
      }
      for (const change of append.facts ?? []) {
        const [kind, argument] =
          'value' in change
            ? ['set', change.value]
            : 'add' in change
              ? ['add', String(change.add)]
              : ['atLeast', String(change.atLeast)];
        facts.append.push(number);
        facts.key.push(change.key);
        facts.kind.push(kind);
        facts.argument.push(argument);
      }
    }
    const redact = round.at(-1)?.redact ?? [];
    this.#records = records;
    this.#channels = [...channels.keys()];
    this.#conditions = conditions;
    const first: unknown[] = [context.level, context.durability, context.epoch, round.length, this.#channels];
    this.values = first.concat(
      [
        records.append,
        records.channel,
        records.sender,
        records.key,
        records.data,
        records.twin,
        records.clash,
      ],
      [conditions.append, conditions.key, conditions.id],
      [facts.append, facts.key, facts.kind, facts.argument],
      [redact.length > 0 ? round.length : 0, redact.map(({ id }) => id), redact.map(({ data }) => data)],
      [JSON.stringify(redact)],
    );
  }

  result(answer: CommitAnswer): Round {
    const placed = this.#places(answer);
    const outcomes: (readonly Placed[] | LogError)[] = this.#round.map(() => []);
    const failed = new Map((answer.failed ?? []).map((failure) => [failure[0] - 1, failure]));
    const records: TailRecord[] = [];
    const changes = new Map(
      (answer.changeIds ?? []).map((id, index) => [id, changesOf(answer.changes![index]!)]),
    );
    let place = 0;
    for (const [index, append] of this.#round.entries()) {
      const failure = failed.get(index);
      const from = place;
      place += append.records.length;
      if (failure !== undefined) {
        outcomes[index] = this.#error(append, failure);
        continue;
      }
      outcomes[index] = placed.slice(from, place);
      let first = true;
      for (const [at, record] of append.records.entries()) {
        const { id, offset, time, duplicate } = placed[from + at]!;
        if (duplicate) continue;
        const told = first ? changes.get(id) : undefined;
        const redactions = first && append.redact?.length ? append.redact : undefined;
        first = false;
        records.push({
          ...record,
          id,
          offset,
          time,
          ...(told === undefined ? {} : { changes: told }),
          ...(redactions === undefined ? {} : { redactions }),
        });
      }
    }
    const epochs = epochsOf(answer.epochs);
    return { outcomes, records, ...(epochs === undefined ? {} : { epochs }) };
  }

  #places({ now, ids, offsets, found }: CommitAnswer): readonly Placed[] {
    const placed: Placed[] = [];
    const first = new Map((found ?? []).map(([place, id, offset, time]) => [place, { id, offset, time }]));
    for (const [index, id] of (ids ?? []).entries()) {
      const earlier = first.get(index + 1) ?? placed[this.#records.twin[index]! - 1];
      if (id === 0 && earlier !== undefined) placed.push({ ...earlier, duplicate: true });
      else placed.push({ id, offset: offsets![index]!, time: now, duplicate: false });
    }
    return placed;
  }

  #error(append: Append, [, outcome, place, id]: NonNullable<CommitAnswer['failed']>[number]): LogError {
    if (outcome === 1) {
      const channel = this.#channels[this.#records.channel[place - 1]! - 1]!;
      return new LogError('key_conflict', `The key was used for other data in ${channel}.`);
    }
    if (outcome === 2) return new LogError('fact_exists', `There is a fact ${append.unless}.`);
    const key = this.#conditions.key[place - 1]!;
    const was = `${this.#conditions.id[place - 1]! || 'absent'}, now ${id || 'absent'}`;
    return new LogError('fact_changed', `The fact ${key} changed meanwhile (${was}).`);
  }
}

function addRecords(
  columns: RecordsColumns,
  channels: Map<string, number>,
  { records }: Append,
  append: number,
): void {
  const twins = new Map<string, number>();
  for (const { channel, sender, key, data } of records) {
    let number = channels.get(channel);
    if (number === undefined) {
      number = channels.size + 1;
      channels.set(channel, number);
    }
    const name = key === undefined ? undefined : keyName(channel, sender, key);
    const twin = (name === undefined ? undefined : twins.get(name)) ?? 0;
    columns.append.push(append);
    columns.channel.push(number);
    columns.sender.push(sender);
    columns.key.push(key ?? null);
    columns.data.push(data);
    columns.twin.push(twin);
    columns.clash.push(twin > 0 && columns.data[twin - 1] !== data);
    if (name !== undefined && twin === 0) twins.set(name, columns.data.length);
  }
}

/**
 * One reader of everything a user belongs to, from one place: what polling, long polling and server-sent events have in
 * common. It keeps no queue for the caller; all it knows is an id, and the log is read from there.
 */
import type { Gap } from '@fullduplex/wire';
import { epochAt } from '../log/epochs.js';
import type { ChannelPlace, Hole } from '../log/log.js';
import { encodeCursor, lost } from './cursor.js';
import type { EncodedRecords } from './encoded-records.js';
import type { Hub } from './hub.js';

/** What the reader's user may read, asked anew each time: it changes while a request is held. */
export interface Scope {
  /** What the user belongs to now, with the id that each membership counts from. */
  memberships(): Promise<ReadonlyMap<string, number>>;
  /** Those of the channels that were asked for besides which the user may read now. */
  besides(): Promise<readonly string[]>;
}

export interface Bounds {
  readonly bytes: number;
  readonly publications: number;
}

export interface Step {
  readonly kind: 'publication' | 'gap';
  readonly channel: string;
  /** Complete in itself. */
  readonly json: string;
  /** The place after it. */
  readonly id: number;
}

export interface Batch {
  /** In the log's order. */
  readonly steps: readonly Step[];
  /** It was cut at the bounds. */
  readonly more: boolean;
}

export class PlaceReader {
  readonly #hub: Hub;
  readonly #scope: Scope;
  readonly #encoded: EncodedRecords;
  readonly #losses: number;
  #place: number;

  /** @param place the id up to which the caller has everything; not beyond the log's position */
  constructor(hub: Hub, scope: Scope, encoded: EncodedRecords, place: number) {
    this.#hub = hub;
    this.#scope = scope;
    this.#encoded = encoded;
    this.#place = place;
    this.#losses = hub.losses;
  }

  /** The id up to which everything was given. */
  get place(): number {
    return this.#place;
  }

  get cursor(): string {
    return this.cursorAt(this.#place);
  }

  cursorAt(id: number): string {
    return encodeCursor(this.#hub.epoch, id);
  }

  /** Nothing came up to the id: reading goes on behind it. Who was told of everything that comes may say so. */
  skipTo(id: number): void {
    this.#place = Math.max(this.#place, id);
  }

  /**
   * What comes after the place, which moves behind it.
   *
   * @throws {LogError}
   * @throws {CommandError} `invalid_cursor`: the log has lost its end meanwhile
   */
  async read(bounds: Bounds): Promise<Batch> {
    if (this.#losses !== this.#hub.losses) throw lost();
    const besides = await this.#scope.besides();
    const mine = await this.#scope.memberships();
    const place = this.#place;
    const channels: ChannelPlace[] = [];
    for (const [channel, from] of mine) channels.push({ channel, after: Math.max(place, from - 1) });
    for (const channel of besides) if (!mine.has(channel)) channels.push({ channel, after: place });
    const { log } = this.#hub;
    const limits = { limit: bounds.publications, maxBytes: bounds.bytes };
    const position = log.position;
    const { records, holes, through } = await log.readAfter({ channels, ...limits });
    const gaps = holes.length === 0 ? [] : await this.#gaps(holes);
    const steps: Step[] = [];
    let next = 0;
    const tellGapsBefore = (id: number): void => {
      for (; next < gaps.length && holes[next]!.id < id; next++) {
        const hole = holes[next]!;
        steps.push({ kind: 'gap', channel: hole.channel, json: JSON.stringify(gaps[next]), id: hole.id });
      }
    };
    for (const record of records) {
      tellGapsBefore(record.id);
      const json = this.#encoded.json(epochAt(log.epochs, record.id), record);
      steps.push({ kind: 'publication', channel: record.channel, json, id: record.id });
    }
    tellGapsBefore(Number.POSITIVE_INFINITY);
    this.#place = Math.max(place, through);
    return { steps, more: through < position };
  }

  async #gaps(holes: readonly Hole[]): Promise<readonly Gap[]> {
    const heads = await this.#hub.log.heads(holes.map(({ channel }) => channel));
    return holes.map((hole, index) => gapOf(hole, this.#hub.epoch, heads[index]!.offset));
  }
}

/** What retention took, as a reader is told whose place is one number for all channels. */
export function gapOf({ channel, offset }: Hole, epoch: string, head: number): Gap {
  return { channel, reason: 'retention', epoch, to: offset, oldest: offset + 1, head };
}

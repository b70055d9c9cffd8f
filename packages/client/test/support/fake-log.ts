/** A channel's log as the server would answer `channel.history` from it. */
import type { Gap, Publication } from '@fullduplex/wire';
import type { HistoryPage } from '../../src/reading/channel-reader.js';

export class FakeLog {
  readonly channel: string;
  epoch = 'e1';
  /** Of the records that are still there, the first. */
  oldest = 1;
  /** The requests that were made, as `after/limit`. */
  readonly reads: string[] = [];
  /** What the next reads fail with. */
  failures: Error[] = [];
  #records: Publication[] = [];

  constructor(channel = 'room:a', head = 0) {
    this.channel = channel;
    for (let offset = 1; offset <= head; offset += 1) this.append();
  }

  get head(): number {
    return this.#records.length;
  }

  append(data: unknown = { type: 'message', text: `m${this.head + 1}` }, key?: string): Publication {
    const offset = this.head + 1;
    const record = { offset, data, info: { user: 'bob', ...(key !== undefined && { key }) }, time: offset };
    this.#records.push(record);
    return record;
  }

  /** Another log in its place. */
  beginAnew(epoch: string, head: number): void {
    this.epoch = epoch;
    this.#records = [];
    for (let offset = 1; offset <= head; offset += 1) this.append();
  }

  slice(after: number, to = this.head): Publication[] {
    return this.#records.slice(Math.max(after, this.oldest - 1), to);
  }

  readonly history = async (
    channel: string,
    { after, limit }: { after?: number; limit: number },
  ): Promise<HistoryPage> => {
    this.reads.push(`${after ?? 'newest'}/${limit}`);
    const failure = this.failures.shift();
    if (failure) throw failure;
    const { epoch, head, oldest } = this;
    if (after === undefined) return { publications: this.slice(head - limit), epoch, offset: head };
    const page = { publications: this.slice(after).slice(0, limit), epoch, offset: head };
    if (after + 1 >= oldest) return page;
    const gap: Gap = { channel, reason: 'retention', epoch, from: after + 1, to: oldest - 1, oldest, head };
    return { ...page, gap };
  };
}

/**
 * Messages on their way: each has its key before the server knows it, waits while there is no way to the server, and
 * is sent again until it is acknowledged. One at a time in a channel, so that they arrive in the order in which they
 * were written. It must not know over what they are sent.
 */
import type { Position, Publication } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import { closedError, passes } from '../errors.js';
import { ClientError, type Clock, type OutboxStorage, type PendingMessage } from '../types.js';
import { type Entry, restore, snapshot, store } from './entry.js';

export interface OutboxOptions {
  /** Sends it; resolves once it is durable. Rejects with a `ClientError`. */
  readonly deliver: (message: { channel: string; key: string; text: string }) => Promise<Position>;
  /** Whether the publication at this position is still to be told. */
  readonly awaitsPublication: (channel: string, position: Position) => boolean;
  readonly onSend: (message: PendingMessage) => void;
  readonly onChange: () => void;
  readonly newKey: () => string;
  readonly newBackoff: () => Backoff;
  readonly storage: OutboxStorage | undefined;
  readonly clock: Clock;
  /** At most this many that are not acknowledged. */
  readonly maxMessages: number;
}

/** The messages of one channel that wait to be sent, in order. */
interface Lane {
  readonly backoff: Backoff;
  busy: boolean;
  /** Until the next attempt. */
  timer: unknown;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** In the order of `send`. */
  readonly #entries = new Map<string, Entry>();
  readonly #lanes = new Map<string, Lane>();
  #snapshots: readonly PendingMessage[] | undefined;
  #lastTime = 0;
  /** Whether there is a way to the server. */
  #open = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    for (const stored of load(options.storage)) this.#entries.set(stored.key, restore(stored));
  }

  /** The same array until something changes. */
  get messages(): readonly PendingMessage[] {
    this.#snapshots ??= [...this.#entries.values()].map(snapshot);
    return this.#snapshots;
  }

  /** How many are not acknowledged and not given up. */
  get pending(): number {
    let pending = 0;
    for (const { status } of this.#entries.values()) if (status === 'pending') pending += 1;
    return pending;
  }

  send(channel: string, text: string): PendingMessage {
    const { clock, maxMessages, newKey } = this.#options;
    if (this.#closed) throw closedError();
    if (this.#entries.size >= maxMessages) {
      throw new ClientError('outbox_full', `${maxMessages} messages are waiting to be sent.`, {
        retryable: true,
      });
    }
    // Never the same twice, so that what is kept can be put in order again.
    this.#lastTime = Math.max(clock.now(), this.#lastTime + 1);
    const entry = restore({ key: newKey(), channel, text, time: this.#lastTime });
    this.#entries.set(entry.key, entry);
    this.#keep(entry);
    this.#changed(entry);
    this.#next(channel);
    return snapshot(entry);
  }

  retry(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.status !== 'failed') return;
    const { error: _, ...rest } = entry;
    const again = restore(rest);
    this.#entries.set(key, again);
    this.#keep(again);
    this.#changed(again);
    this.#next(entry.channel);
  }

  discard(key: string): void {
    const entry = this.#entries.get(key);
    if (entry && entry.status !== 'sent') this.#finish(entry, 'discarded');
  }

  /** There is a way to the server: what waits is sent now. */
  open(): void {
    this.#open = true;
    for (const channel of new Set([...this.#entries.values()].map((entry) => entry.channel))) {
      this.#options.clock.clearTimer(this.#lane(channel).timer);
      this.#next(channel);
    }
  }

  /** There is none; what is under way fails by itself. */
  pause(): void {
    this.#open = false;
    for (const lane of this.#lanes.values()) this.#options.clock.clearTimer(lane.timer);
  }

  close(): void {
    this.#closed = true;
    this.pause();
  }

  /** A publication of ours is about to be told: that acknowledges it, and it is no longer ours to show. */
  published(channel: string, epoch: string, { offset, info }: Publication): void {
    const entry = info.key === undefined ? undefined : this.#entries.get(info.key);
    if (entry?.channel !== channel) return;
    if (entry.status === 'sent') this.#remove(entry);
    else this.#finish(entry, 'sent', { epoch, offset });
  }

  /** The channel was told up to this position: what is sent and lies before it is not awaited any more. */
  passed(channel: string): void {
    const { awaitsPublication } = this.#options;
    for (const entry of this.#entries.values()) {
      if (entry.channel !== channel || entry.status !== 'sent' || !entry.position) continue;
      if (!awaitsPublication(channel, entry.position)) this.#remove(entry);
    }
  }

  /** Sends the channel's next message, unless one is under way. */
  #next(channel: string): void {
    const lane = this.#lane(channel);
    if (!this.#open || this.#closed || lane.busy) return;
    const entry = [...this.#entries.values()].find(
      (one) => one.channel === channel && one.status === 'pending',
    );
    if (!entry) return;
    lane.busy = true;
    this.#options.clock.clearTimer(lane.timer);
    void this.#deliver(entry, lane);
  }

  async #deliver(entry: Entry, lane: Lane): Promise<void> {
    const { channel, key, text } = entry;
    let wait: number | undefined;
    try {
      const position = await this.#options.deliver({ channel, key, text });
      lane.backoff.reset();
      if (entry.status === 'pending') this.#finish(entry, 'sent', position);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (!passes(error)) {
        if (entry.status === 'pending') this.#fail(entry, error);
      } else {
        wait = lane.backoff.next();
      }
    } finally {
      lane.busy = false;
    }
    if (wait === undefined || entry.status !== 'pending') this.#next(channel);
    else if (this.#open) lane.timer = this.#options.clock.setTimer(() => this.#next(channel), wait);
  }

  #fail(entry: Entry, error: ClientError): void {
    entry.status = 'failed';
    entry.error = error;
    this.#keep(entry);
    this.#changed(entry);
    entry.settle(snapshot(entry));
  }

  #finish(entry: Entry, status: 'sent' | 'discarded', position?: Position): void {
    entry.status = status;
    if (position) entry.position = position;
    delete entry.error;
    this.#unkeep(entry);
    const awaited = position && this.#options.awaitsPublication(entry.channel, position);
    if (!awaited) this.#entries.delete(entry.key);
    this.#changed(entry);
    entry.settle(snapshot(entry));
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#snapshots = undefined;
    this.#options.onChange();
  }

  #changed(entry: Entry): void {
    entry.snapshot = undefined;
    this.#snapshots = undefined;
    this.#options.onSend(snapshot(entry));
    this.#options.onChange();
  }

  #keep(entry: Entry): void {
    try {
      this.#options.storage?.put(store(entry));
    } catch {
      // A full storage must not keep anyone from sending: the message is only not kept over a restart.
    }
  }

  #unkeep(entry: Entry): void {
    try {
      this.#options.storage?.remove(entry.key);
    } catch {
      // As above; sent again after a restart, it is known by its key.
    }
  }

  #lane(channel: string): Lane {
    let lane = this.#lanes.get(channel);
    if (!lane) {
      lane = { backoff: this.#options.newBackoff(), busy: false, timer: undefined };
      this.#lanes.set(channel, lane);
    }
    return lane;
  }
}

function load(storage: OutboxStorage | undefined): ReturnType<OutboxStorage['load']> {
  try {
    return storage?.load() ?? [];
  } catch {
    // What cannot be read cannot be sent.
    return [];
  }
}

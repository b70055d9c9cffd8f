/**
 * Every channel that is read: who wants it, where it stands, and what the transports report of it. Membership comes
 * from here: from what the server says when reading begins, and from the records of the user's own feed.
 */
import type { Gap, Position } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import type { ChannelStart, Followed, TransportEvent } from '../transport/transport.js';
import type { ClientError, ClientEvents, Clock, ReceivedPublication } from '../types.js';
import { ChannelReader, type ReaderOptions } from './channel-reader.js';

/** One who asked for a channel by name. */
export interface Asker {
  publication(publication: ReceivedPublication): void;
  gap(gap: Gap): void;
  /** The reader knows where it stands. */
  started(): void;
  /** The server will not have it, for good. */
  refused(error: ClientError): void;
}

export interface ChannelsOptions {
  readonly follow: 'mine' | 'none';
  readonly history: ReaderOptions['history'];
  readonly newBackoff: () => Backoff;
  readonly clock: Clock;
  readonly emit: <Name extends 'publication' | 'gap' | 'joined' | 'left' | 'presence' | 'typing'>(
    name: Name,
    event: ClientEvents[Name],
  ) => void;
  readonly onChange: () => void;
  /** A channel is asked for by name that was not before, or is no longer. */
  readonly onAsked: (channel: string, asked: boolean) => void;
}

interface Entry {
  readonly reader: ChannelReader;
  /** Whether the user belongs to it; not known until the server has said so. */
  mine: boolean | undefined;
  readonly askers: Set<Asker>;
  /** Until it is asked for again, after the server was too busy to begin. */
  retry?: unknown;
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #backoff: Backoff;
  #user: string | undefined;

  constructor(options: ChannelsOptions, positions: Readonly<Record<string, Position>>) {
    this.#options = options;
    this.#backoff = options.newBackoff();
    for (const [channel, position] of Object.entries(positions)) this.#entry(channel, position);
  }

  /** Who the server says we are. */
  get user(): string | undefined {
    return this.#user;
  }

  /** How many publications are known to be there and not told yet, in all channels. */
  get behind(): number {
    let behind = 0;
    for (const entry of this.#entries.values()) if (isRead(entry)) behind += entry.reader.behind;
    return behind;
  }

  positions(): Record<string, Position> {
    const positions: Record<string, Position> = {};
    for (const [channel, { reader }] of this.#entries) {
      if (reader.position) positions[channel] = reader.position;
    }
    return positions;
  }

  position(channel: string): Position | undefined {
    return this.#entries.get(channel)?.reader.position;
  }

  /** Whether publications of the channel are told. */
  isRead(channel: string): boolean {
    const entry = this.#entries.get(channel);
    return entry !== undefined && isRead(entry);
  }

  /** What a transport is to read; what the user belonged to when we last heard counts too, so that it is recovered. */
  followed(): Followed[] {
    const followed: Followed[] = [];
    for (const [channel, { reader, askers, mine }] of this.#entries) {
      const asked = askers.size > 0;
      if (asked || (mine !== false && reader.position))
        followed.push({ channel, position: reader.position, asked });
    }
    return followed;
  }

  ask(channel: string, asker: Asker, from?: Position): void {
    const entry = this.#entry(channel, from);
    entry.askers.add(asker);
    if (entry.askers.size === 1) this.#options.onAsked(channel, true);
    if (entry.reader.position) asker.started();
  }

  release(channel: string, asker: Asker): void {
    const entry = this.#entries.get(channel);
    if (!entry?.askers.delete(asker) || entry.askers.size > 0) return;
    this.#options.clock.clearTimer(entry.retry);
    // What has become the user's own meanwhile goes on coming: to let go of it here would end that too.
    if (entry.mine) return;
    this.#forget(channel, entry);
    this.#options.onAsked(channel, false);
  }

  handle(event: TransportEvent): void {
    switch (event.type) {
      case 'opened':
        this.#opened(event.user, event.mine);
        break;
      case 'started':
        this.#started(event.channel, event.start);
        break;
      case 'refused':
        this.#refused(event.channel, event.error);
        break;
      case 'publications':
        this.#received(event.channel)?.reader.receive(event.publications, event.epoch);
        break;
      case 'gap':
        this.#received(event.gap.channel)?.reader.gap(event.gap);
        break;
      case 'joined':
        this.#join(event.channel, event.start);
        break;
      case 'left':
        this.#leave(event.channel);
        break;
      case 'presence':
      case 'typing': {
        const { type, ...told } = event;
        this.#options.emit(type, told as never);
        break;
      }
      case 'closed':
        break;
    }
  }

  close(error: ClientError): void {
    for (const entry of this.#entries.values()) {
      entry.reader.stop();
      this.#options.clock.clearTimer(entry.retry);
      for (const asker of entry.askers) asker.refused(error);
    }
  }

  #opened(user: string | undefined, mine: Readonly<Record<string, ChannelStart>> | undefined): void {
    if (user !== undefined) this.#user = user;
    if (mine) {
      for (const channel of this.#entries.keys()) if (!(channel in mine)) this.#leave(channel);
      for (const [channel, start] of Object.entries(mine)) this.#join(channel, start);
    }
    // What could not be read while there was no way to the server, and does not come by itself now.
    for (const [channel, entry] of this.#entries) {
      if (!isRead(entry) || (mine && channel in mine)) continue;
      if (entry.reader.behind > 0) entry.reader.fill();
      else if (entry.mine) void entry.reader.locate(this.#user);
    }
  }

  #join(channel: string, start: ChannelStart | undefined): void {
    const entry = this.#entry(channel);
    const joined = !entry.mine;
    entry.mine = true;
    if (start) this.#resume(entry, start);
    else if (joined && entry.reader.position) entry.reader.fill();
    else if (joined) void entry.reader.locate(this.#user);
    if (joined) this.#options.emit('joined', { channel });
  }

  #leave(channel: string): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    const left = entry.mine === true;
    // The position stays: whoever comes back goes on from there.
    entry.mine = false;
    if (left) this.#options.emit('left', { channel });
    // Whoever asked for it by name may still be allowed to read it, and is told if not.
    if (left && entry.askers.size > 0) this.#options.onAsked(channel, true);
    this.#options.onChange();
  }

  #started(channel: string, start: ChannelStart): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    this.#backoff.reset();
    this.#resume(entry, start);
  }

  #resume(entry: Entry, start: ChannelStart): void {
    entry.reader.resume(start);
    for (const asker of entry.askers) asker.started();
  }

  #refused(channel: string, error: ClientError): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    if (error.retryable) {
      const { clock, onAsked } = this.#options;
      clock.clearTimer(entry.retry);
      entry.retry = clock.setTimer(() => {
        if (entry.askers.size > 0) onAsked(channel, true);
      }, this.#backoff.next());
      return;
    }
    const askers = [...entry.askers];
    entry.askers.clear();
    if (!entry.mine) this.#forget(channel, entry);
    for (const asker of askers) asker.refused(error);
  }

  /** The entry that something came for; nothing where nobody wants it. */
  #received(channel: string): Entry | undefined {
    const entry = this.#entries.get(channel);
    if (entry && isRead(entry)) return entry;
    if (entry?.mine === false || this.#options.follow === 'none') return undefined;
    // The record of joining it is still on its way.
    this.#join(channel, undefined);
    return this.#entries.get(channel);
  }

  #publication(entry: Entry, publication: ReceivedPublication): void {
    const { emit, follow } = this.#options;
    emit('publication', publication);
    for (const asker of entry.askers) asker.publication(publication);
    if (follow === 'mine' && publication.channel === `user:${this.#user}`) {
      const { type, channel, user } = (publication.data ?? {}) as Record<string, unknown>;
      if (typeof channel !== 'string' || user !== this.#user) return;
      if (type === 'joined') this.#join(channel, undefined);
      else if (type === 'left') this.#leave(channel);
    }
  }

  #entry(channel: string, position?: Position): Entry {
    const known = this.#entries.get(channel);
    if (known) return known;
    const { history, onChange, clock, emit, newBackoff } = this.#options;
    const reader = new ChannelReader(
      {
        channel,
        history,
        clock,
        onChange,
        backoff: newBackoff(),
        onPublication: (publication) => this.#publication(entry, publication),
        onGap: (gap) => {
          emit('gap', gap);
          for (const asker of entry.askers) asker.gap(gap);
        },
      },
      position,
    );
    const entry: Entry = {
      reader,
      mine: this.#options.follow === 'mine' ? undefined : false,
      askers: new Set(),
    };
    this.#entries.set(channel, entry);
    return entry;
  }

  #forget(channel: string, entry: Entry): void {
    entry.reader.stop();
    this.#entries.delete(channel);
    this.#options.onChange();
  }
}

function isRead(entry: Entry): boolean {
  return entry.mine === true || entry.askers.size > 0;
}

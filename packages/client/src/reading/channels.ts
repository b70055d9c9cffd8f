/**
 * Everything that is read: one place in the log's one order for what the user belongs to, and the channels, who wants
 * each and where it stands. Membership comes from here: from what the server says when reading begins, and from the
 * records of the user's own feed.
 */
import type { Gap, Position } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import type { Asked, Beginning, ChannelStart, TransportEvent } from '../transport/transport.js';
import type { ClientError, ClientEvents, Clock, ReceivedPublication } from '../types.js';
import { ChannelReader, type ReaderOptions } from './channel-reader.js';
import { Listing, type ListingOptions } from './listing.js';
import { Place } from './place.js';

/** One who asked for a channel by name. */
export interface Asker {
  publication(publication: ReceivedPublication): void;
  gap(gap: Gap): void;
  /** The channel is read. */
  started(): void;
  /** The server will not have it, for good. */
  refused(error: ClientError): void;
}

export interface ChannelsOptions {
  readonly follow: 'mine' | 'none';
  readonly history: ReaderOptions['history'];
  readonly state: ListingOptions['state'];
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

/** Where an earlier client stood. */
export interface Standing {
  readonly cursor?: string | undefined;
  readonly positions?: Readonly<Record<string, Position>> | undefined;
}

interface Entry {
  readonly channel: string;
  reader: ChannelReader;
  /** Whether the user belongs to it; not known until the server has said so. */
  mine: boolean | undefined;
  readonly askers: Set<Asker>;
  /** Until it is asked for again, after the server was too busy to begin. */
  retry?: unknown;
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Those of which something is known to be there that was not told yet. */
  readonly #late = new Set<Entry>();
  readonly #listing: Listing;
  readonly #backoff: Backoff;
  readonly #place: Place;
  /** Whether all that the user belongs to is known here. */
  #complete: boolean;
  #user: string | undefined;
  #epoch: string | undefined;

  constructor(options: ChannelsOptions, { cursor, positions = {} }: Standing) {
    this.#options = options;
    this.#backoff = options.newBackoff();
    this.#listing = new Listing({
      state: options.state,
      clock: options.clock,
      backoff: options.newBackoff(),
    });
    this.#complete = options.follow === 'none';
    this.#place = new Place(cursor);
    for (const [channel, position] of Object.entries(positions)) this.#entry(channel, position);
  }

  /** Who the server says we are. */
  get user(): string | undefined {
    return this.#user;
  }

  /** The place up to which everything was told. */
  get cursor(): string | undefined {
    return this.#place.cursor;
  }

  /** How many publications are known to be there and not told yet, in all channels. */
  get behind(): number {
    let behind = 0;
    for (const { reader } of this.#late) behind += reader.behind;
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

  /** What a transport is to read besides what the user belongs to. */
  asked(): Asked[] {
    const asked: Asked[] = [];
    for (const { channel, reader, askers } of this.#entries.values()) {
      if (askers.size > 0) asked.push({ channel, position: reader.position });
    }
    return asked;
  }

  ask(channel: string, asker: Asker, from?: Position): void {
    const entry = this.#entry(channel, from);
    entry.askers.add(asker);
    if (entry.askers.size === 1) this.#options.onAsked(channel, true);
    if (entry.mine || entry.reader.position) asker.started();
  }

  release(channel: string, asker: Asker): void {
    const entry = this.#entries.get(channel);
    if (!entry?.askers.delete(asker) || entry.askers.size > 0) return;
    this.#options.clock.clearTimer(entry.retry);
    // What has become the user's own meanwhile goes on coming: to let go of it here would end that too.
    if (entry.mine) return;
    this.#forget(entry);
    this.#options.onAsked(channel, false);
  }

  handle(event: TransportEvent): void {
    switch (event.type) {
      case 'opened':
        this.#opened(event);
        break;
      case 'started':
        this.#started(event.channel, event.start);
        break;
      case 'shared':
        this.#shared(event.channel);
        break;
      case 'refused':
        this.#refused(event.channel, event.error);
        break;
      case 'publication':
        this.#epoch = event.epoch ?? this.#epoch;
        this.#received(event.channel)?.receive(event.publication, this.#epoch);
        break;
      case 'gap':
        this.#missed(event.gap);
        break;
      case 'reached':
        this.#place.reach(event.cursor);
        this.#settle();
        break;
      case 'joined':
        // Where it stands then is of no use: its publications follow, the record of joining first.
        this.#epoch = event.epoch;
        this.#listing.note(event.channel);
        this.#join(event.channel);
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
    this.#listing.stop();
    for (const entry of this.#entries.values()) {
      entry.reader.stop();
      this.#options.clock.clearTimer(entry.retry);
      for (const asker of entry.askers) asker.refused(error);
    }
  }

  #opened({ user, epoch, beginning, belongs }: TransportEvent & { type: 'opened' }): void {
    if (user !== undefined) this.#user = user;
    if (epoch !== undefined) this.#epoch = epoch;
    if (beginning) this.#begin(beginning);
    else if (!this.#complete && belongs) this.#all(new Set(belongs));
    else if (!this.#complete) this.#list(false);
    // What could not be read while there was no way to the server, and does not come by itself now.
    for (const { reader } of this.#late) reader.fill();
    this.#settle();
  }

  /** Not from our place: what we missed in each channel is found by where it stands. */
  #begin({ cursor, channels, more }: Beginning): void {
    this.#place.begin(cursor);
    this.#listing.stop();
    if (this.#options.follow === 'none') return;
    if (more) this.#list(true);
    else this.#all(new Set(Object.keys(channels)));
    for (const [channel, head] of Object.entries(channels)) {
      this.#epoch = head.epoch;
      const { reader, askers } = this.#join(channel);
      reader.compare(head);
      for (const asker of askers) asker.started();
    }
  }

  /** @param compare whether what we missed is to be found by where the channels stand; otherwise it comes by itself */
  #list(compare: boolean): void {
    this.#complete = false;
    this.#listing.start({
      channel: (channel, head) => {
        const { reader } = this.#join(channel);
        // Looked at later than our place: where nothing was told, what comes is what we begin with.
        if (compare && reader.position) reader.compare(head);
      },
      user: (user) => {
        this.#user = user;
      },
      all: (channels) => {
        this.#all(channels);
        this.#settle();
      },
    });
  }

  /** The user belongs to these, and to no others. */
  #all(channels: ReadonlySet<string>): void {
    this.#complete = true;
    for (const entry of this.#entries.values()) {
      if (channels.has(entry.channel) || isOwnFeed(entry.channel)) continue;
      if (entry.mine) this.#leave(entry.channel);
      else entry.mine = false;
    }
    for (const channel of channels) if (this.#entries.get(channel)?.mine !== false) this.#join(channel);
  }

  #join(channel: string): Entry {
    const entry = this.#entry(channel);
    if (!entry.mine) {
      entry.mine = true;
      this.#options.emit('joined', { channel });
    }
    return entry;
  }

  #leave(channel: string): void {
    this.#listing.note(channel);
    const entry = this.#entries.get(channel);
    if (!entry) return;
    const { mine, askers, reader } = entry;
    entry.mine = false;
    // Nothing comes after leaving, not even what was being read. The position stays: it tells what was told before.
    if (askers.size === 0) {
      reader.stop();
      entry.reader = this.#newReader(channel, reader.position);
    }
    if (mine) this.#options.emit('left', { channel });
    // Whoever asked for it by name may still be allowed to read it, and is told if not.
    if (askers.size > 0) this.#options.onAsked(channel, true);
    this.#changed(entry);
  }

  #started(channel: string, start: ChannelStart): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    this.#backoff.reset();
    this.#epoch = start.epoch;
    entry.reader.resume(start);
    for (const asker of entry.askers) asker.started();
  }

  /** It comes with what the user belongs to, from their place; what it lacked before that is read. */
  #shared(channel: string): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    entry.reader.fill();
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
    if (!entry.mine) this.#forget(entry);
    for (const asker of askers) asker.refused(error);
  }

  /** Who reads what has come; nobody where nobody wants it. */
  #received(channel: string): ChannelReader | undefined {
    const entry = this.#entries.get(channel);
    if (entry && isRead(entry)) return entry.reader;
    if (entry?.mine === false || this.#options.follow === 'none') return undefined;
    // It would not come if the user did not belong to it.
    this.#listing.note(channel);
    return this.#join(channel).reader;
  }

  #missed(gap: Gap): void {
    this.#epoch = gap.epoch;
    this.#received(gap.channel)?.gap(gap);
    if (this.#options.follow === 'none' || !isOwnFeed(gap.channel)) return;
    // What was joined or left is not known now: what comes shows it, and the list does.
    for (const entry of this.#entries.values()) {
      if (entry.mine !== false) continue;
      entry.mine = undefined;
      entry.reader.rejoin();
    }
    this.#list(false);
  }

  #publication(entry: Entry, publication: ReceivedPublication): void {
    this.#options.emit('publication', publication);
    for (const asker of entry.askers) asker.publication(publication);
    if (!entry.mine || !isOwnFeed(entry.channel)) return;
    const { type, channel, user } = (publication.data ?? {}) as Record<string, unknown>;
    if (typeof channel !== 'string' || entry.channel !== `user:${String(user)}`) return;
    if (type === 'left') this.#leave(channel);
    if (type !== 'joined') return;
    this.#listing.note(channel);
    const { reader, askers } = this.#join(channel);
    // Whoever asked for it by name reads it whole.
    if (askers.size === 0) reader.rejoin();
  }

  /** Whoever took up our place must miss nothing: neither what is still to be told, nor channels still to be found. */
  #settle(): void {
    const finds = this.#listing.running && this.#place.cursor === undefined;
    if (this.#late.size === 0 && !finds) this.#place.settle();
  }

  #changed(entry: Entry): void {
    if (isRead(entry) && entry.reader.behind > 0) this.#late.add(entry);
    else if (this.#late.delete(entry)) this.#settle();
    this.#options.onChange();
  }

  #entry(channel: string, position?: Position): Entry {
    const known = this.#entries.get(channel);
    if (known) return known;
    const entry: Entry = {
      channel,
      reader: this.#newReader(channel, position),
      mine: this.#options.follow === 'mine' ? undefined : false,
      askers: new Set(),
    };
    this.#entries.set(channel, entry);
    return entry;
  }

  #newReader(channel: string, position: Position | undefined): ChannelReader {
    const { history, clock, emit, newBackoff } = this.#options;
    const told = (tell: (entry: Entry) => void): void => {
      const entry = this.#entries.get(channel);
      if (entry) tell(entry);
    };
    return new ChannelReader(
      {
        channel,
        history,
        clock,
        backoff: newBackoff(),
        onChange: () => told((entry) => this.#changed(entry)),
        onPublication: (publication) => told((entry) => this.#publication(entry, publication)),
        onGap: (gap) => {
          emit('gap', gap);
          told(({ askers }) => {
            for (const asker of askers) asker.gap(gap);
          });
        },
      },
      position,
    );
  }

  #forget(entry: Entry): void {
    entry.reader.stop();
    this.#late.delete(entry);
    this.#entries.delete(entry.channel);
    this.#options.onChange();
  }
}

/** Nobody can read another's. */
function isOwnFeed(channel: string): boolean {
  return channel.startsWith('user:');
}

function isRead(entry: Entry): boolean {
  return entry.mine === true || entry.askers.size > 0;
}

/** One caller of sync: who asks, what they may read, where they stand, and the reader that reads on from there. */
import { createHash } from 'node:crypto';
import { CommandError } from '@fullduplex/wire';
import type { Chat } from '../chat/chat.js';
import { decodeCursor, resolvePlace } from '../delivery/cursor.js';
import type { EncodedRecords } from '../delivery/encoded-records.js';
import type { Hub } from '../delivery/hub.js';
import { type Bounds, PlaceReader, type Scope } from '../delivery/place-reader.js';
import type { UserWatch, UserWatches } from '../delivery/user-watch.js';
import type { Origins } from '../http/origins.js';
import type { Presence } from '../presence/presence.js';
import type { Identity } from '../session/services.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { AnswerHeaders, Exchange } from './exchange.js';
import type { HeldRequests } from './held.js';
import type { SyncRequest } from './sync-request.js';

export interface SyncServices {
  readonly chat: Chat;
  readonly hub: Hub;
  readonly watches: UserWatches;
  readonly encoded: EncodedRecords;
  readonly presence: Presence;
  readonly origins: Origins;
  readonly held: HeldRequests;
  readonly wheel: TimerWheel;
  /** For the end of a long poll. */
  readonly pollWheel: TimerWheel;
  /** Of one answer. */
  readonly bounds: Bounds;
  /** Of what is read for a stream at a time. */
  readonly streamBounds: Bounds;
  /** In seconds. */
  readonly timing: {
    readonly maxWait: number;
    readonly heartbeat: number;
    readonly retry: number;
    readonly pollingLease: number;
    readonly presenceGrace: number;
    /** How long a stream of events goes on before its caller has to come again. */
    readonly streamLife: number;
  };
  /** Channels that a request may ask for besides what its user belongs to. */
  readonly subscriptions: number;
  isOpen(): boolean;
  /** Whether one more request may be held. */
  hasRoom(): boolean;
  /** @throws {CommandError} `unavailable` */
  requireContact(): void;
  /** @throws {CommandError} `too_many_requests` */
  countRequest(user: string): void;
  /** @throws {CommandError} `unauthorized`, `token_expired` */
  authenticate(token: string | undefined): Promise<Identity>;
  failed(error: unknown): void;
}

/** Channels that a snapshot tells of; `me.state` pages through all. */
const MAX_SNAPSHOT = 1000;
const NOTHING: ReadonlyMap<string, number> = new Map();

/** One caller: who asks, what they may read, and the reader that does. */
export class Caller implements Scope {
  readonly exchange: Exchange;
  readonly services: SyncServices;
  /** What every answer to this caller bears. */
  readonly headers: AnswerHeaders;
  readonly user: string;
  /** Stands for the tab or process: among the requests that are held, and to others who ask for presence. */
  readonly session: string;
  /** Whether the caller chose the session itself. */
  readonly named: boolean;
  /** What the caller begins with, as JSON, where it gave no cursor. */
  snapshot: string | undefined;
  reader!: PlaceReader;
  readonly #asked: SyncRequest;
  /** Of what the user belongs to, the channels that count as being there. */
  #attended: readonly string[] = [];
  #watch: UserWatch | undefined;

  constructor(
    exchange: Exchange,
    services: SyncServices,
    headers: AnswerHeaders,
    user: string,
    asked: SyncRequest,
  ) {
    this.exchange = exchange;
    this.services = services;
    this.headers = headers;
    this.user = user;
    this.session = sessionId(user, asked.session, asked.token);
    this.named = asked.session !== undefined;
    this.#asked = asked;
  }

  /** Finds out what the caller may read, and where it goes on. @throws {CommandError} */
  async begin(): Promise<void> {
    const { chat, hub, encoded } = this.services;
    const { channels, cursor } = this.#asked;
    const besides = await Promise.all(channels.map((channel) => chat.authorizeRead(this.user, channel)));
    const place =
      cursor === undefined
        ? await this.#takeSnapshot(besides)
        : await resolvePlace(hub.log, decodeCursor(cursor));
    this.reader = new PlaceReader(hub, this, encoded, place);
    const mine = await this.memberships();
    this.#attended = [...mine.keys()].filter(isAttended);
  }

  async memberships(): Promise<ReadonlyMap<string, number>> {
    if (!this.#asked.mine) return NOTHING;
    const memberships = this.#watch?.memberships ?? (await this.services.chat.memberships(this.user));
    while (memberships.doubted !== undefined) await memberships.doubted;
    return memberships.channels;
  }

  async besides(): Promise<readonly string[]> {
    const { channels } = this.#asked;
    if (channels.length === 0) return channels;
    const { chat } = this.services;
    const readable = await Promise.all(
      channels.map((channel) =>
        chat.authorizeRead(this.user, channel).catch((error: unknown) => {
          if (error instanceof CommandError) return undefined;
          throw error;
        }),
      ),
    );
    return [...new Set(readable.filter((channel) => channel !== undefined))];
  }

  /** What to wait for; undefined where the caller wants nothing of what its user belongs to. @throws {CommandError} */
  async holdWatch(): Promise<UserWatch | undefined> {
    if (!this.#asked.mine) return undefined;
    this.#watch = await this.services.watches.hold(this.user);
    return this.#watch;
  }

  releaseWatch(): void {
    if (this.#watch !== undefined) this.services.watches.release(this.user, this.#watch);
    this.#watch = undefined;
  }

  /** Proves that the caller is here, in what they read, for so many seconds. */
  renewLease(transport: 'polling' | 'long-polling' | 'sse', seconds: number): void {
    const { presence } = this.services;
    const lease = { client: this.session, user: this.user, transport };
    presence.renew(lease, seconds * 1000);
    presence.attend(this.session, this.#attended);
  }

  /** What the user belongs to, and where each channel ends at the place that is answered. */
  async #takeSnapshot(besides: readonly string[]): Promise<number> {
    const { hub } = this.services;
    const all = [...new Set([...(await this.memberships()).keys(), ...besides])];
    const names = all.slice(0, MAX_SNAPSHOT);
    const feeds = names.map((channel) => hub.hold(channel));
    try {
      await hub.learn(feeds);
      const positions = feeds.map(({ channel, offset }) => [channel, { epoch: hub.epoch, offset }] as const);
      this.snapshot = JSON.stringify({
        user: this.user,
        channels: Object.fromEntries(positions),
        ...(all.length > names.length ? { more: true } : {}),
      });
      return hub.position;
    } finally {
      for (const feed of feeds) hub.release(feed);
    }
  }
}

function isAttended(channel: string): boolean {
  return channel.startsWith('room:') || channel.startsWith('direct:');
}

/** Others see it, so neither the token nor what the client chose can be read from it. */
function sessionId(user: string, session: string | undefined, token: string | undefined): string {
  const named = session === undefined ? `token ${token}` : `session ${user} ${session}`;
  return createHash('sha256').update(named).digest('base64url').slice(0, 16);
}

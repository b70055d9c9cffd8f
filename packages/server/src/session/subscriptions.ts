/**
 * What one session follows: channels by the client's wish, each for itself, and as one what the server keeps it
 * subscribed to because the user belongs there. It must not know how a command looks; `methods/` ask it.
 */
import { CommandError, DISCONNECTS, type Gap, UNSUBSCRIBES } from '@fullduplex/wire';
import type { Outlet } from '../delivery/audience.js';
import { decodeCursor, encodeCursor, resolvePlace } from '../delivery/cursor.js';
import type { Feed } from '../delivery/feed.js';
import type { Follower, Reader } from '../delivery/follower.js';
import { BARE_PUSHES } from '../delivery/format.js';
import type { Memberships } from '../delivery/memberships.js';
import type { LogRecord } from '../log/log.js';
import type { SessionBase } from './client-session.js';
import { encodePush } from './codec.js';
import { OwnStream, type OwnStreamReader } from './own-stream.js';
import { beginsJson, missedJson, type Recovery, recover, subscribeResultJson } from './recovery.js';
import { Opening, type SubscribeOptions, Subscription } from './subscription.js';

/** How a session that follows what its user belongs to begins. */
export interface OwnBeginning {
  /** By channel, those that the client is told of with where they end; absent with a place to go on from. */
  readonly subs?: readonly string[];
  /** With a place to go on from: the channels by name. */
  readonly channels?: readonly string[];
  readonly more: boolean;
  readonly cursor: string;
  /** Whether the client's place was good; undefined where it gave none. */
  readonly recovered?: boolean;
  /** To be called once the answer was sent. */
  readonly start: () => void;
}

export class Subscriptions implements Reader, OwnStreamReader {
  readonly #session: SessionBase;
  readonly #apart = new Map<string, Subscription | Opening>();
  /** What the user belongs to and the client does not want. */
  readonly #declined = new Set<string>();
  #own: OwnStream | undefined;
  #memberships: Memberships | undefined;
  #unwatch: (() => void) | undefined;

  constructor(session: SessionBase) {
    this.#session = session;
  }

  get outlet(): Outlet {
    return this.#session.connection;
  }

  get doubted(): Promise<void> | undefined {
    return this.#memberships?.doubted;
  }

  /**
   * Subscribes, and gives the result to answer with and what is to be called once it was sent: then it begins to push.
   *
   * @throws {CommandError} `already_subscribed`, `limit_exceeded`
   */
  async subscribe(
    options: SubscribeOptions,
  ): Promise<{ recovery: Recovery; json: string; sent: () => void }> {
    const { channel, byServer } = options;
    const { hub, limits } = this.#session.services;
    if (this.#apart.has(channel) || this.#own?.has(channel)) {
      throw new CommandError('already_subscribed', `This session follows ${channel} already.`);
    }
    if (!byServer && this.#apart.size >= limits.subscriptions) {
      throw new CommandError('limit_exceeded', `A session follows at most ${limits.subscriptions} channels.`);
    }
    if (this.#session.ended) throw cancelled();
    const opening = new Opening(byServer);
    this.#apart.set(channel, opening);
    let feed: Feed | undefined;
    try {
      if (!byServer && !channel.startsWith('feed:')) await this.#watch();
      const opened = hub.open(channel);
      feed = opened instanceof Promise ? await opened : opened;
      const { answerBytes, answerPublications } = limits;
      const bounds = options.bounds ?? { bytes: answerBytes, publications: answerPublications };
      const recovery = await recover(hub, feed, options.wanted, bounds);
      if (this.#apart.get(channel) !== opening) throw cancelled();
      const subscription = new Subscription(hub, this, feed, recovery.offset, options);
      this.#apart.set(channel, subscription);
      return {
        recovery,
        json: subscribeResultJson(hub.epoch, recovery),
        sent: () => this.#begin(subscription),
      };
    } catch (error) {
      if (feed !== undefined) hub.release(feed);
      if (this.#apart.get(channel) === opening) this.#apart.delete(channel);
      throw error;
    }
  }

  /** The channels in which following counts as being there. */
  *attended(): Generator<string> {
    for (const [channel, found] of this.#apart) {
      if (found instanceof Subscription && isAttended(channel)) yield channel;
    }
    for (const channel of this.#own?.channels() ?? []) if (isAttended(channel)) yield channel;
  }

  /** The channel that the client subscribed to under this name. */
  channelNamed(name: string): string {
    for (const [channel, found] of this.#apart) {
      if (found instanceof Subscription && found.name === name) return channel;
    }
    return name;
  }

  /** Harmless where there is no such subscription. */
  unsubscribe(channel: string): void {
    const found = this.#apart.get(channel);
    if (found === undefined) {
      this.#decline(channel);
      return;
    }
    this.#apart.delete(channel);
    if (this.#memberships?.channels.has(channel)) this.#declined.add(channel);
    if (found instanceof Subscription) found.end();
    this.#session.services.presence.exit(this.#session.id, channel);
  }

  /**
   * From now on the server keeps this session subscribed to what its user belongs to.
   *
   * @param since where to go on from: a cursor of any transport
   * @param apart channels that are subscribed for themselves
   * @throws {CommandError} `invalid_cursor` for what is none at all
   */
  async followMine(since: string | undefined, atMost: number): Promise<OwnBeginning> {
    const memberships = await this.#watch();
    const place = since === undefined ? undefined : await this.#placeOf(since);
    if (this.#session.ended) throw cancelled();
    const { hub } = this.#session.services;
    if (place !== undefined) return this.#goOn(memberships, place, atMost);
    const names: string[] = [];
    for (const channel of memberships.channels.keys()) {
      if (names.length < atMost && !this.isApart(channel)) names.push(channel);
    }
    const feeds = names.map((channel) => hub.hold(channel));
    try {
      await hub.learn(feeds);
      if (this.#session.ended) throw cancelled();
    } catch (error) {
      for (const feed of feeds) hub.release(feed);
      throw error;
    }
    const own = new OwnStream(hub, memberships, this, hub.position);
    this.#own = own;
    const subs: string[] = [];
    for (const feed of feeds) {
      // Left in the meantime.
      if (!memberships.channels.has(feed.channel)) {
        hub.release(feed);
        continue;
      }
      this.#adopt(own, feed);
      subs.push(`${JSON.stringify(feed.channel)}:${beginsJson(hub.epoch, feed.offset)}`);
    }
    return {
      subs,
      more: memberships.channels.size > subs.length + this.#apart.size,
      cursor: encodeCursor(hub.epoch, own.place),
      ...(since === undefined ? {} : { recovered: false }),
      start: () => own.start(),
    };
  }

  /** An outlet's audience let go of it. */
  fellBehind(channel: string): void {
    const found = this.#apart.get(channel);
    if (found instanceof Subscription) found.fellBehind();
    else this.#own?.fellBehind();
  }

  /** There is room in the outlet again. */
  resume(): void {
    this.#own?.start();
    for (const found of this.#apart.values()) {
      if (found instanceof Subscription && found.state === 'waiting') found.start();
    }
  }

  /** Tells how far everything was given, where nothing that was pushed says so. */
  tellPlace(): void {
    const cursor = this.#own?.silentCursor();
    if (cursor !== undefined) this.outlet.send(`{"push":{"cursor":"${cursor}"}}`);
  }

  /** Ends all; the session may begin anew. */
  clear(): void {
    for (const found of this.#apart.values()) if (found instanceof Subscription) found.end();
    this.#apart.clear();
    this.#declined.clear();
    this.#own?.end();
    this.#own = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#memberships = undefined;
  }

  // As the reader of subscriptions that stand for themselves.

  write(feed: Feed, records: readonly LogRecord[]): void {
    const found = this.#apart.get(feed.channel);
    if (!(found instanceof Subscription)) return;
    for (const { text } of BARE_PUSHES.encode(found.name, records, '')) this.outlet.send(text);
  }

  /**
   * Retention has passed a reader that was behind. The client's own subscription is taken back with a code after which
   * clients subscribe anew, and are then told that they could not recover. One by the server is told again, with
   * `recovered:false` and the gap; what is left of the channel follows.
   */
  missed(follower: Follower, gap: Gap): void {
    if (!(follower instanceof Subscription)) return;
    if (follower.byServer) {
      this.#push(follower.name, `"subscribe":${missedJson(gap)}`);
      return;
    }
    this.unsubscribe(follower.feed.channel);
    this.#push(follower.name, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES.insufficientState)}`);
  }

  failed(_follower: Follower, error: unknown): void {
    this.broke(error);
  }

  // As the reader of what the user belongs to.

  isApart(channel: string): boolean {
    return this.#apart.has(channel) || this.#declined.has(channel);
  }

  began(channel: string, offset: number): void {
    this.#push(channel, `"subscribe":${beginsJson(this.#session.services.hub.epoch, offset)}`);
    this.#attend(channel);
  }

  ended(channel: string): void {
    this.#session.services.presence.exit(this.#session.id, channel);
    this.#push(channel, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES.left)}`);
  }

  lost(gap: Gap): void {
    this.#push(gap.channel, `"subscribe":${missedJson(gap)}`);
  }

  broke(error: unknown): void {
    this.#session.services.failed(error);
    // The client comes back with its place, and finds everything where it left it.
    this.#session.disconnect(DISCONNECTS.internal);
  }

  /** Goes on after the place, which is good: the client knows where each channel stood. */
  #goOn(memberships: Memberships, place: number, atMost: number): OwnBeginning {
    const { hub } = this.#session.services;
    const own = new OwnStream(hub, memberships, this, place);
    this.#own = own;
    const names: string[] = [];
    for (const channel of memberships.channels.keys()) {
      if (this.isApart(channel)) continue;
      this.#adopt(own, hub.hold(channel));
      if (names.length < atMost) names.push(channel);
    }
    return {
      channels: names,
      more: memberships.channels.size > names.length + this.#apart.size,
      cursor: encodeCursor(hub.epoch, place),
      recovered: true,
      start: () => own.start(),
    };
  }

  #adopt(own: OwnStream, feed: Feed): void {
    own.adopt(feed);
    this.#attend(feed.channel);
  }

  /** The id of the cursor; undefined when it is of a log that was lost. */
  async #placeOf(cursor: string): Promise<number | undefined> {
    const place = decodeCursor(cursor);
    try {
      return await resolvePlace(this.#session.services.hub.log, place);
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }

  /** Watches what the user belongs to, so that nothing is pushed after a removal. */
  async #watch(): Promise<Memberships> {
    if (this.#memberships !== undefined) return this.#memberships;
    const memberships = await this.#session.services.chat.memberships(this.#session.user);
    if (this.#session.ended) throw cancelled();
    if (this.#memberships === undefined) {
      this.#memberships = memberships;
      this.#unwatch = memberships.watch((channel, from) => {
        if (from === undefined) this.#left(channel);
      });
    }
    return this.#memberships;
  }

  #left(channel: string): void {
    this.#declined.delete(channel);
    const found = this.#apart.get(channel);
    if (!(found instanceof Subscription)) return;
    if (found.byServer) {
      this.#takeBack(found);
      return;
    }
    // A public room may still be read; until that is known, nothing of it is pushed.
    found.pause();
    void this.#goOnIfReadable(found);
  }

  async #goOnIfReadable(found: Subscription): Promise<void> {
    const { channel } = found.feed;
    const { chat } = this.#session.services;
    let readable = true;
    try {
      await chat.authorizeRead(this.#session.user, channel);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      readable = false;
    }
    if (this.#session.ended || this.#apart.get(channel) !== found) return;
    if (readable) found.start();
    else this.#takeBack(found);
  }

  #takeBack(found: Subscription): void {
    this.unsubscribe(found.feed.channel);
    this.#push(found.name, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES.left)}`);
  }

  /** The client does not want a channel that its user belongs to. */
  #decline(channel: string): void {
    if (this.#own?.has(channel) !== true) return;
    this.#declined.add(channel);
    this.#own.drop(channel);
    this.#session.services.presence.exit(this.#session.id, channel);
  }

  /** The answer was sent: now it may push. */
  #begin(subscription: Subscription): void {
    const { channel } = subscription.feed;
    if (this.#apart.get(channel) !== subscription) return;
    subscription.start();
    this.#attend(channel);
  }

  #attend(channel: string): void {
    if (isAttended(channel)) this.#session.services.presence.enter(this.#session.id, channel);
  }

  #push(name: string, json: string): void {
    this.outlet.send(encodePush(name, json));
  }
}

/** Being subscribed there means being there: not so in one's own feed, or where a back end writes. */
function isAttended(channel: string): boolean {
  return channel.startsWith('room:') || channel.startsWith('direct:');
}

function cancelled(): CommandError {
  return new CommandError('bad_request', 'It was unsubscribed before the answer.');
}

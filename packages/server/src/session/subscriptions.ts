/**
 * What one session follows: subscriptions by the client's wish, and those the server keeps because the user belongs
 * there. It must not know how a command looks; `methods/` ask it.
 */
import { CommandError, DISCONNECTS, type Gap, UNSUBSCRIBES } from '@fullduplex/wire';
import type { Outlet } from '../delivery/audience.js';
import type { Feed, FeedListener } from '../delivery/feed.js';
import { Follower, type Reader } from '../delivery/follower.js';
import { PUSHES } from '../delivery/format.js';
import { joinedAt } from '../delivery/joined-at.js';
import type { LogRecord } from '../log/channel-log.js';
import { encodePush } from './codec.js';
import { type MembershipChange, membershipChange } from './membership.js';
import { type Recovery, type RecoveryBounds, recover, subscribeResultJson, type Wanted } from './recovery.js';
import type { Session } from './session.js';

export interface SubscribeOptions {
  /** The channel as it is spelled everywhere. */
  readonly channel: string;
  /** As the client spells it, and wants to see it. */
  readonly name: string;
  readonly byServer: boolean;
  readonly wanted: Wanted;
  /** What the answer may still hold of the past; the limits' own when absent. */
  readonly bounds?: RecoveryBounds;
}

export class Subscription extends Follower {
  readonly name: string;
  readonly byServer: boolean;

  constructor(session: Session, reader: Reader, feed: Feed, offset: number, options: SubscribeOptions) {
    // Who spells the channel in another way cannot share the encoding.
    super(session.services.hub, feed, reader, offset, options.name === feed.channel ? PUSHES : undefined);
    this.name = options.name;
    this.byServer = options.byServer;
  }
}

/** Holds a channel's place while its feed is being opened. */
class Opening {
  readonly byServer: boolean;
  constructor(byServer: boolean) {
    this.byServer = byServer;
  }
}

export class Subscriptions implements Reader, FeedListener {
  readonly #session: Session;
  readonly #channels = new Map<string, Subscription | Opening>();
  /** The user's own feed, watched for what they join and leave. */
  #watched: Feed | undefined;
  #mine = false;
  /** Joined, and about to be subscribed. */
  #joining: Set<string> | undefined;
  /** Changes that came before `connect` was answered. */
  #early: MembershipChange[] | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  get outlet(): Outlet {
    return this.#session.connection;
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Channels in which following counts as being there. */
  *attended(): Generator<string> {
    for (const channel of this.#channels.keys()) if (isAttended(channel)) yield channel;
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
    if (this.#channels.has(channel)) {
      throw new CommandError('already_subscribed', `This session follows ${channel} already.`);
    }
    if (!byServer && this.#channels.size >= limits.subscriptions) {
      throw new CommandError('limit_exceeded', `A session follows at most ${limits.subscriptions} channels.`);
    }
    if (this.#session.ended) throw cancelled();
    const opening = new Opening(byServer);
    this.#channels.set(channel, opening);
    let feed: Feed | undefined;
    try {
      if (!byServer && channel.startsWith('room:')) await this.watch();
      const opened = hub.open(channel);
      feed = opened instanceof Promise ? await opened : opened;
      const { answerBytes, answerPublications } = limits;
      const bounds = options.bounds ?? { bytes: answerBytes, publications: answerPublications };
      const recovery = await recover(feed, options.wanted, bounds);
      if (this.#channels.get(channel) !== opening) throw cancelled();
      const subscription = new Subscription(this.#session, this, feed, recovery.offset, options);
      this.#channels.set(channel, subscription);
      const json = subscribeResultJson(feed.epoch, recovery);
      return { recovery, json, sent: () => this.#begin(subscription) };
    } catch (error) {
      if (feed !== undefined) hub.release(feed);
      if (this.#channels.get(channel) === opening) this.#channels.delete(channel);
      throw error;
    }
  }

  /** After what a channel that the user joined is read: before the joining itself, or all of a conversation of two. */
  async startOf(channel: string): Promise<number | undefined> {
    if (!channel.startsWith('room:')) return 0;
    const start = await joinedAt(this.#session.services.hub.log, channel, this.#session.user);
    return start?.position.offset;
  }

  /** The channel that the client subscribed to under this name. */
  channelNamed(name: string): string {
    for (const [channel, found] of this.#channels) {
      if (found instanceof Subscription && found.name === name) return channel;
    }
    return name;
  }

  /** Harmless where there is no such subscription. */
  unsubscribe(channel: string): void {
    const found = this.#channels.get(channel);
    if (found === undefined) return;
    this.#channels.delete(channel);
    if (found instanceof Subscription) found.end();
    this.#session.services.presence.exit(this.#session.id, channel);
  }

  /** Watches the user's own feed for what they join and leave. */
  async watch(): Promise<void> {
    if (this.#watched !== undefined) return;
    const { hub } = this.#session.services;
    const feed = await hub.open(`user:${this.#session.user}`);
    if (this.#session.ended || this.#watched !== undefined) {
      hub.release(feed);
      return;
    }
    this.#watched = feed;
    feed.listen(this);
  }

  /** From now on the server keeps this session subscribed to what its user belongs to. */
  async followMine(): Promise<void> {
    this.#mine = true;
    this.#early = [];
    await this.watch();
  }

  /** `connect` was answered: what changed meanwhile is told now. */
  ready(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const change of early) this.#change(change);
  }

  /** The outlet's audience of this channel let go of it. */
  fellBehind(channel: string): void {
    const found = this.#channels.get(channel);
    if (found instanceof Subscription) found.fellBehind();
  }

  /** There is room in the outlet again. */
  resume(): void {
    for (const found of this.#channels.values()) {
      if (found instanceof Subscription && found.state === 'waiting') found.start();
    }
  }

  /** Ends all; the session may begin anew. */
  clear(): void {
    const { hub } = this.#session.services;
    for (const found of this.#channels.values()) if (found instanceof Subscription) found.end();
    this.#channels.clear();
    this.#watched?.unlisten(this);
    if (this.#watched !== undefined) hub.release(this.#watched);
    this.#watched = undefined;
    this.#mine = false;
    this.#joining = undefined;
    this.#early = undefined;
  }

  close(): void {
    this.clear();
  }

  // As the reader of its subscriptions.

  write(feed: Feed, records: readonly LogRecord[]): void {
    const found = this.#channels.get(feed.channel);
    if (!(found instanceof Subscription)) return;
    for (const { text } of PUSHES.encode(found.name, records)) this.outlet.send(text);
  }

  /**
   * Retention has passed a reader that was behind. The client's own subscription is taken back with a code after which
   * clients subscribe anew, and are then told that they could not recover. One by the server is told again, with
   * `recovered:false` and the gap; what is left of the channel follows.
   */
  missed(follower: Follower, gap: Gap): void {
    if (!(follower instanceof Subscription)) return;
    if (follower.byServer) {
      const recovery: Recovery = {
        offset: gap.to,
        asked: true,
        recovered: false,
        publications: [],
        complete: false,
        gap,
      };
      this.#push(follower.name, `"subscribe":${subscribeResultJson(gap.epoch, recovery)}`);
      return;
    }
    this.unsubscribe(follower.feed.channel);
    this.#push(follower.name, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES.insufficientState)}`);
  }

  failed(_follower: Follower, error: unknown): void {
    this.#session.services.failed(error);
    // The client comes back with its position, and finds everything where it left it.
    this.#session.disconnect(DISCONNECTS.internal);
  }

  // As a listener of the user's own feed.

  published(_feed: Feed, records: readonly LogRecord[]): void {
    for (const record of records) {
      const change = membershipChange(record);
      if (change === undefined) continue;
      if (this.#early === undefined) this.#change(change);
      else this.#early.push(change);
    }
  }

  /** The answer was sent: now it may push. */
  #begin(subscription: Subscription): void {
    const { channel } = subscription.feed;
    if (this.#channels.get(channel) !== subscription) return;
    subscription.start();
    if (isAttended(channel)) this.#session.services.presence.enter(this.#session.id, channel);
  }

  #change({ type, channel }: MembershipChange): void {
    if (type === 'joined') {
      if (!this.#mine || this.#channels.has(channel)) return;
      this.#joining ??= new Set();
      this.#joining.add(channel);
      void this.#joined(channel);
      return;
    }
    this.#joining?.delete(channel);
    const found = this.#channels.get(channel);
    if (found === undefined) return;
    if (found.byServer) this.#takeBack(channel);
    // The chat learns of it in this turn; then it can say whether the channel may still be read, as a public room may.
    else setImmediate(() => this.#takeBackUnlessReadable(channel));
  }

  async #joined(channel: string): Promise<void> {
    try {
      const from = await this.startOf(channel);
      // Left again in the meantime, or taken up by another joining.
      if (this.#joining?.delete(channel) !== true || this.#channels.has(channel)) return;
      const options = {
        channel,
        name: channel,
        byServer: true,
        wanted: from === undefined ? ('now' as const) : { from },
      };
      const { json, sent } = await this.subscribe(options);
      if (this.#session.ended) return;
      this.#push(channel, `"subscribe":${json}`);
      sent();
    } catch (error) {
      if (this.#session.ended || error instanceof CommandError) return;
      this.#session.services.failed(error);
      this.#session.disconnect(DISCONNECTS.internal);
    }
  }

  #takeBack(channel: string): void {
    const found = this.#channels.get(channel);
    if (found === undefined) return;
    const name = found instanceof Subscription ? found.name : channel;
    this.unsubscribe(channel);
    this.#push(name, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES.left)}`);
  }

  #takeBackUnlessReadable(channel: string): void {
    if (this.#session.ended) return;
    const { chat } = this.#session.services;
    try {
      chat.authorizeRead(this.#session.user, channel);
    } catch {
      this.#takeBack(channel);
    }
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

/** What all ways in and out of a server share: the chat over its log, delivery, presence, and what is counted. */
import { randomBytes } from 'node:crypto';
import { CommandError } from '@fullduplex/wire';
import { pino } from 'pino';
import type { Broker } from './broker/broker.js';
import { Chat } from './chat/chat.js';
import type { ChatLimits } from './chat/chat-limits.js';
import type { ResolvedConfig } from './config.js';
import { EncodedRecords } from './delivery/encoded-records.js';
import { BARE_PUSHES, PUSHES } from './delivery/format.js';
import { Hub } from './delivery/hub.js';
import { UserWatches } from './delivery/user-watch.js';
import { Tokens } from './http/auth.js';
import { Metrics } from './http/metrics.js';
import { Origins } from './http/origins.js';
import { RateLimit } from './http/rate-limit.js';
import { type Log, LogError } from './log/log.js';
import { Retention } from './log/retention.js';
import { openBroker } from './open-broker.js';
import { openLog } from './open-log.js';
import { Presence } from './presence/presence.js';
import { encodePush } from './session/codec.js';
import { StorageContact } from './storage-contact.js';
import { type Clock, systemClock } from './time/clock.js';
import { TimerWheel } from './time/timer-wheel.js';
import { HeldRequests } from './transport/held.js';
import { broadcastAudiences } from './transport/websocket-outlet.js';

export interface SharedServices {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly broker: Broker;
  readonly contact: StorageContact;
  readonly chat: Chat;
  readonly hub: Hub;
  readonly watches: UserWatches;
  readonly encoded: EncodedRecords;
  readonly presence: Presence;
  readonly retention: Retention;
  readonly wheel: TimerWheel;
  /** Turns faster, for requests that say to the second how long they are held. */
  readonly pollWheel: TimerWheel;
  readonly held: HeldRequests;
  readonly tokens: Tokens;
  readonly origins: Origins;
  readonly metrics: Metrics;
  readonly commandLimit: RateLimit;
  /** A new id, unlike any other on any node. Letters and digits. */
  randomId(): string;
  /** Work that nobody waits for, and that the server is not to end before. */
  finish(work: Promise<void>): void;
  /** Resolves once all such work is done. */
  finished(): Promise<void>;
  /** Whether the server still takes work. */
  isOpen(): boolean;
  /** Told of what nobody expected. */
  failed(error: unknown): void;
}

/** What a server is to use instead of what it would open by its configuration. */
export interface Given {
  readonly log?: Log | undefined;
  readonly broker?: Broker | undefined;
}

/** In milliseconds. */
const DAY = 86_400_000;
const POLL_RESOLUTION = 50;

/**
 * @param given what to use instead of what is configured
 * @throws {ServerError} `data_unavailable`
 */
export async function openSharedServices(
  config: ResolvedConfig,
  given: Given,
  isOpen: () => boolean,
): Promise<SharedServices> {
  const clock = systemClock;
  const failed = failureLog(config);
  const node = randomId();
  const held = new HeldRequests();
  const metrics: Metrics = new Metrics({
    followed: () => hub.size,
    present: () => presence.size,
    held: () => held.size,
  });
  const kept = await openLog(
    config,
    given.log,
    { clock, node, random: Math.random },
    {
      failed,
      appended: (ms) => metrics.appendSeconds.observe(ms / 1000),
    },
  );
  const { log } = kept;
  let broker: Broker | undefined;
  let hub: Hub;
  let presence: Presence;
  let chat: Chat;
  try {
    broker = given.broker ?? (await openBroker(config, node, clock, failed));
    presence = openPresence();
    chat = await Chat.open({
      log,
      presence,
      clock,
      limits: chatLimits(config),
      failed,
      announce: (channel, push) => announce(channel, JSON.stringify({ push: { channel, ...push } })),
    });
    hub = new Hub({
      log,
      audience: broadcastAudiences(config.limits.outboxBytes, () => metrics.fellBehind.inc()),
      pageBytes: config.limits.pageBytes,
      outboxBytes: config.limits.outboxBytes,
      changed: (record) => chat.changed(record),
      skipped: () => chat.skipped(),
      published: (count) => metrics.publications.inc(count),
    });
    return together(broker);
  } catch (error) {
    await broker?.close();
    await log.close();
    throw error;
  }

  function randomId(): string {
    return randomBytes(12).toString('hex');
  }

  /** To those who read the channel live, on this node and on all others. */
  function announce(channel: string, push: string): void {
    announceHere(channel, push);
    broker?.publish('announce', { channel, push });
  }

  function announceHere(channel: string, push: string): void {
    for (const format of [PUSHES, BARE_PUSHES]) hub.announce(channel, format, push);
  }

  /** Presence whose changes are pushed to those who follow the channel, while they are not too many. */
  function openPresence(): Presence {
    const tell = (what: 'join' | 'leave', channel: string, client: string, user: string): void => {
      if (hub.peek(channel) === undefined || presence.stats(channel).clients > config.limits.presencePushes)
        return;
      const info = JSON.stringify({ info: { user, client } });
      announceHere(channel, encodePush(channel, `"${what}":${info}`));
    };
    return new Presence({
      broker: broker!,
      clock,
      // Everyone telling everyone is a square: in a crowd nobody is told, and clients ask instead.
      tellUpTo: config.limits.presencePushes,
      onGone: (user) => void sawLast(user).catch(failed),
      onJoin: (channel, { client, user }) => tell('join', channel, client, user),
      onLeave: (channel, { client, user }) => tell('leave', channel, client, user),
    });
  }

  /** A server that stops need not say so of all its users: they are back elsewhere, or soon. */
  async function sawLast(user: string): Promise<void> {
    if (isOpen()) await chat.sawLast(user, clock.now());
  }

  function together(broker: Broker): SharedServices {
    const { limits, timing } = config;
    const unfinished = new Set<Promise<void>>();
    broker.subscribe('announce', ({ channel, push }) => announceHere(channel, push));
    broker.subscribe('supersede', ({ session }) => held.supersede(session));
    held.tellOthers = (session) => broker.publish('supersede', { session });
    return {
      config,
      clock,
      log,
      broker,
      contact: new StorageContact(log, timing),
      chat,
      hub,
      watches: new UserWatches({
        hub,
        memberships: (user) => chat.memberships(user),
        clock,
        linger: timing.followLinger * 1000,
      }),
      encoded: new EncodedRecords(),
      presence,
      retention: retentionOf(),
      wheel: new TimerWheel(clock),
      pollWheel: new TimerWheel(clock, POLL_RESOLUTION),
      held,
      tokens: new Tokens({ guestSecret: kept.secret, appSecret: config.tokenSecret }),
      origins: new Origins(config),
      metrics,
      commandLimit: new RateLimit(limits.commandsPerSecond, limits.commandsPerSecond * 2),
      randomId,
      finish(work) {
        const done = work.catch(failed).finally(() => unfinished.delete(done));
        unfinished.add(done);
      },
      async finished() {
        await Promise.all(unfinished);
      },
      isOpen,
      failed,
    };
  }

  function retentionOf(): Retention {
    const { records, days } = config.retention;
    return new Retention({
      log,
      policy: { records, age: days === undefined ? undefined : days * DAY },
      clock,
      defer: setImmediate,
      node,
      minAge: config.retention.minAge * 1000,
      interval: config.timing.retentionSweep * 1000,
      removed: (channel, from, to) => chat.forget(channel, from, to),
      failed,
    });
  }
}

function failureLog({ logLevel }: ResolvedConfig): (error: unknown) => void {
  const logger = pino({ level: logLevel });
  return (error) => {
    // What a closing server cuts off is no failure.
    const closed = error instanceof LogError && error.code === 'closed';
    const stopping = error instanceof CommandError && error.code === 'shutting_down';
    if (!closed && !stopping) logger.error(error);
  };
}

function chatLimits({ limits, chat }: ResolvedConfig): ChatLimits {
  return {
    maxMessageBytes: limits.messageBytes,
    maxReactionBytes: chat.reactionBytes,
    maxUsers: chat.users,
    maxRoomsPerUser: chat.roomsPerUser,
    maxMembershipsPerUser: chat.membershipsPerUser,
    maxMembersPerRoom: chat.membersPerRoom,
    maxMembersTold: chat.membersTold,
    maxHistoryBytes: chat.historyBytes,
    maxPresentListed: chat.presentListed,
  };
}

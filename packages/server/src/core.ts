/** What all ways in and out of a server share: the chat over its log, delivery, presence, and what is counted. */
import { CommandError } from '@fullduplex/wire';
import { pino } from 'pino';
import { Chat } from './chat/chat.js';
import type { ChatLimits } from './chat/limits.js';
import type { ResolvedConfig } from './config.js';
import type { Data } from './data.js';
import { systemClock } from './delivery/clock.js';
import { PUSHES } from './delivery/format.js';
import { Hub } from './delivery/hub.js';
import { TimerWheel } from './delivery/timer-wheel.js';
import { Tokens } from './http/auth.js';
import { RateLimit } from './http/limits.js';
import { measureAppends } from './http/measured-log.js';
import { Metrics } from './http/metrics.js';
import { Origins } from './http/origins.js';
import { type ChannelLog, LogError } from './log/channel-log.js';
import { Retention } from './log/retention.js';
import { Presence } from './presence/presence.js';
import { encodePush } from './session/codec.js';
import { HeldRequests } from './transport/held.js';
import { broadcastAudiences } from './transport/websocket-outlet.js';

export interface Core {
  readonly config: ResolvedConfig;
  readonly log: ChannelLog;
  readonly chat: Chat;
  readonly hub: Hub;
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
  /** Whether the server still takes work. */
  isOpen(): boolean;
  /** Told of what nobody expected. */
  failed(error: unknown): void;
}

/** In milliseconds. */
const DAY = 86_400_000;
const POLL_RESOLUTION = 50;

export async function makeCore(config: ResolvedConfig, data: Data, isOpen: () => boolean): Promise<Core> {
  const { limits, timing } = config;
  const { log } = data;
  const failed = failureLog(config);
  const held = new HeldRequests();
  const metrics = new Metrics({
    followed: () => hub.size,
    present: () => presence.size,
    held: () => held.size,
  });
  const hub: Hub = new Hub({
    log,
    audience: broadcastAudiences(limits.outboxBytes, () => metrics.fellBehind.inc()),
    pageBytes: limits.pageBytes,
    outboxBytes: limits.outboxBytes,
    linger: timing.followLinger * 1000,
    published: (count) => metrics.publications.inc(count),
  });
  const presence: Presence = presenceTold(hub, limits.presencePushes);
  const chat = await Chat.open({
    log: measureAppends(log, (seconds) => metrics.appendSeconds.observe(seconds)),
    presence,
    limits: chatLimits(config),
    announce: (channel, push) =>
      hub.announce(channel, PUSHES, JSON.stringify({ push: { channel, ...push } })),
  });
  const { records, days } = config.retention;
  return {
    config,
    log,
    chat,
    hub,
    presence,
    retention: new Retention({
      log,
      policy: { records, age: days === undefined ? undefined : days * DAY },
      clock: systemClock,
      interval: timing.retentionSweep * 1000,
      removed: (channel, from, to) => chat.forget(channel, from, to),
      failed,
    }),
    wheel: new TimerWheel(systemClock),
    pollWheel: new TimerWheel(systemClock, POLL_RESOLUTION),
    held,
    tokens: new Tokens({ guestSecret: data.secret, appSecret: config.tokenSecret }),
    origins: new Origins(config),
    metrics,
    commandLimit: new RateLimit(limits.commandsPerSecond, limits.commandsPerSecond * 2),
    isOpen,
    failed,
  };
}

/** Presence whose changes are pushed to those who follow the channel, while they are not too many. */
function presenceTold(hub: Hub, most: number): Presence {
  const tell = (what: 'join' | 'leave', channel: string, client: string, user: string): void => {
    // Everyone telling everyone is a square: in a crowd nobody is told, and clients ask instead.
    const readers = hub.peek(channel)?.audienceSize(PUSHES) ?? 0;
    if (readers === 0 || readers > most) return;
    const info = JSON.stringify({ info: { user, client } });
    hub.announce(channel, PUSHES, encodePush(channel, `"${what}":${info}`));
  };
  return new Presence({
    onJoin: (channel, { client, user }) => tell('join', channel, client, user),
    onLeave: (channel, { client, user }) => tell('leave', channel, client, user),
  });
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
    maxHistoryBytes: chat.historyBytes,
    maxMembersListed: chat.membersListed,
    maxPresentListed: chat.presentListed,
  };
}

/** The parts of a running server, made in order and taken down in the other. */
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { WebSocketServer } from '@fullduplex/websocket';
import { CommandError } from '@fullduplex/wire';
import { getRequestListener } from '@hono/node-server';
import { type Logger, pino } from 'pino';
import { Chat } from './chat/chat.js';
import type { ChatLimits } from './chat/limits.js';
import { isLoopback, type ResolvedConfig, ServerError } from './config.js';
import { systemClock } from './delivery/clock.js';
import { PUSHES } from './delivery/format.js';
import { Hub } from './delivery/hub.js';
import { TimerWheel } from './delivery/timer-wheel.js';
import { createApp } from './http/app.js';
import { guestSecret, Tokens } from './http/auth.js';
import { RateLimit } from './http/limits.js';
import { measureAppends } from './http/measured-log.js';
import { type ConnectionKind, Metrics } from './http/metrics.js';
import { Origins } from './http/origins.js';
import { Page } from './http/page.js';
import { type ChannelLog, LogError } from './log/channel-log.js';
import { MemoryLog } from './log/memory-log.js';
import { Retention } from './log/retention.js';
import { SqliteLog } from './log/sqlite-log.js';
import { Presence } from './presence/presence.js';
import { encodePush } from './session/codec.js';
import type { Services } from './session/services.js';
import { Capacity } from './transport/capacity.js';
import { HeldRequests } from './transport/held.js';
import { PlainDirect } from './transport/plain-direct.js';
import { PlainGroup } from './transport/plain-group.js';
import type { SyncServices } from './transport/sync.js';
import type { UpgradeServices } from './transport/upgrade.js';
import { serveSession } from './transport/websocket.js';
import { broadcastAudiences } from './transport/websocket-outlet.js';

export interface Parts {
  readonly log: ChannelLog;
  readonly retention: Retention;
  readonly hub: Hub;
  readonly presence: Presence;
  readonly engine: WebSocketServer;
  readonly held: HeldRequests;
  readonly wheel: TimerWheel;
  readonly app: ReturnType<typeof getRequestListener>;
  readonly sync: SyncServices;
  readonly upgrade: Omit<UpgradeServices, 'request'>;
}

/** In milliseconds. */
const DAY = 86_400_000;

/** @throws {ServerError} `data_unavailable` */
export async function openParts(
  config: ResolvedConfig,
  given: ChannelLog | undefined,
  isOpen: () => boolean,
): Promise<Parts> {
  const logger = pino({ level: config.logLevel });
  const { log, secret } = await openData(config, given);
  try {
    return await assemble(config, isOpen, logger, log, secret);
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Says goodbye to everyone, then closes the log behind them. */
export async function closeParts(parts: Parts, patience: number): Promise<void> {
  parts.held.releaseAll();
  for (const socket of parts.engine.clients ?? []) socket.close(1001, 'shutdown');
  await gone(parts.engine, patience);
  parts.wheel.stop();
  parts.hub.close();
  parts.presence.close();
  await parts.retention.stop();
  await parts.log.close();
}

async function assemble(
  config: ResolvedConfig,
  isOpen: () => boolean,
  logger: Logger,
  log: ChannelLog,
  secret: Uint8Array | undefined,
): Promise<Parts> {
  const { limits, timing } = config;
  const failed = (error: unknown): void => {
    // What a closing server cuts off is no failure.
    const closed = error instanceof LogError && error.code === 'closed';
    const stopping = error instanceof CommandError && error.code === 'shutting_down';
    if (!closed && !stopping) logger.error(error);
  };
  const tokens = new Tokens({ guestSecret: secret, appSecret: config.tokenSecret });
  const presence: Presence = new Presence({
    onJoin: (channel, { client, user }) => tellPresence('join', channel, client, user),
    onLeave: (channel, { client, user }) => tellPresence('leave', channel, client, user),
  });
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
  const tellPresence = (what: 'join' | 'leave', channel: string, client: string, user: string): void => {
    // Everyone telling everyone is a square: in a crowd nobody is told, and clients ask instead.
    const readers = hub.peek(channel)?.audienceSize(PUSHES) ?? 0;
    if (readers === 0 || readers > limits.presencePushes) return;
    hub.announce(
      channel,
      PUSHES,
      encodePush(channel, `"${what}":${JSON.stringify({ info: { user, client } })}`),
    );
  };
  const chat = await Chat.open({
    log: measureAppends(log, (seconds) => metrics.appendSeconds.observe(seconds)),
    presence,
    limits: chatLimits(config),
    announce: (channel, push) =>
      hub.announce(channel, PUSHES, JSON.stringify({ push: { channel, ...push } })),
  });
  const { records, days } = config.retention;
  const retention = new Retention({
    log,
    policy: { records, age: days === undefined ? undefined : days * DAY },
    clock: systemClock,
    interval: timing.retentionSweep * 1000,
    removed: (channel, from, to) => chat.forget(channel, from, to),
    failed,
  });
  const wheel = new TimerWheel(systemClock);
  const origins = new Origins(config);
  const engine = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    closeTimeout: timing.closeTimeout * 1000,
  });
  const capacity = new Capacity(
    limits.connections,
    limits.connectionsPerAddress,
    () => engine.clients?.size ?? 0,
    () => held.size,
  );
  const authenticate: Services['authenticate'] = (token) => tokens.verify(token);
  const commandLimit = new RateLimit(limits.commandsPerSecond, limits.commandsPerSecond * 2);
  const services: Services = {
    chat,
    hub,
    presence,
    clock: systemClock,
    wheel,
    limits,
    timing,
    version: version(),
    authenticate,
    failed,
  };
  const plain = {
    chat,
    hub,
    presence,
    wheel,
    clock: systemClock,
    messageBytes: limits.messageBytes,
    intake: { pending: limits.pendingCommands, perSecond: limits.commandsPerSecond },
    renewal: timing.plainRenewal * 1000,
    failed,
  };
  const counted = (
    transport: ConnectionKind,
    socket: { on(event: 'close', listener: () => void): unknown },
  ) => {
    metrics.connections.inc({ transport });
    socket.on('close', () => metrics.connections.dec({ transport }));
  };
  const app = createApp({
    chat,
    presence,
    tokens,
    origins,
    metrics,
    page: await Page.load(config.pageDir),
    guests: config.guests,
    apiKey: config.apiKey,
    bodyBytes: limits.bodyBytes,
    commandLimit,
    guestLimit: new RateLimit(limits.guestsPerMinute / 60, limits.guestsPerMinute),
    isOpen,
    addressOf: (request) => addressOf(request, config.trustProxy),
    failed,
  });
  retention.start();
  return {
    log,
    retention,
    hub,
    presence,
    engine,
    held,
    wheel,
    app: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    sync: {
      chat,
      hub,
      presence,
      origins,
      held,
      wheel,
      bounds: { bytes: limits.answerBytes, publications: limits.answerPublications },
      streamBounds: { bytes: limits.pageBytes, publications: limits.answerPublications },
      timing,
      isOpen,
      hasRoom: () => capacity.hasRoom(),
      countRequest: (user) => commandLimit.take(user),
      authenticate,
      failed,
    },
    upgrade: {
      engine,
      origins,
      capacity,
      guests: config.guests,
      isOpen,
      addressOf: (request) => addressOf(request, config.trustProxy),
      doors: {
        session(socket) {
          counted('websocket', socket);
          serveSession(socket, services);
        },
        plainGroup(socket) {
          counted('plain', socket);
          new PlainGroup(socket, plain);
        },
        plainDirect(socket, name) {
          counted('plain', socket);
          new PlainDirect(socket, name, plain);
        },
      },
    },
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

async function openData(
  config: ResolvedConfig,
  given: ChannelLog | undefined,
): Promise<{ readonly log: ChannelLog; readonly secret: Uint8Array | undefined }> {
  const { dataDir, durability, guests } = config;
  try {
    const secret = guests ? await guestSecret(dataDir) : undefined;
    if (given !== undefined) return { log: given, secret };
    const { recordBytes, pendingBytes } = config.log;
    const bounds = { maxRecordBytes: recordBytes, maxPendingBytes: pendingBytes };
    if (dataDir === undefined || durability === 'memory') {
      return { log: new MemoryLog({ ...bounds, maxBytes: config.log.memoryBytes }), secret };
    }
    await mkdir(dataDir, { recursive: true });
    const log = await SqliteLog.open({
      ...bounds,
      file: join(dataDir, 'log.db'),
      durability,
      maxBatchBytes: config.log.batchBytes,
      tailBytes: config.log.tailBytes,
      maxChannelsKept: config.log.channelsKept,
      ...(config.log.fileBytes === undefined ? {} : { maxFileBytes: config.log.fileBytes }),
    });
    return { log, secret };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError('data_unavailable', `Cannot use the data folder ${dataDir}: ${reason}`, {
      cause: error,
    });
  }
}

/** Resolves when every connection is closed; those that take too long are cut. */
async function gone(engine: WebSocketServer, patience: number): Promise<void> {
  const left = (): number => engine.clients?.size ?? 0;
  const end = Date.now() + patience;
  while (left() > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const socket of engine.clients ?? []) socket.terminate();
}

/** The caller's address for limits by address; none for loopback, where all callers look alike. */
function addressOf(
  request: { headers: NodeJS.Dict<string | string[]>; socket: { remoteAddress?: string | undefined } },
  trustProxy: boolean,
): string | undefined {
  const forwarded = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim();
  const address = last || request.socket.remoteAddress;
  return address === undefined || isLoopback(address) ? undefined : address;
}

function version(): string {
  const read = createRequire(import.meta.url);
  return (read('../package.json') as { version: string }).version;
}

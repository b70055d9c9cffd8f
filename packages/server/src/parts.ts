/** The parts of a running server: its core, and the doors to it. Made in order, and taken down in the other. */
import { createRequire } from 'node:module';
import { WebSocketServer } from '@fullduplex/websocket';
import { LOBBY } from '@fullduplex/wire';
import { getRequestListener } from '@hono/node-server';
import type { ResolvedConfig } from './config.js';
import { type Core, makeCore } from './core.js';
import { openData } from './data.js';
import { systemClock } from './delivery/clock.js';
import type { Feed } from './delivery/feed.js';
import { addressOf } from './http/address.js';
import { type AppServices, createApp } from './http/app.js';
import { RateLimit } from './http/limits.js';
import type { ConnectionKind } from './http/metrics.js';
import { Page } from './http/page.js';
import type { ChannelLog } from './log/channel-log.js';
import type { Services } from './session/services.js';
import { Capacity } from './transport/capacity.js';
import { PlainDirect, type PlainDirectServices } from './transport/plain-direct.js';
import { PlainGroup, type PlainGroupServices } from './transport/plain-group.js';
import type { SyncServices } from './transport/sync.js';
import type { Doors, UpgradeServices } from './transport/upgrade.js';
import { serveSession } from './transport/websocket.js';

export interface Parts {
  readonly core: Core;
  readonly engine: WebSocketServer;
  readonly app: ReturnType<typeof getRequestListener>;
  readonly sync: SyncServices;
  readonly upgrade: Omit<UpgradeServices, 'request'>;
}

/**
 * @param given the log to use instead of the data folder's
 * @throws {ServerError} `data_unavailable`
 */
export async function openParts(
  config: ResolvedConfig,
  given: ChannelLog | undefined,
  isOpen: () => boolean,
): Promise<Parts> {
  const data = await openData(config, given);
  try {
    const core = await makeCore(config, data, isOpen);
    const parts = await makeDoors(core);
    core.retention.start();
    return parts;
  } catch (error) {
    await data.log.close();
    throw error;
  }
}

/** Says goodbye to everyone, then closes the log behind them. */
export async function closeParts({ core, engine }: Parts, patience: number): Promise<void> {
  core.held.releaseAll();
  for (const socket of engine.clients ?? []) socket.close(1001, 'shutdown');
  await gone(engine, patience);
  core.wheel.stop();
  core.pollWheel.stop();
  core.hub.close();
  core.presence.close();
  await core.retention.stop();
  await core.log.close();
}

async function makeDoors(core: Core): Promise<Parts> {
  const { config, held, origins } = core;
  const { limits, timing } = config;
  const engine = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    // Windows cost many times the memory of an idle session, and messages of a chat are short.
    perMessageDeflate: false,
    closeTimeout: timing.closeTimeout * 1000,
  });
  const capacity = new Capacity(
    limits.connections,
    limits.connectionsPerAddress,
    () => engine.clients?.size ?? 0,
    () => held.size,
  );
  const app = createApp(appServices(core, await Page.load(config.pageDir)));
  const lobby = await core.hub.open(LOBBY);
  return {
    core,
    engine,
    app: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    sync: syncServices(core, capacity),
    upgrade: {
      engine,
      origins,
      capacity,
      guests: config.guests,
      doors: doors(core, lobby),
      isOpen: () => core.isOpen(),
      addressOf: (request) => addressOf(request, config.trustProxy),
    },
  };
}

function appServices(core: Core, page: Page): AppServices {
  const { config } = core;
  const { limits } = config;
  return {
    chat: core.chat,
    presence: core.presence,
    tokens: core.tokens,
    origins: core.origins,
    metrics: core.metrics,
    page,
    guests: config.guests,
    apiKey: config.apiKey,
    bodyBytes: limits.bodyBytes,
    commandLimit: core.commandLimit,
    guestLimit: new RateLimit(limits.guestsPerMinute / 60, limits.guestsPerMinute),
    isOpen: () => core.isOpen(),
    addressOf: (request) => addressOf(request, config.trustProxy),
    failed: (error) => core.failed(error),
  };
}

function syncServices(core: Core, capacity: Capacity): SyncServices {
  const { limits, timing } = core.config;
  return {
    chat: core.chat,
    hub: core.hub,
    presence: core.presence,
    origins: core.origins,
    held: core.held,
    wheel: core.wheel,
    pollWheel: core.pollWheel,
    bounds: { bytes: limits.answerBytes, publications: limits.answerPublications },
    streamBounds: { bytes: limits.pageBytes, publications: limits.answerPublications },
    timing,
    isOpen: () => core.isOpen(),
    hasRoom: () => capacity.hasRoom(),
    countRequest: (user) => core.commandLimit.take(user),
    authenticate: (token) => core.tokens.verify(token),
    failed: (error) => core.failed(error),
  };
}

function sessionServices(core: Core): Services {
  const { limits, timing } = core.config;
  return {
    chat: core.chat,
    hub: core.hub,
    presence: core.presence,
    clock: systemClock,
    wheel: core.wheel,
    limits,
    timing,
    version: version(),
    authenticate: (token) => core.tokens.verify(token),
    failed: (error) => core.failed(error),
  };
}

function plainServices(core: Core, lobby: Feed): PlainDirectServices & PlainGroupServices {
  const { limits, timing } = core.config;
  return {
    chat: core.chat,
    hub: core.hub,
    lobby,
    presence: core.presence,
    clock: systemClock,
    wheel: core.wheel,
    messageBytes: limits.messageBytes,
    intake: { pending: limits.pendingCommands, perSecond: limits.commandsPerSecond },
    renewal: timing.plainRenewal * 1000,
    failed: (error) => core.failed(error),
  };
}

/** What becomes of a WebSocket, by the address that it came to. */
function doors(core: Core, lobby: Feed): Doors {
  const session = sessionServices(core);
  const plain = plainServices(core, lobby);
  const { connections } = core.metrics;
  const count = (
    transport: ConnectionKind,
    socket: { on(event: 'close', listener: () => void): unknown },
  ): void => {
    connections.inc({ transport });
    socket.on('close', () => connections.dec({ transport }));
  };
  return {
    session(socket) {
      count('websocket', socket);
      serveSession(socket, session);
    },
    plainGroup(socket) {
      count('plain', socket);
      new PlainGroup(socket, plain);
    },
    plainDirect(socket, name) {
      count('plain', socket);
      new PlainDirect(socket, name, plain);
    },
  };
}

/** Resolves when every connection is closed; those that take too long are cut. */
async function gone(engine: WebSocketServer, patience: number): Promise<void> {
  const left = (): number => engine.clients?.size ?? 0;
  const end = Date.now() + patience;
  while (left() > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const socket of engine.clients ?? []) socket.terminate();
}

function version(): string {
  const read = createRequire(import.meta.url);
  return (read('../package.json') as { version: string }).version;
}

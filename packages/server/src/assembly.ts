/** Puts a running server together: what all share, and the ways in. Made in order, and taken down in the other. */
import { createRequire } from 'node:module';
import { WebSocketServer } from '@fullduplex/websocket';
import { LOBBY } from '@fullduplex/wire';
import { getRequestListener } from '@hono/node-server';
import type { ResolvedConfig } from './config.js';
import type { Feed } from './delivery/feed.js';
import { addressOf } from './http/address.js';
import { type AppServices, createApp } from './http/app.js';
import type { ConnectionKind } from './http/metrics.js';
import { Page } from './http/page.js';
import { RateLimit } from './http/rate-limit.js';
import type { Services } from './session/services.js';
import { type Given, openSharedServices, type SharedServices } from './shared-services.js';
import type { Clock } from './time/clock.js';
import type { SyncServices } from './transport/caller.js';
import { Capacity } from './transport/capacity.js';
import { PlainDirect, type PlainDirectServices } from './transport/plain-direct.js';
import { PlainGroup, type PlainGroupServices } from './transport/plain-group.js';
import type { Doors, UpgradeServices } from './transport/upgrade.js';
import { serveSession } from './transport/websocket.js';

export interface Assembly {
  readonly shared: SharedServices;
  readonly engine: WebSocketServer;
  readonly app: ReturnType<typeof getRequestListener>;
  readonly sync: SyncServices;
  readonly upgrade: Omit<UpgradeServices, 'request'>;
}

/**
 * @param given what to use instead of what is configured
 * @throws {ServerError} `data_unavailable`
 */
export async function assemble(
  config: ResolvedConfig,
  given: Given,
  isOpen: () => boolean,
): Promise<Assembly> {
  const shared = await openSharedServices(config, given, isOpen);
  try {
    const assembly = await makeDoors(shared);
    shared.retention.start();
    letGoWhenLost(assembly);
    return assembly;
  } catch (error) {
    await shared.broker.close();
    await shared.log.close();
    throw error;
  }
}

/** Says goodbye to everyone, then closes the log behind them. */
export async function disassemble({ shared, engine }: Assembly, patience: number): Promise<void> {
  shared.held.releaseAll();
  for (const socket of engine.clients ?? []) socket.close(GOODBYE.code, GOODBYE.reason);
  await gone(engine, patience, shared.clock);
  await shared.finished();
  shared.wheel.stop();
  shared.pollWheel.stop();
  shared.watches.close();
  shared.hub.close();
  shared.presence.close();
  await shared.retention.stop();
  await shared.broker.close();
  await shared.log.close();
}

/** No page closes with this code by itself, so that its echo proves that all before it was read. */
const GOODBYE = { code: 1012, reason: 'shutdown' };
const LOST = { code: 1013, reason: 'storage out of reach' };

/** Milliseconds between two looks at the storage. */
const LOOK = 1000;

/** Ends sessions and held requests once the log has been silent for long. */
function letGoWhenLost({ shared, engine }: Assembly): void {
  const look = (): void => {
    if (!shared.isOpen()) return;
    if (shared.contact.isLost) {
      shared.held.releaseAll();
      for (const socket of engine.clients ?? []) socket.close(LOST.code, LOST.reason);
    }
    shared.clock.after(LOOK, look);
  };
  shared.clock.after(LOOK, look);
}

async function makeDoors(shared: SharedServices): Promise<Assembly> {
  const { config, held, origins } = shared;
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
  const app = createApp(appServices(shared, await Page.load(config.pageDir)));
  const lobby = await shared.hub.open(LOBBY);
  return {
    shared,
    engine,
    app: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    sync: syncServices(shared, capacity),
    upgrade: {
      engine,
      origins,
      capacity,
      guests: config.guests,
      doors: doors(shared, lobby),
      isOpen: () => shared.isOpen(),
      addressOf: (request) => addressOf(request, config.trustProxy),
    },
  };
}

function appServices(shared: SharedServices, page: Page): AppServices {
  const { config } = shared;
  const { limits } = config;
  return {
    chat: shared.chat,
    presence: shared.presence,
    tokens: shared.tokens,
    origins: shared.origins,
    metrics: shared.metrics,
    page,
    guests: config.guests,
    apiKey: config.apiKey,
    bodyBytes: limits.bodyBytes,
    commandLimit: shared.commandLimit,
    guestLimit: new RateLimit(limits.guestsPerMinute / 60, limits.guestsPerMinute),
    isOpen: () => shared.isOpen(),
    addressOf: (request) => addressOf(request, config.trustProxy),
    requireContact: () => shared.contact.require(),
    failed: (error) => shared.failed(error),
  };
}

function syncServices(shared: SharedServices, capacity: Capacity): SyncServices {
  const { limits, timing } = shared.config;
  return {
    chat: shared.chat,
    hub: shared.hub,
    watches: shared.watches,
    encoded: shared.encoded,
    presence: shared.presence,
    origins: shared.origins,
    held: shared.held,
    wheel: shared.wheel,
    pollWheel: shared.pollWheel,
    bounds: { bytes: limits.answerBytes, publications: limits.answerPublications },
    streamBounds: { bytes: limits.pageBytes, publications: limits.answerPublications },
    timing,
    subscriptions: limits.subscriptions,
    isOpen: () => shared.isOpen(),
    hasRoom: () => capacity.hasRoom(),
    countRequest: (user) => shared.commandLimit.take(user),
    authenticate: (token) => shared.tokens.verify(token),
    requireContact: () => shared.contact.require(),
    failed: (error) => shared.failed(error),
  };
}

function sessionServices(shared: SharedServices): Services {
  const { limits, timing } = shared.config;
  return {
    chat: shared.chat,
    hub: shared.hub,
    presence: shared.presence,
    clock: shared.clock,
    wheel: shared.wheel,
    limits,
    timing,
    version: version(),
    authenticate: (token) => shared.tokens.verify(token),
    randomId: () => shared.randomId(),
    requireContact: () => shared.contact.require(),
    failed: (error) => shared.failed(error),
  };
}

function plainServices(shared: SharedServices, lobby: Feed): PlainDirectServices & PlainGroupServices {
  const { limits, timing } = shared.config;
  return {
    chat: shared.chat,
    hub: shared.hub,
    lobby,
    presence: shared.presence,
    clock: shared.clock,
    wheel: shared.wheel,
    messageBytes: limits.messageBytes,
    intake: { pending: limits.pendingCommands, perSecond: limits.commandsPerSecond },
    renewal: timing.plainRenewal * 1000,
    finish: (work) => shared.finish(work),
    randomId: () => shared.randomId(),
    requireContact: () => shared.contact.require(),
    failed: (error) => shared.failed(error),
  };
}

/** What becomes of a WebSocket, by the address that it came to. */
function doors(shared: SharedServices, lobby: Feed): Doors {
  const session = sessionServices(shared);
  const plain = plainServices(shared, lobby);
  const { connections } = shared.metrics;
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
async function gone(engine: WebSocketServer, patience: number, clock: Clock): Promise<void> {
  const left = (): number => engine.clients?.size ?? 0;
  const end = clock.monotonic() + patience;
  while (left() > 0 && clock.monotonic() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const socket of engine.clients ?? []) socket.terminate();
}

function version(): string {
  const read = createRequire(import.meta.url);
  return (read('../package.json') as { version: string }).version;
}

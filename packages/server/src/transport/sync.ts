/**
 * `GET /api/sync`: polling, long polling and server-sent events as three ways of one reader. Nothing is kept for the
 * caller between requests; an answer that was lost on the way is asked for again with the old cursor.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CommandError } from '@fullduplex/wire';
import type { Chat } from '../chat/chat.js';
import { decodeCursor } from '../delivery/cursor.js';
import { type Bounds, CursorReader, type Scope } from '../delivery/cursor-reader.js';
import type { Hub } from '../delivery/hub.js';
import type { TimerWheel } from '../delivery/timer-wheel.js';
import { bearerToken } from '../http/auth.js';
import { corsHeaders, type Origins, preflightHeaders } from '../http/origins.js';
import type { Presence } from '../presence/presence.js';
import type { Identity } from '../session/services.js';
import type { HeldRequests } from './held.js';
import { holdPoll } from './long-polling.js';
import { answerPoll } from './polling.js';
import { streamEvents } from './server-sent-events.js';
import { parseSyncRequest, type SyncRequest } from './sync-request.js';

export interface SyncServices {
  readonly chat: Chat;
  readonly hub: Hub;
  readonly presence: Presence;
  readonly origins: Origins;
  readonly held: HeldRequests;
  readonly wheel: TimerWheel;
  readonly bounds: Bounds;
  /** In seconds. */
  readonly timing: {
    readonly maxWait: number;
    readonly heartbeat: number;
    readonly retry: number;
    readonly pollingLease: number;
  };
  isOpen(): boolean;
  /** Whether one more request may be held. */
  hasRoom(): boolean;
  /** @throws {CommandError} `too_many_requests` */
  countRequest(user: string): void;
  /** @throws {CommandError} `unauthorized`, `token_expired` */
  authenticate(token: string | undefined): Promise<Identity>;
  failed(error: unknown): void;
}

/** One caller: their request, what they may read, and the reader that does. */
export interface Caller {
  readonly response: ServerResponse;
  readonly reader: CursorReader;
  readonly scope: Scope;
  readonly user: string;
  /** Stands for the tab or process, among the requests that are held. */
  readonly session: string;
  /** Whether the caller chose the session itself. */
  readonly named: boolean;
  /** Asked without a cursor. */
  readonly snapshot: boolean;
  readonly services: SyncServices;
}

/** Never rejects; what goes wrong is answered. */
export async function sync(
  request: IncomingMessage,
  response: ServerResponse,
  services: SyncServices,
): Promise<void> {
  try {
    if (!admit(request, response, services)) return;
    const asked = parseSyncRequest(request, bearerToken(request.headers.authorization));
    const caller = await meet(asked, response, services);
    if (response.destroyed) return;
    if (asked.stream) streamEvents(caller);
    else if (asked.wait === 0 || caller.snapshot) await answerPoll(caller);
    else await holdPoll(caller, Math.min(asked.wait, services.timing.maxWait));
  } catch (error) {
    answerError(response, error, services);
  }
}

/** Origin and method; false when the answer was given. */
function admit(request: IncomingMessage, response: ServerResponse, services: SyncServices): boolean {
  const { origin, host } = request.headers;
  services.origins.check(origin, host);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const preflight = request.method === 'OPTIONS';
  if (origin !== undefined) {
    const headers = preflight ? preflightHeaders(origin) : corsHeaders(origin);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }
  if (preflight) {
    response.writeHead(204).end();
    return false;
  }
  if (request.method !== 'GET') {
    const { error } = new CommandError('bad_request', 'Only GET is allowed here.').toHttp();
    response.writeHead(405, { Allow: 'GET, OPTIONS', 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error }));
    return false;
  }
  if (!services.isOpen()) throw new CommandError('shutting_down', 'The server is stopping.');
  return true;
}

async function meet(asked: SyncRequest, response: ServerResponse, services: SyncServices): Promise<Caller> {
  const { chat, hub } = services;
  const identity = await services.authenticate(asked.token);
  const user = await chat.signIn(identity.user);
  services.countRequest(user);
  const scope: Scope = {
    user,
    channels: () => (asked.mine ? chat.channelsOf(user) : []),
    mayRead: (channel) => mayRead(chat, user, channel),
  };
  const channels = asked.channels.map((channel) => chat.authorizeRead(user, channel));
  const snapshot = asked.cursor === undefined;
  const reader =
    asked.cursor === undefined
      ? await CursorReader.fromNow(hub, scope, channels)
      : new CursorReader(hub, scope, decodeCursor(asked.cursor), channels);
  const named = asked.session !== undefined;
  const session = `${user} ${asked.session ?? asked.token}`;
  return { response, reader, scope, user, session, named, snapshot, services };
}

function mayRead(chat: Chat, user: string, channel: string): boolean {
  try {
    return chat.authorizeRead(user, channel) === channel;
  } catch {
    return false;
  }
}

/** Proves that the caller is here, in what they read, for so many seconds. */
export function renewLease(
  caller: Caller,
  transport: 'polling' | 'long-polling' | 'sse',
  seconds: number,
): void {
  const attended = [...caller.reader.positions.keys()].filter(
    (channel) => channel.startsWith('room:') || channel.startsWith('direct:'),
  );
  const lease = { client: caller.session, user: caller.user, transport };
  caller.services.presence.renew(lease, attended, seconds * 1000);
}

export function answerError(response: ServerResponse, error: unknown, services: SyncServices): void {
  const known = error instanceof CommandError;
  if (!known) services.failed(error);
  if (response.headersSent) {
    response.end();
    return;
  }
  const told = known ? error : new CommandError('internal', 'Something went wrong here; try again.');
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (told.code === 'too_many_requests') headers['Retry-After'] = '1';
  response.writeHead(told.status, headers).end(JSON.stringify(told.toHttp()));
}

/**
 * `GET /api/sync`: polling, long polling and server-sent events as three ways of one reader. Nothing is kept for the
 * caller between requests; an answer that was lost on the way is asked for again with the old cursor.
 */
import { createHash } from 'node:crypto';
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
import type { AnswerHeaders, Exchange, ExchangeRequest } from './exchange.js';
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
  /** Asked without a cursor. */
  readonly snapshot: boolean;
  readonly #mine: boolean;
  reader!: CursorReader;

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
    this.snapshot = asked.cursor === undefined;
    this.#mine = asked.mine;
  }

  channels(): readonly string[] {
    return this.#mine ? this.services.chat.channelsOf(this.user) : [];
  }

  mayRead(channel: string): boolean {
    try {
      return this.services.chat.authorizeRead(this.user, channel) === channel;
    } catch {
      return false;
    }
  }

  /** Proves that the caller is here, in what they read, for so many seconds. */
  renewLease(transport: 'polling' | 'long-polling' | 'sse', seconds: number): void {
    const attended = [...this.reader.positions.keys()].filter(
      (channel) => channel.startsWith('room:') || channel.startsWith('direct:'),
    );
    const lease = { client: this.session, user: this.user, transport };
    this.services.presence.renew(lease, attended, seconds * 1000);
  }
}

/** Others see it, so neither the token nor what the client chose can be read from it. */
function sessionId(user: string, session: string | undefined, token: string | undefined): string {
  const named = session === undefined ? `token ${token}` : `session ${user} ${session}`;
  return createHash('sha256').update(named).digest('base64url').slice(0, 16);
}

const JSON_TYPE = 'application/json';
const COMMON: AnswerHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
const COMMON_JSON: AnswerHeaders = { ...COMMON, 'Content-Type': JSON_TYPE };

/** Never rejects; what goes wrong is answered. */
export async function sync(
  request: ExchangeRequest,
  exchange: Exchange,
  services: SyncServices,
): Promise<void> {
  const { origin } = request.headers;
  let headers = COMMON_JSON;
  try {
    services.origins.check(origin, request.headers.host);
    if (origin !== undefined) headers = { ...headers, ...corsHeaders(origin) };
    if (request.method !== 'GET') {
      answerMethod(request, exchange, headers);
      return;
    }
    if (!services.isOpen()) throw new CommandError('shutting_down', 'The server is stopping.');
    const asked = parseSyncRequest(request, bearerToken(request.headers.authorization));
    const caller = await meet(asked, exchange, headers, services);
    if (exchange.gone) return;
    if (asked.stream) {
      streamEvents(caller);
      return;
    }
    services.held.supersede(caller.session);
    if (asked.wait === 0 || caller.snapshot) await answerPoll(caller);
    else await holdPoll(caller, Math.min(asked.wait, services.timing.maxWait));
  } catch (error) {
    answerError(exchange, headers, error, services);
  }
}

function answerMethod(request: ExchangeRequest, exchange: Exchange, headers: AnswerHeaders): void {
  const { origin } = request.headers;
  if (request.method === 'OPTIONS') {
    exchange.answer(204, { ...COMMON, ...(origin === undefined ? {} : preflightHeaders(origin)) }, '');
    return;
  }
  const { error } = new CommandError('bad_request', 'Only GET is allowed here.').toHttp();
  exchange.answer(405, { ...headers, Allow: 'GET, OPTIONS' }, JSON.stringify({ error }));
}

async function meet(
  asked: SyncRequest,
  exchange: Exchange,
  headers: AnswerHeaders,
  services: SyncServices,
): Promise<Caller> {
  const { chat, hub } = services;
  const identity = await services.authenticate(asked.token);
  const user = await chat.signIn(identity.user);
  services.countRequest(user);
  const caller = new Caller(exchange, services, headers, user, asked);
  const channels = asked.channels.map((channel) => chat.authorizeRead(user, channel));
  caller.reader =
    asked.cursor === undefined
      ? await CursorReader.fromNow(hub, caller, channels)
      : new CursorReader(hub, caller, decodeCursor(asked.cursor), channels);
  return caller;
}

export function answerError(
  exchange: Exchange,
  headers: AnswerHeaders,
  error: unknown,
  services: SyncServices,
): void {
  const known = error instanceof CommandError;
  if (!known) services.failed(error);
  if (exchange.begun) {
    exchange.finish();
    return;
  }
  const told = known ? error : new CommandError('internal', 'Something went wrong here; try again.');
  const retry = told.code === 'too_many_requests' ? { 'Retry-After': '1' } : {};
  exchange.answer(told.status, { ...headers, ...retry }, JSON.stringify(told.toHttp()));
}

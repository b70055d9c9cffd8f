/**
 * `GET /api/sync`: polling, long polling and server-sent events as three ways of one reader. Nothing is kept for the
 * caller between requests; an answer that was lost on the way is asked for again with the old cursor.
 */
import { CommandError } from '@fullduplex/wire';
import { bearerToken } from '../http/auth.js';
import { corsHeaders, preflightHeaders } from '../http/origins.js';
import { Caller, type SyncServices } from './caller.js';
import type { AnswerHeaders, Exchange, ExchangeRequest } from './exchange.js';
import { holdPoll } from './long-polling.js';
import { answerPoll } from './polling.js';
import { streamEvents } from './server-sent-events.js';
import { answerError } from './sync-answer.js';
import { parseSyncRequest, type SyncRequest } from './sync-request.js';

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
    const bearer = bearerToken(request.headers.authorization);
    const asked = parseSyncRequest(request, bearer, services.subscriptions);
    const caller = await meet(asked, exchange, headers, services);
    if (exchange.gone) return;
    if (asked.stream) {
      await streamEvents(caller);
      return;
    }
    services.held.supersede(caller.session);
    if (asked.wait === 0 || caller.snapshot !== undefined) await answerPoll(caller);
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
  services.requireContact();
  const identity = await services.authenticate(asked.token);
  const user = await services.chat.signIn(identity.user);
  services.countRequest(user);
  const caller = new Caller(exchange, services, headers, user, asked);
  await caller.begin();
  return caller;
}

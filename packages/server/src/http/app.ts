/**
 * The HTTP API and the page: signing in, commands, a back end's publications, health and metrics. `sync` has its own
 * handler, since its answers are held or streamed.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { CommandError } from '@fullduplex/wire';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Chat } from '../chat/chat.js';
import type { Presence } from '../presence/presence.js';
import { bearerToken, type Tokens } from './auth.js';
import type { Metrics } from './metrics.js';
import { corsHeaders, type Origins, preflightHeaders } from './origins.js';
import type { Page } from './page.js';
import type { RateLimit } from './rate-limit.js';
import { readObject, refuseLargeBody } from './request-body.js';
import { servePage } from './serve-page.js';

export interface AppServices {
  readonly chat: Chat;
  readonly presence: Presence;
  readonly tokens: Tokens;
  readonly origins: Origins;
  readonly metrics: Metrics;
  readonly page: Page;
  readonly guests: boolean;
  readonly apiKey: string | undefined;
  readonly bodyBytes: number;
  readonly commandLimit: RateLimit;
  readonly guestLimit: RateLimit;
  /** @throws {CommandError} `unavailable` */
  requireContact(): void;
  /** Whether the server still takes work. */
  isOpen(): boolean;
  /** The caller's address, or undefined where a limit by address makes no sense. */
  addressOf(request: HttpBindings['incoming']): string | undefined;
  failed(error: unknown): void;
}

type Env = { Bindings: HttpBindings };

export function createApp(services: AppServices): Hono<Env> {
  const app = new Hono<Env>();
  app.use(guard(services));
  app.use('/api/*', refuseLargeBody(services.bodyBytes));
  app.onError((error, context) => answerError(context, error, services));
  app.notFound((context) =>
    answerError(
      context,
      new CommandError('method_not_found', `There is nothing at ${context.req.path}.`),
      services,
    ),
  );

  app.post('/api/guest', (context) => guest(context, services));
  app.post('/api/commands/:method', (context) => command(context, services));
  app.post('/api/publish', (context) => publish(context, services));
  for (const path of ['/api/guest', '/api/commands/:method', '/api/publish']) app.all(path, only('POST'));

  app.get('/healthz', (context) =>
    services.isOpen()
      ? context.json({ status: 'ok' })
      : answerError(context, new CommandError('shutting_down', 'The server is stopping.'), services),
  );
  app.get('/readyz', (context) => {
    if (!services.isOpen()) throw new CommandError('shutting_down', 'The server is stopping.');
    services.requireContact();
    return context.json({ status: 'ready' });
  });
  app.get('/metrics', async (context) =>
    context.body(await services.metrics.text(), 200, { 'Content-Type': services.metrics.contentType }),
  );
  for (const path of ['/ws', '/ws/:name', '/connection/websocket']) app.all(path, askForUpgrade);
  app.get('*', (context, next) => servePage(context, services.page, next));
  for (const path of ['/', '/chat', '/healthz', '/readyz', '/metrics']) app.all(path, only('GET'));
  return app;
}

/** Origins, CORS, and what every answer bears. */
function guard(services: AppServices) {
  return async (context: Context<Env>, next: () => Promise<void>): Promise<Response | undefined> => {
    const { method } = context.req;
    const origin = context.req.header('Origin');
    const isApi = context.req.path.startsWith('/api/');
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    // Navigations to the page carry no origin of ours to judge, but the name they came by counts.
    services.origins.check(isApi ? origin : undefined, context.req.header('Host'));
    if (isApi) {
      context.header('Cache-Control', 'no-store');
      if (origin !== undefined) {
        if (method === 'OPTIONS') return context.body(null, 204, preflightHeaders(origin));
        for (const [name, value] of Object.entries(corsHeaders(origin))) context.header(name, value);
      }
    }
    await next();
    if (isApi)
      services.metrics.requests.inc({ endpoint: endpointOf(context.req.path), status: context.res.status });
    return undefined;
  };
}

/** The few names there are, so that callers cannot make up labels. */
function endpointOf(path: string): string {
  if (path.startsWith('/api/commands/')) return 'commands';
  return path === '/api/guest' || path === '/api/publish' ? path.slice(5) : 'other';
}

async function guest(context: Context<Env>, services: AppServices): Promise<Response> {
  const { chat, presence, tokens } = services;
  if (!services.guests) {
    throw new CommandError('permission_denied', 'This server has no guests: sign in with its application.');
  }
  const address = services.addressOf(context.env.incoming);
  if (address !== undefined) services.guestLimit.take(address);
  const { name, exclusive } = await readObject(context.req, services.bodyBytes);
  const user = await chat.signIn(name);
  if (exclusive === true && presence.isHere(user)) {
    throw new CommandError('name_taken', `Somebody called ${user} is here now.`);
  }
  return context.json({ user, token: await tokens.issue(user) });
}

async function command(context: Context<Env>, services: AppServices): Promise<Response> {
  services.requireContact();
  const identity = await services.tokens.verify(bearerToken(context.req.header('Authorization')));
  const user = await services.chat.signIn(identity.user);
  services.commandLimit.take(user);
  const params = await readObject(context.req, services.bodyBytes);
  const result = await services.chat.execute(context.req.param('method') ?? '', user, params);
  return context.json(result);
}

async function publish(context: Context<Env>, services: AppServices): Promise<Response> {
  const given = /^ApiKey +([^ ]+) *$/i.exec(context.req.header('Authorization') ?? '')?.[1];
  if (services.apiKey === undefined || given === undefined || !equal(given, services.apiKey)) {
    throw new CommandError(
      'unauthorized',
      'Publishing needs the API key of this server: Authorization: ApiKey KEY.',
    );
  }
  services.requireContact();
  const { channel, data, key, sender } = await readObject(context.req, services.bodyBytes);
  if (typeof channel !== 'string') throw new CommandError('bad_request', 'channel: a channel is needed.');
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > 128)) {
    throw new CommandError('bad_request', 'key: 1 to 128 characters.');
  }
  if (sender !== undefined && typeof sender !== 'string') {
    throw new CommandError('bad_request', 'sender: a name.');
  }
  return context.json(await services.chat.publishAs(sender ?? 'server', channel, data, key));
}

function equal(given: string, expected: string): boolean {
  // Hashed, so that both are of one length and the time tells nothing.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function only(method: 'GET' | 'POST') {
  return (context: Context<Env>): Response => {
    const { error } = new CommandError('bad_request', `Only ${method} is allowed here.`).toHttp();
    const allow = method === 'GET' ? 'GET, HEAD' : `${method}, OPTIONS`;
    return context.json({ error }, 405, { Allow: allow });
  };
}

function askForUpgrade(context: Context<Env>): Response {
  const { error } = new CommandError('bad_request', 'This address speaks WebSocket.').toHttp();
  return context.json({ error }, 426, {
    Upgrade: 'websocket',
    // Whoever did not ask for it here will go on elsewhere.
    Connection: 'Upgrade, close',
    'Sec-WebSocket-Version': '13',
  });
}

function answerError(context: Context<Env>, error: unknown, services: AppServices): Response {
  const known = error instanceof CommandError;
  if (!known) services.failed(error);
  const told = known ? error : new CommandError('internal', 'Something went wrong here; try again.');
  const headers: Record<string, string> = { 'X-Content-Type-Options': 'nosniff' };
  if (told.code === 'too_many_requests') headers['Retry-After'] = '1';
  if (told.code === 'unauthorized' || told.code === 'token_expired') headers['WWW-Authenticate'] = 'Bearer';
  return new Response(JSON.stringify(told.toHttp()), {
    status: told.status,
    headers: { ...Object.fromEntries(context.res.headers), ...headers, 'Content-Type': 'application/json' },
  });
}

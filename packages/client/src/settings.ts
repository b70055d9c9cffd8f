/** What the app asked for, with everything it left out filled in and checked. */
import { DEFAULT_LIMITS, DEFAULT_TIMING, systemClock } from './clock.js';
import { newId } from './keys.js';
import { TokenSource } from './token.js';
import { openLongPolling } from './transport/long-polling.js';
import { openPolling } from './transport/polling.js';
import { openSse } from './transport/sse.js';
import type { OpenTransport, TransportContext } from './transport/transport.js';
import { WebSocketTransport } from './transport/websocket.js';
import type { ClientOptions, Clock, Limits, TransportName } from './types.js';

export interface Settings extends Omit<TransportContext, 'token' | 'asked'> {
  readonly transports: readonly TransportName[];
  readonly open: Readonly<Record<TransportName, OpenTransport>>;
  readonly token: TokenSource;
  readonly positions: NonNullable<ClientOptions['positions']>;
  readonly storage: ClientOptions['storage'];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: () => number;
}

const TRANSPORTS: Readonly<Record<TransportName, OpenTransport>> = {
  websocket: (context, sink) => new WebSocketTransport(context, sink),
  sse: openSse,
  'long-polling': openLongPolling,
  polling: openPolling,
};

/**
 * @throws {TypeError} when the options cannot be meant: no URL, no token, no transport that can be had
 */
export function settingsOf(options: ClientOptions): Settings {
  const { clock = systemClock, random = Math.random, WebSocket = globalThis.WebSocket } = options;
  const { fetch = globalThis.fetch.bind(globalThis), follow = 'mine' } = options;
  if ((options.token === undefined) === (options.getToken === undefined)) {
    throw new TypeError('Give either a token or getToken.');
  }
  return {
    http: { base: baseOf(options.url), fetch, clock },
    token: new TokenSource(options.token, options.getToken),
    follow,
    WebSocket,
    timing: { ...DEFAULT_TIMING, ...options.timing },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    newId,
    cursor: options.cursor,
    clock,
    random,
    transports: transportsOf(options.transports, WebSocket !== undefined),
    open: TRANSPORTS,
    positions: options.positions ?? {},
    storage: options.storage,
  };
}

function transportsOf(asked: ClientOptions['transports'], hasWebSocket: boolean): readonly TransportName[] {
  const names = asked ?? (Object.keys(TRANSPORTS) as TransportName[]);
  for (const name of names) {
    if (!(name in TRANSPORTS)) throw new TypeError(`There is no transport "${String(name)}".`);
  }
  const possible = [...new Set(names)].filter((name) => name !== 'websocket' || hasWebSocket);
  if (possible.length === 0) throw new TypeError('None of the transports can be had here.');
  return possible;
}

/** The server's address as a directory: everything is looked up below it. */
function baseOf(url: string | URL | undefined): URL {
  const page = (globalThis as { location?: { origin: string } }).location?.origin;
  const given = url ?? page;
  if (given === undefined) throw new TypeError('Give the url of the server.');
  const base = new URL(given, page);
  if (base.protocol === 'ws:') base.protocol = 'http:';
  if (base.protocol === 'wss:') base.protocol = 'https:';
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new TypeError(`The server's address begins with http: or https:, not ${base.protocol}`);
  }
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

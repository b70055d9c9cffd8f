/**
 * What a server and its connections, or a client, can be told; the defaults; and the settings that connections come to
 * have. It decides nothing else.
 */
import { isUtf8 } from 'node:buffer';
import type http from 'node:http';
import type https from 'node:https';
import type { ConnectionSettings } from '../protocol/connection.js';
import type { Role } from '../protocol/message-receiver.js';
import type { DeflateOptions } from './deflate-options.js';
import { Keepalive, type KeepaliveOptions } from './keepalive.js';
import { randomMaskingKey } from './masking-key.js';
import type { ServerKind } from './server.js';
import { processTurn } from './turn.js';
import type { WebSocket } from './websocket.js';

export interface ConnectionOptions {
  /** Bytes a message may have; 0 for no limit. 100 MiB by default. */
  readonly maxPayload?: number;
  readonly skipUTF8Validation?: boolean;
  /**
   * Bytes of messages that are kept while no listener for them is there, or that are being read by iteration or as
   * streams; then reading stops. 128 KiB by default. With 0, what nobody listens for is dropped.
   */
  readonly highWaterMark?: number;
  /** Milliseconds after which what was kept is dropped, and reading goes on. 30,000 by default; 0 for never. */
  readonly untakenTimeout?: number;
  /** Answer pings. True by default. */
  readonly autoPong?: boolean;
  /** Milliseconds the peer has to finish the closing handshake. 30,000 by default. */
  readonly closeTimeout?: number;
  /**
   * Bytes that may wait to be sent to a peer that does not read, 64 MiB by default, 0 for no limit; and what happens
   * beyond it: the connection is ended (`close`, the default), or the message is dropped and its callback told (`drop`).
   */
  readonly maxBackpressure?: number;
  readonly onBackpressure?: 'close' | 'drop';
  /** Ping a peer that is silent, and end the connection when it does not answer. Off by default. */
  readonly keepalive?: KeepaliveOptions | false;
  /**
   * Whether the data of a `message` is valid only until its listeners return: its memory is used again for another one,
   * and who needs it for longer copies it. Saves much where messages have more than some 64 KiB. False by default.
   */
  readonly reuseMemory?: boolean;
  /**
   * Whether messages that came in one read may be told in one turn of the loop. True by default; with false each is told
   * in a turn of its own.
   */
  readonly allowSynchronousEvents?: boolean;
}

export interface ClientInfo {
  readonly origin: string | undefined;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly req: http.IncomingMessage;
}

/** Says at once whether a client may come in. */
export type VerifyClientCallbackSync = (info: ClientInfo) => boolean;
/** Says so later. */
export type VerifyClientCallbackAsync = (
  info: ClientInfo,
  callback: (
    verified: boolean,
    status?: number,
    message?: string,
    headers?: http.OutgoingHttpHeaders,
  ) => void,
) => void;
export type VerifyClient = VerifyClientCallbackSync | VerifyClientCallbackAsync;

/** A subprotocol that the server knows. The first half is what the compiler infers from. */
export type ProtocolOf<Kind extends ServerKind> = (Kind & string) | (Kind extends string ? never : string);

/** @typeParam Kind - the subprotocols the server knows, or the class of its connections */
export interface ServerOptions<Kind extends ServerKind = string> extends ConnectionOptions {
  /** Listen here, on an HTTP server of our own. One of `port`, `server` and `noServer` must be given. */
  readonly port?: number | null;
  /** Take the upgrades of this server. */
  readonly server?: http.Server | https.Server | null;
  /** Upgrades are handed in by `handleUpgrade`. */
  readonly noServer?: boolean;
  readonly host?: string | null;
  /** How many connections may wait to be accepted, by `port`. The system's 511 by default. */
  readonly backlog?: number | null;
  /** Only requests for this path are taken; the others get 400. */
  readonly path?: string | null;
  /**
   * The origins pages may come from: a list, `'*'` for all, or a function. By default only the host's own, unless
   * `verifyClient` is given or `noServer` is set: then the caller decides. Requests without an `Origin` do not come from
   * a page, and are not checked.
   */
  readonly origins?: readonly string[] | '*' | ((origin: string, request: http.IncomingMessage) => boolean);
  readonly verifyClient?: VerifyClient | null;
  /** The subprotocols there are, in order of preference: the first that the client offers is chosen, or none. */
  readonly protocols?: readonly ProtocolOf<Kind>[];
  /** Chooses one of the offered subprotocols, or none by `false`. By default the first is chosen, or what `protocols` says. */
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: http.IncomingMessage) => ProtocolOf<Kind> | false | undefined)
    | null;
  /** Keep the connections in `clients`. True by default. */
  readonly clientTracking?: boolean;
  /** Accept permessage-deflate, with these options. False by default. */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /** Milliseconds `verifyClient` has to decide, before the answer is 503. 10,000 by default; 0 for no limit. */
  readonly handshakeTimeout?: number;
  /** How many requests `verifyClient` may be deciding on; more get 503. 10,000 by default. */
  readonly maxPendingHandshakes?: number;
  /** The class of the connections. */
  readonly WebSocket?: typeof WebSocket;
}

const CONNECTION_DEFAULTS = {
  maxPayload: 100 * 1024 * 1024,
  skipUTF8Validation: false,
  /** More than a stream at the other end writes ahead (64 KiB from Node 22 on), so that its end is seen though nobody reads. */
  highWaterMark: 128 * 1024,
  untakenTimeout: 30_000,
  autoPong: true,
  closeTimeout: 30_000,
  maxBackpressure: 64 * 1024 * 1024,
  onBackpressure: 'close',
  allowSynchronousEvents: true,
} as const;

export const SERVER_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  perMessageDeflate: false,
  handleProtocols: null,
  clientTracking: true,
  verifyClient: null,
  noServer: false,
  backlog: null,
  server: null,
  host: null,
  path: null,
  port: null,
  handshakeTimeout: 10_000,
  maxPendingHandshakes: 10_000,
} as const;

/** What all connections of one server, or one client, have in common. */
export interface Settings extends ConnectionSettings {
  /** Bytes of messages that may wait to be taken before reading stops; 0 to drop what nobody listens for. */
  readonly highWaterMark: number;
  /** Milliseconds after which they are dropped, and reading goes on; 0 for never. */
  readonly untakenTimeout: number;
  /** Milliseconds the peer has to finish the closing handshake. */
  readonly closeTimeout: number;
  readonly autoPong: boolean;
  /** Bytes that may wait to be sent; 0 for no limit. */
  readonly maxBackpressure: number;
  /** Beyond it, drop messages instead of ending the connection. */
  readonly dropsBeyond: boolean;
  readonly keepalive: Keepalive | undefined;
  /** Told of each connection that is gone, after its `close` event. */
  readonly onGone: ((socket: WebSocket) => void) | undefined;
  readonly maskingKey: (() => number) | undefined;
  /** Each message is told in a turn of its own. */
  readonly oneMessageATurn: boolean;
  /** What listeners were told is given back to the turn's memory. */
  readonly reusesMemory: boolean;
}

/** What belongs to the role. */
export interface RoleSettings {
  readonly role: Role;
  /** A client's: fills a buffer of four bytes with a masking key. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  readonly onGone?: (socket: WebSocket) => void;
}

const kSettings = Symbol('settings');

export function settingsOf(
  options: ConnectionOptions,
  { generateMask, onGone, role }: RoleSettings,
): Settings {
  const given = withoutUndefined(options);
  const all = { ...CONNECTION_DEFAULTS, ...given };
  const settings = {
    [kSettings]: true,
    role,
    answerPings: false,
    maxPayload: all.maxPayload,
    skipUtf8Validation: all.skipUTF8Validation,
    isUtf8: (bytes: Uint8Array): boolean => isUtf8(bytes),
    allocate:
      options.reuseMemory === true
        ? (bytes: number): Uint8Array => processTurn.messages.take(bytes)
        : (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(bytes),
    reusesMemory: options.reuseMemory === true,
    closeTimeout: all.closeTimeout,
    autoPong: all.autoPong,
    highWaterMark: all.highWaterMark,
    untakenTimeout: all.untakenTimeout,
    maxBackpressure: all.maxBackpressure,
    dropsBeyond: all.onBackpressure === 'drop',
    keepalive: options.keepalive ? new Keepalive(options.keepalive) : undefined,
    oneMessageATurn: all.allowSynchronousEvents === false,
    onGone,
    maskingKey:
      role === 'server' ? undefined : generateMask === undefined ? randomMaskingKey : keysFrom(generateMask),
  };
  return settings;
}

/** Whether they are settings already, and not options. */
export function areSettings(given: ConnectionOptions | Settings): given is Settings {
  return kSettings in given;
}

export function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function keysFrom(generate: (mask: Buffer) => void): () => number {
  const bytes = Buffer.alloc(4);
  return () => {
    generate(bytes);
    return bytes.readUInt32LE();
  };
}

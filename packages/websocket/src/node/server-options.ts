/** What a server can be told, and what that makes of each of its connections. */
import type http from 'node:http';
import type https from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, linkSettings } from './connection-options.js';
import type { DeflateOptions } from './deflate.js';
import type { LinkOwner, LinkSettings } from './link-settings.js';
import type { WebSocket } from './websocket.js';

export interface ClientInfo {
  readonly origin: string | undefined;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly req: http.IncomingMessage;
}

export type VerifyClient =
  | ((info: ClientInfo) => boolean)
  | ((
      info: ClientInfo,
      callback: (
        verified: boolean,
        status?: number,
        message?: string,
        headers?: http.OutgoingHttpHeaders,
      ) => void,
    ) => void);

/** @typeParam Protocol - the subprotocols the server knows; `socket.protocol` is one of them, or the empty string */
export interface ServerOptions<Protocol extends string = string> extends ConnectionOptions {
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
  readonly protocols?: readonly Protocol[];
  /** Chooses one of the offered subprotocols, or none by `false`. By default the first is chosen, or what `protocols` says. */
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: http.IncomingMessage) => Protocol | false | undefined)
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

/** A connection with its subprotocol, or with none: the empty string. */
export type Agreed<Protocol extends string> = WebSocket & { readonly protocol: Protocol | '' };

export interface ServerEvents<Protocol extends string = string> {
  connection: [socket: Agreed<Protocol>, request: http.IncomingMessage];
  /** The lines of the answer, which may be changed or added to. */
  headers: [headers: string[], request: http.IncomingMessage];
  listening: [];
  error: [error: Error];
  close: [];
  /** A handshake that is none. Whoever listens must answer and end the stream. */
  wsClientError: [error: Error, stream: Duplex, request: http.IncomingMessage];
}

/**
 * What all connections of a server have in common.
 *
 * @param onGone - told of each that is gone, before its `close` event
 */
export function serverSettings(options: ServerOptions, onGone?: (owner: LinkOwner) => void): LinkSettings {
  return linkSettings(options, { role: 'server', maskingKey: undefined, onGone });
}

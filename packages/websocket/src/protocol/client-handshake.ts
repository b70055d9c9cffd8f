/**
 * The client's side of the opening handshake (RFC 6455, section 4.1): what an answer must hold for the connection to be
 * open. It computes no hash and follows no redirect.
 */
import { type ExtensionOffer, parseExtensions } from './headers.js';
import { headerOf, type RequestHead } from './server-handshake.js';

/** What the request asked for. */
export interface Asked {
  /** The `Sec-WebSocket-Accept` that proves that the server read our key. */
  readonly accept: string;
  readonly protocols: ReadonlySet<string>;
  /** Whether any extension was offered. */
  readonly extensions: boolean;
}

export interface Answer {
  /** The subprotocol the server chose; the empty string when none was offered. */
  readonly protocol: string;
  readonly extensions: readonly ExtensionOffer[];
}

/** Reads an answer with status 101, or says in a sentence why it does not open a connection. */
export function readAnswer(head: Pick<RequestHead, 'headers'>, asked: Asked): Answer | string {
  if (headerOf(head, 'upgrade')?.toLowerCase() !== 'websocket') return 'Invalid Upgrade header';
  if (headerOf(head, 'sec-websocket-accept') !== asked.accept) return 'Invalid Sec-WebSocket-Accept header';

  const protocol = headerOf(head, 'sec-websocket-protocol');
  if (protocol === undefined) {
    if (asked.protocols.size > 0) return 'Server sent no subprotocol';
  } else if (asked.protocols.size === 0) {
    return 'Server sent a subprotocol but none was requested';
  } else if (!asked.protocols.has(protocol)) {
    return 'Server sent an invalid subprotocol';
  }

  const header = headerOf(head, 'sec-websocket-extensions');
  if (header === undefined) return { protocol: protocol ?? '', extensions: [] };
  if (!asked.extensions) {
    return 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
  }
  const extensions = parseExtensions(header);
  if (extensions === undefined) return 'Invalid Sec-WebSocket-Extensions header';
  return { protocol: protocol ?? '', extensions };
}

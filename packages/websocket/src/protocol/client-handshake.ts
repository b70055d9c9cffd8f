/**
 * The client's side of the opening handshake (RFC 6455, section 4.1, and RFC 8441): what an answer must hold for the
 * connection to be open, and what was agreed on then. It follows no redirect.
 */
import { type Agreement, type Headers, headerOf, type Outcome } from './handshake.js';
import { parseExtensions } from './headers.js';
import { acceptAnswer, type DeflatePreferences } from './permessage-deflate.js';

/** What the request asked for. */
export interface Asked {
  /** The `Sec-WebSocket-Accept` that proves that the server read our key; `undefined` over HTTP/2, which has none. */
  readonly accept: string | undefined;
  readonly protocols: ReadonlySet<string>;
  /** What was offered for compression; `undefined` where nothing was. */
  readonly deflate: DeflatePreferences | undefined;
}

/** Why an answer does not open the connection. */
export interface Unopened {
  readonly message: string;
}

/** Reads an answer with status 101, or 200 over HTTP/2. */
export function readAnswer(headers: Headers, asked: Asked): Outcome<Agreement, Unopened> {
  if (asked.accept !== undefined) {
    if (headerOf(headers, 'upgrade')?.toLowerCase() !== 'websocket') return refuse('Invalid Upgrade header');
    if (headerOf(headers, 'sec-websocket-accept') !== asked.accept) {
      return refuse('Invalid Sec-WebSocket-Accept header');
    }
  }
  const protocol = headerOf(headers, 'sec-websocket-protocol');
  if (protocol === undefined) {
    if (asked.protocols.size > 0) return refuse('Server sent no subprotocol');
  } else if (asked.protocols.size === 0) {
    return refuse('Server sent a subprotocol but none was requested');
  } else if (!asked.protocols.has(protocol)) {
    return refuse('Server sent an invalid subprotocol');
  }
  const agreement = { protocol: protocol ?? '', deflate: undefined };

  const header = headerOf(headers, 'sec-websocket-extensions');
  if (header === undefined) return { ok: agreement };
  if (asked.deflate === undefined) {
    return refuse('Server sent a Sec-WebSocket-Extensions header but no extension was requested');
  }
  const extensions = parseExtensions(header);
  if (extensions === undefined) return refuse('Invalid Sec-WebSocket-Extensions header');
  const deflate = acceptAnswer(extensions, asked.deflate);
  return typeof deflate === 'string' ? refuse(deflate) : { ok: { ...agreement, deflate } };
}

function refuse(message: string): { readonly refusal: Unopened } {
  return { refusal: { message } };
}

/**
 * What both roles of an opening handshake have in common, whether it is an upgrade (RFC 6455, section 4) or a CONNECT
 * (RFC 8441): what it comes to, and how a key is answered. It reads no request.
 */
import type { DeflateParameters } from './permessage-deflate.js';

/** What a step of a handshake comes to: what it gives, or why it goes no further. */
export type Outcome<Ok, Refused = Refusal> =
  | { readonly ok: Ok; readonly refusal?: undefined }
  | { readonly ok?: undefined; readonly refusal: Refused };

/** What is answered instead of opening the connection. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What both sides agreed on. */
export interface Agreement {
  /** The subprotocol, or the empty string. */
  readonly protocol: string;
  /** `undefined` without permessage-deflate. */
  readonly deflate: DeflateParameters | undefined;
}

/** Headers of a request or an answer. Names are in lower case, as `node:http` has them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The SHA-1 hash of a text, in base64. */
export type Sha1 = (text: string) => string;

/** Appended to the key before it is hashed (1.3). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The `Sec-WebSocket-Accept` that proves that the key was read. */
export function acceptOf(key: string, sha1: Sha1): string {
  return sha1(key + ACCEPT_GUID);
}

export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

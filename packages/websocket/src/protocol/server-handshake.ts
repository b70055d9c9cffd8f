/**
 * The server's side of the opening handshake (RFC 6455, section 4.2, and RFC 8441): what a request must be, what is
 * agreed on, and what is answered. It sees a parsed head; who may come in is the adapter's to decide.
 */
import { isExtendedConnect } from './extended-connect.js';
import {
  type Agreement,
  acceptOf,
  type Headers,
  headerOf,
  type Outcome,
  type Refusal,
  type Sha1,
} from './handshake.js';
import { type ExtensionOffer, hasToken, isToken, parseExtensions, parseSubprotocols } from './headers.js';
import { acceptOffer, type DeflatePreferences, formatAccepted, isGarbled } from './permessage-deflate.js';

/** A request's head. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly headers: Headers;
}

export interface HandshakeRequest {
  /** Empty over HTTP/2, which needs none. */
  readonly key: string;
  readonly version: number;
  /** In the client's order of preference. */
  readonly protocols: Set<string>;
  readonly extensions: readonly ExtensionOffer[];
}

/** Sixteen bytes in base64: 22 characters and two of padding. */
function isKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==')) return false;
  for (let at = 0; at < 22; at++) {
    const char = key[at]!;
    const ok = (char >= 'A' && char <= 'Z') || (char >= 'a' && char <= 'z') || (char >= '0' && char <= '9');
    if (!ok && char !== '+' && char !== '/') return false;
  }
  return true;
}

/**
 * Reads the request for an upgrade. Version 8, a draft with the same frames, passes beside 13. That HTTP/1.1 wants a
 * `Host` is for the HTTP server to say.
 */
export function readUpgrade(head: RequestHead): Outcome<HandshakeRequest> {
  const { headers } = head;
  if (head.method !== 'GET') return refuse(405, 'Invalid HTTP method', { Allow: 'GET' });
  if (head.httpVersionMajor < 1 || (head.httpVersionMajor === 1 && head.httpVersionMinor < 1)) {
    return refuse(400, 'Invalid HTTP version');
  }
  if (headerOf(headers, 'upgrade')?.toLowerCase() !== 'websocket')
    return refuse(400, 'Invalid Upgrade header');
  if (!hasToken(headerOf(headers, 'connection'), 'upgrade')) return refuse(400, 'Invalid Connection header');
  const key = headerOf(headers, 'sec-websocket-key');
  if (key === undefined || !isKey(key)) return refuse(400, 'Missing or invalid Sec-WebSocket-Key header');
  return readOffer(headers, key);
}

/** Reads an extended CONNECT (RFC 8441, section 5), which asks for the same but has no key. */
export function readExtendedConnect(head: RequestHead): Outcome<HandshakeRequest> {
  const { headers } = head;
  if (!isExtendedConnect(headers)) return refuse(400, 'Not an extended CONNECT for a WebSocket');
  if (!headerOf(headers, ':scheme') || !headerOf(headers, ':path'))
    return refuse(400, 'Missing :scheme or :path');
  if (!headerOf(headers, ':authority') && !headerOf(headers, 'host'))
    return refuse(400, 'Missing :authority');
  return readOffer(headers, '');
}

/** What the client offers, however it asks. */
function readOffer(headers: Headers, key: string): Outcome<HandshakeRequest> {
  const version = headerOf(headers, 'sec-websocket-version');
  if (version !== '13' && version !== '8') {
    const status = version === undefined ? 400 : 426;
    return refuse(status, 'Missing or invalid Sec-WebSocket-Version header', {
      'Sec-WebSocket-Version': '13',
    });
  }
  // An empty header is what some clients send that offer none.
  const offered = headerOf(headers, 'sec-websocket-protocol')?.trim();
  const protocols = offered ? parseSubprotocols(offered) : new Set<string>();
  if (protocols === undefined) return refuse(400, 'Invalid Sec-WebSocket-Protocol header');

  const extended = headerOf(headers, 'sec-websocket-extensions');
  const extensions = extended === undefined ? [] : parseExtensions(extended);
  if (extensions === undefined) return refuse(400, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
  return { ok: { key, version: Number(version), protocols, extensions } };
}

function refuse(
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): { readonly refusal: Refusal } {
  return { refusal: headers === undefined ? { status, message } : { status, message, headers } };
}

/**
 * What is agreed on with this client.
 *
 * @param protocol - the subprotocol that was chosen of those offered, or the empty string
 * @param deflate - how compression may be; `undefined` for none
 * @throws TypeError - the subprotocol is not a token, so that it cannot stand in the answer
 */
export function agree(
  request: HandshakeRequest,
  protocol: string,
  deflate: DeflatePreferences | undefined,
): Outcome<Agreement> {
  if (protocol !== '' && !isToken(protocol))
    throw new TypeError('The chosen subprotocol is not a valid token');
  if (deflate === undefined) return { ok: { protocol, deflate: undefined } };
  if (request.extensions.some(isGarbled))
    return refuse(400, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
  return { ok: { protocol, deflate: acceptOffer(request.extensions, deflate) } };
}

/** The lines of the answer that opens the connection, without its end. */
export function answerUpgrade(request: HandshakeRequest, agreement: Agreement, sha1: Sha1): string[] {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(request.key, sha1)}`,
  ];
  for (const [name, value] of agreed(agreement)) lines.push(`${name}: ${value}`);
  return lines;
}

/** The headers of the answer that opens the stream of a CONNECT. */
export function answerExtendedConnect(agreement: Agreement): Record<string, string | number> {
  const headers: Record<string, string | number> = { ':status': 200 };
  for (const [name, value] of agreed(agreement)) headers[name.toLowerCase()] = value;
  return headers;
}

function agreed({ deflate, protocol }: Agreement): [string, string][] {
  const headers: [string, string][] = [];
  if (protocol !== '') headers.push(['Sec-WebSocket-Protocol', protocol]);
  if (deflate !== undefined) headers.push(['Sec-WebSocket-Extensions', formatAccepted(deflate)]);
  return headers;
}

/**
 * Whether a page of this origin was served by the host it now connects to. The scheme is not compared: behind a proxy
 * that ends TLS the server cannot know its own.
 */
export function isSameOrigin(origin: string, host: string | undefined): boolean {
  const scheme = origin.indexOf('://');
  if (scheme < 0 || host === undefined) return false;
  const port = origin.slice(0, scheme).toLowerCase() === 'https' ? ':443' : ':80';
  const bare = (name: string): string =>
    (name.endsWith(port) ? name.slice(0, -port.length) : name).toLowerCase();
  return bare(origin.slice(scheme + 3)) === bare(host);
}

/** Lines of an answer as its head, the empty line included. Values with line breaks are the caller's misuse. */
export function formatHead(lines: readonly string[]): string {
  for (const line of lines) {
    if (line.includes('\r') || line.includes('\n'))
      throw new TypeError('A header must not contain a line break');
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

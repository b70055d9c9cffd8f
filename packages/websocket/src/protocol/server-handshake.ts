/**
 * The server's side of the opening handshake (RFC 6455, section 4.2): what a request must be, and what is answered to
 * one that is not. It sees a parsed head and computes no hash; who may come in is the adapter's to decide.
 */
import { type ExtensionOffer, hasToken, isToken, parseExtensions, parseSubprotocols } from './headers.js';

/** A request's head. Header names are in lower case, as `node:http` has them. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What is answered instead of 101. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HandshakeRequest {
  readonly key: string;
  readonly version: number;
  /** In the client's order of preference. */
  readonly protocols: Set<string>;
  /** `undefined`: the header is absent. */
  readonly extensions: readonly ExtensionOffer[] | undefined;
}

/** Appended to the key before it is hashed (1.3). */
export const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function headerOf(head: Pick<RequestHead, 'headers'>, name: string): string | undefined {
  const value = head.headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

export function isRefusal(result: HandshakeRequest | Refusal): result is Refusal {
  return 'status' in result;
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

/** Reads a handshake, or says why it is none. Version 8, a draft with the same frames, passes beside 13. */
export function readHandshake(head: RequestHead): HandshakeRequest | Refusal {
  if (head.method !== 'GET')
    return { status: 405, message: 'Invalid HTTP method', headers: { Allow: 'GET' } };
  if (head.httpVersionMajor < 1 || (head.httpVersionMajor === 1 && head.httpVersionMinor < 1)) {
    return { status: 400, message: 'Invalid HTTP version' };
  }
  if (headerOf(head, 'upgrade')?.toLowerCase() !== 'websocket') {
    return { status: 400, message: 'Invalid Upgrade header' };
  }
  if (!hasToken(headerOf(head, 'connection'), 'upgrade')) {
    return { status: 400, message: 'Invalid Connection header' };
  }
  const key = headerOf(head, 'sec-websocket-key');
  if (key === undefined || !isKey(key)) {
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Key header' };
  }
  const common = readCommon(head);
  return isRefusal(common) ? common : { ...common, key };
}

/** What a handshake over HTTP/1.1 has in common with one over HTTP/2. */
export function readCommon(head: RequestHead): HandshakeRequest | Refusal {
  if (headerOf(head, 'host') === undefined && headerOf(head, ':authority') === undefined) {
    return { status: 400, message: 'Missing Host header' };
  }
  const version = headerOf(head, 'sec-websocket-version');
  if (version !== '13' && version !== '8') {
    return {
      status: version === undefined ? 400 : 426,
      message: 'Missing or invalid Sec-WebSocket-Version header',
      headers: { 'Sec-WebSocket-Version': '13' },
    };
  }
  const offered = headerOf(head, 'sec-websocket-protocol');
  const protocols = offered === undefined ? new Set<string>() : parseSubprotocols(offered);
  if (protocols === undefined) return { status: 400, message: 'Invalid Sec-WebSocket-Protocol header' };

  const extended = headerOf(head, 'sec-websocket-extensions');
  const extensions = extended === undefined ? undefined : parseExtensions(extended);
  if (extended !== undefined && extensions === undefined) {
    return { status: 400, message: 'Invalid or unacceptable Sec-WebSocket-Extensions header' };
  }
  return { key: '', version: Number(version), protocols, extensions };
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

/** The head of the answer 101, its end included. Values with line breaks are the caller's misuse. */
export function formatAnswer(lines: readonly string[]): string {
  for (const line of lines) {
    if (line.includes('\r') || line.includes('\n'))
      throw new TypeError('A header must not contain a line break');
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The lines of the answer that are the same whatever was negotiated. */
export function answerLines(accept: string): string[] {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
}

/** @throws TypeError - the choice is not a token, so that it cannot stand in the answer */
export function checkChosenProtocol(protocol: string): void {
  if (!isToken(protocol)) throw new TypeError('The chosen subprotocol is not a valid token');
}

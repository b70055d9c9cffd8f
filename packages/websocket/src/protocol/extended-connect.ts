/**
 * The request that opens a WebSocket over HTTP/2 (RFC 8441): an extended CONNECT, in place of an upgrade. What it asks for
 * beside is the same as over HTTP/1.1, without a key and its answer.
 */
import { type Headers, headerOf } from './handshake.js';

/** The headers of a request that opens a WebSocket on a stream of its own. */
export interface ExtendedConnect {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly path: string;
  readonly protocols?: readonly string[];
  /** `Sec-WebSocket-Extensions`, where any is offered. */
  readonly extensions?: string | undefined;
  readonly origin?: string | undefined;
}

/** Whether the request is an extended CONNECT for a WebSocket. */
export function isExtendedConnect(headers: Headers): boolean {
  return headerOf(headers, ':method') === 'CONNECT' && headerOf(headers, ':protocol') === 'websocket';
}

export function formatExtendedConnect(wanted: ExtendedConnect): Record<string, string> {
  const headers: Record<string, string> = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': wanted.scheme,
    ':authority': wanted.authority,
    ':path': wanted.path,
    'sec-websocket-version': '13',
  };
  if (wanted.protocols?.length) headers['sec-websocket-protocol'] = wanted.protocols.join(', ');
  if (wanted.extensions) headers['sec-websocket-extensions'] = wanted.extensions;
  if (wanted.origin) headers.origin = wanted.origin;
  return headers;
}

/**
 * Reads the head of a plain `GET /api/sync`, and of nothing else: whatever is unusual, ambiguous or has a body is left
 * to `node:http`, which knows all of HTTP. So there is nothing here to be smuggled through.
 */
import { type ExchangeRequest, SYNC_HEADERS, type SyncHeader } from './exchange.js';

export interface LightHead {
  readonly request: ExchangeRequest;
  /** Whether the connection may carry another request afterwards. */
  readonly keepAlive: boolean;
}

const START = Buffer.from('GET /api/sync');
const END = '\r\n\r\n';
const MAX_HEAD = 16 * 1024;

/** Visible ASCII; RFC 9112 3.2 allows no more in a request target. */
const REQUEST_LINE = /^GET (\/api\/sync(?:\?[\x21-\x7e]*)?) HTTP\/1\.1$/;
/** A field line (RFC 9112, 5): no white space before the colon, no folding, no control characters. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

/** Fields that change what the message is, or where it ends. */
const UNUSUAL: readonly string[] = [
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'trailer',
  'te',
];

/** Undefined: this is for `node:http`. The chunk must be the head and nothing behind it. */
export function readLightHead(chunk: Buffer): LightHead | undefined {
  if (chunk.length > MAX_HEAD || chunk.length < START.length) return undefined;
  if (START.compare(chunk, 0, START.length) !== 0) return undefined;
  const text = chunk.toString('latin1');
  if (text.indexOf(END) !== text.length - END.length) return undefined;
  const [first = '', ...fields] = text.slice(0, -END.length).split('\r\n');
  const url = REQUEST_LINE.exec(first)?.[1];
  if (url === undefined) return undefined;
  const headers: Partial<Record<SyncHeader, string>> = {};
  let keepAlive = true;
  for (const line of fields) {
    const colon = line.indexOf(':');
    if (colon === -1) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const rest = line.slice(colon + 1);
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(rest)) return undefined;
    const value = rest.trim();
    if (UNUSUAL.includes(name)) return undefined;
    if (name === 'connection') {
      const option = value.toLowerCase();
      if (option !== 'keep-alive' && option !== 'close') return undefined;
      keepAlive = option === 'keep-alive';
    }
    if (isSyncHeader(name)) {
      if (headers[name] !== undefined) return undefined;
      headers[name] = value;
    }
  }
  if (headers.host === undefined) return undefined;
  return { request: { method: 'GET', url, headers }, keepAlive };
}

function isSyncHeader(name: string): name is SyncHeader {
  return (SYNC_HEADERS as readonly string[]).includes(name);
}

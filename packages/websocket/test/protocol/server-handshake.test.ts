import { expect, test } from 'vitest';
import {
  agree,
  answerExtendedConnect,
  answerUpgrade,
  formatHead,
  type HandshakeRequest,
  isSameOrigin,
  type RequestHead,
  readExtendedConnect,
  readUpgrade,
} from '../../src/protocol/server-handshake.js';

const headers = {
  host: 'example.com',
  upgrade: 'websocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};
const head = (
  changes: Partial<RequestHead['headers']> = {},
  rest: Partial<RequestHead> = {},
): RequestHead => ({
  method: 'GET',
  httpVersionMajor: 1,
  httpVersionMinor: 1,
  headers: { ...headers, ...changes },
  ...rest,
});
const status = (request: RequestHead): number | undefined => {
  return readUpgrade(request).refusal?.status;
};

test('a handshake gives its key, protocols and extensions', () => {
  const { ok } = readUpgrade(
    head({ 'sec-websocket-protocol': 'a, b', 'sec-websocket-extensions': 'permessage-deflate' }),
  );
  expect(ok).toMatchObject({
    key: headers['sec-websocket-key'],
    version: 13,
    protocols: new Set(['a', 'b']),
  });
});

test.each<[string, RequestHead, number | undefined]>([
  ['as it should be', head(), undefined],
  ['another method', head({}, { method: 'POST' }), 405],
  ['HTTP/1.0', head({}, { httpVersionMinor: 0 }), 400],
  ['no Host, which is for the HTTP server to miss', head({ host: undefined }), undefined],
  ['no Upgrade', head({ upgrade: undefined }), 400],
  ['another Upgrade', head({ upgrade: 'h2c' }), 400],
  ['Upgrade in capitals', head({ upgrade: 'WebSocket' }), undefined],
  ['no Connection', head({ connection: undefined }), 400],
  ['another Connection', head({ connection: 'close' }), 400],
  ['no key', head({ 'sec-websocket-key': undefined }), 400],
  ['a short key', head({ 'sec-websocket-key': 'P5l8BJcZwRc=' }), 400],
  ['a key that is not base64', head({ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25j*Q==' }), 400],
  ['two keys', head({ 'sec-websocket-key': `${headers['sec-websocket-key']}, x` }), 400],
  ['no version', head({ 'sec-websocket-version': undefined }), 400],
  ['another version', head({ 'sec-websocket-version': '12' }), 426],
  ['the version of the last draft', head({ 'sec-websocket-version': '8' }), undefined],
  ['broken subprotocols', head({ 'sec-websocket-protocol': 'a;b' }), 400],
  ['subprotocols that are none', head({ 'sec-websocket-protocol': ' ' }), undefined],
  ['broken extensions', head({ 'sec-websocket-extensions': 'a;;' }), 400],
])('%s', (_, request, expected) => {
  expect(status(request)).toBe(expected);
});

test('a refused version is told the one that is known', () => {
  expect(readUpgrade(head({ 'sec-websocket-version': '14' })).refusal).toMatchObject({
    headers: { 'Sec-WebSocket-Version': '13' },
  });
});

test.each<[string, string | undefined, boolean]>([
  ['http://example.com', 'example.com', true],
  ['https://example.com', 'EXAMPLE.com', true],
  ['https://example.com', 'example.com:443', true],
  ['http://example.com:8080', 'example.com:8080', true],
  ['http://example.com:8080', 'example.com', false],
  ['http://evil.com', 'example.com', false],
  ['http://example.com.evil.com', 'example.com', false],
  ['null', 'example.com', false],
  ['http://example.com', undefined, false],
])('origin %s at host %s', (origin, host, expected) => {
  expect(isSameOrigin(origin, host)).toBe(expected);
});

const request = (changes: Partial<RequestHead['headers']> = {}): HandshakeRequest => {
  const { ok } = readUpgrade(head(changes));
  if (ok === undefined) throw new Error('no handshake');
  return ok;
};

test('the answer says what was agreed on, over HTTP/1.1 and HTTP/2 alike', () => {
  const offer = request({ 'sec-websocket-extensions': 'permessage-deflate; server_max_window_bits=10' });
  const { ok } = agree(offer, 'chat', { clientNoContextTakeover: true });
  const lines = answerUpgrade(offer, ok!, (text) => `hash of ${text}`);
  expect(lines.slice(3)).toEqual([
    `Sec-WebSocket-Accept: hash of ${offer.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    'Sec-WebSocket-Protocol: chat',
    'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_max_window_bits=10',
  ]);
  expect(answerExtendedConnect(ok!)).toEqual({
    ':status': 200,
    'sec-websocket-protocol': 'chat',
    'sec-websocket-extensions': 'permessage-deflate; client_no_context_takeover; server_max_window_bits=10',
  });
});

test('compression is agreed on only where both want it, and garbled offers are refused', () => {
  const offer = request({ 'sec-websocket-extensions': 'permessage-deflate' });
  expect(agree(offer, '', undefined)).toEqual({ ok: { protocol: '', deflate: undefined } });
  expect(agree(request(), '', {}).ok?.deflate).toBeUndefined();
  const garbled = request({ 'sec-websocket-extensions': 'permessage-deflate; server_max_window_bits=x' });
  expect(agree(garbled, '', {}).refusal?.status).toBe(400);
});

test('the answer ends with an empty line and lets no header in by a line break', () => {
  expect(formatHead(['HTTP/1.1 101 x', 'A: b'])).toBe('HTTP/1.1 101 x\r\nA: b\r\n\r\n');
  expect(() => formatHead(['X: a\r\nSet-Cookie: b'])).toThrow(TypeError);
  expect(() => agree(request(), 'a b', undefined)).toThrow(TypeError);
});

const connect: Record<string, string> = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':authority': 'example.com',
  ':path': '/chat',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'a, b',
};

test('an extended CONNECT asks for the same, without a key', () => {
  const { ok } = readExtendedConnect({ httpVersionMajor: 2, httpVersionMinor: 0, headers: connect });
  expect(ok).toMatchObject({ key: '', protocols: new Set(['a', 'b']), extensions: [] });
});

test.each([':scheme', ':path', ':authority', ':protocol', 'sec-websocket-version'])(
  'without %s it opens nothing',
  (name) => {
    const { [name]: _, ...headers } = connect;
    const { refusal } = readExtendedConnect({ httpVersionMajor: 2, httpVersionMinor: 0, headers });
    expect(refusal?.status).toBe(400);
  },
);

import { expect, test } from 'vitest';
import {
  answerLines,
  checkChosenProtocol,
  formatAnswer,
  isRefusal,
  isSameOrigin,
  type RequestHead,
  readHandshake,
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
  const result = readHandshake(request);
  return isRefusal(result) ? result.status : undefined;
};

test('a handshake gives its key, protocols and extensions', () => {
  const result = readHandshake(
    head({ 'sec-websocket-protocol': 'a, b', 'sec-websocket-extensions': 'permessage-deflate' }),
  );
  expect(isRefusal(result)).toBe(false);
  expect(result).toMatchObject({
    key: headers['sec-websocket-key'],
    version: 13,
    protocols: new Set(['a', 'b']),
  });
});

test.each<[string, RequestHead, number | undefined]>([
  ['as it should be', head(), undefined],
  ['another method', head({}, { method: 'POST' }), 405],
  ['HTTP/1.0', head({}, { httpVersionMinor: 0 }), 400],
  ['no Host', head({ host: undefined }), 400],
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
  ['broken extensions', head({ 'sec-websocket-extensions': 'a;;' }), 400],
])('%s', (_, request, expected) => {
  expect(status(request)).toBe(expected);
});

test('a refused version is told the one that is known', () => {
  expect(readHandshake(head({ 'sec-websocket-version': '14' }))).toMatchObject({
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

test('the answer ends with an empty line and lets no header in by a line break', () => {
  expect(formatAnswer(answerLines('abc'))).toMatch(
    /^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Accept: abc\r\n\r\n$/s,
  );
  expect(() => formatAnswer(['X: a\r\nSet-Cookie: b'])).toThrow(TypeError);
  expect(() => checkChosenProtocol('a b')).toThrow(TypeError);
  checkChosenProtocol('chat.v1');
});

import { expect, test } from 'vitest';
import { type Asked, readAnswer } from '../../src/protocol/client-handshake.js';

const asked: Asked = { accept: 'abc=', protocols: new Set(), deflate: undefined };
const headers = { upgrade: 'websocket', 'sec-websocket-accept': 'abc=' };

test('an answer that fits', () => {
  expect(readAnswer(headers, asked)).toEqual({ ok: { protocol: '', deflate: undefined } });
  const more = {
    ...headers,
    upgrade: 'WebSocket',
    'sec-websocket-protocol': 'b',
    'sec-websocket-extensions': 'permessage-deflate; server_no_context_takeover',
  };
  const { ok } = readAnswer(more, { ...asked, protocols: new Set(['a', 'b']), deflate: {} });
  expect(ok).toMatchObject({ protocol: 'b', deflate: { serverNoContextTakeover: true } });
});

test('headers nobody knows do no harm', () => {
  expect(readAnswer({ ...headers, 'websocket-location': 'ws://x/' }, asked).ok?.protocol).toBe('');
});

test.each<[Record<string, string>, Partial<Asked>, string]>([
  [{ 'sec-websocket-accept': 'abc=' }, {}, 'Invalid Upgrade header'],
  [{ ...headers, 'sec-websocket-accept': 'abd=' }, {}, 'Invalid Sec-WebSocket-Accept header'],
  [{ upgrade: 'websocket' }, {}, 'Invalid Sec-WebSocket-Accept header'],
  [headers, { protocols: new Set(['a']) }, 'Server sent no subprotocol'],
  [{ ...headers, 'sec-websocket-protocol': 'a' }, {}, 'Server sent a subprotocol but none was requested'],
  [
    { ...headers, 'sec-websocket-protocol': 'b' },
    { protocols: new Set(['a']) },
    'Server sent an invalid subprotocol',
  ],
  [
    { ...headers, 'sec-websocket-extensions': 'x' },
    {},
    'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
  ],
  [
    { ...headers, 'sec-websocket-extensions': ';' },
    { deflate: {} },
    'Invalid Sec-WebSocket-Extensions header',
  ],
])('%o does not fit', (given, changes, reason) => {
  expect(readAnswer(given, { ...asked, ...changes })).toEqual({ refusal: { message: reason } });
});

test('over HTTP/2 there is no key, and so nothing that proves that it was read', () => {
  expect(readAnswer({}, { ...asked, accept: undefined }).ok).toEqual({ protocol: '', deflate: undefined });
});

import { expect, test } from 'vitest';
import { type Asked, readAnswer } from '../../src/protocol/client-handshake.js';

const asked: Asked = { accept: 'abc=', protocols: new Set(), extensions: false };
const headers = { upgrade: 'websocket', 'sec-websocket-accept': 'abc=' };

test('an answer that fits', () => {
  expect(readAnswer({ headers }, asked)).toEqual({ protocol: '', extensions: [] });
  const more = {
    ...headers,
    upgrade: 'WebSocket',
    'sec-websocket-protocol': 'b',
    'sec-websocket-extensions': 'x',
  };
  const answer = readAnswer(
    { headers: more },
    { ...asked, protocols: new Set(['a', 'b']), extensions: true },
  );
  expect(answer).toMatchObject({ protocol: 'b', extensions: [{ name: 'x' }] });
});

test('headers nobody knows do no harm', () => {
  expect(readAnswer({ headers: { ...headers, 'websocket-location': 'ws://x/' } }, asked)).toMatchObject({
    protocol: '',
  });
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
    { extensions: true },
    'Invalid Sec-WebSocket-Extensions header',
  ],
])('%o does not fit', (given, changes, reason) => {
  expect(readAnswer({ headers: given }, { ...asked, ...changes })).toBe(reason);
});

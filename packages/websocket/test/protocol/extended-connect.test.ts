import { expect, test } from 'vitest';
import {
  formatExtendedConnect,
  isExtendedConnect,
  readExtendedConnect,
} from '../../src/protocol/extended-connect.js';
import { isRefusal } from '../../src/protocol/server-handshake.js';

const wanted = {
  scheme: 'https',
  authority: 'example.com',
  path: '/chat?x=1',
  protocols: ['a', 'b'],
} as const;
const head = (headers: Record<string, string>): Parameters<typeof readExtendedConnect>[0] => ({
  httpVersionMajor: 2,
  httpVersionMinor: 0,
  headers,
});

test('what a client asks is what a server reads', () => {
  const headers = formatExtendedConnect({
    ...wanted,
    extensions: 'permessage-deflate',
    origin: 'https://example.com',
  });
  expect(headers.origin).toBe('https://example.com');
  const result = readExtendedConnect(head(headers));
  expect(isRefusal(result)).toBe(false);
  expect(result).toMatchObject({
    protocols: new Set(['a', 'b']),
    extensions: [{ name: 'permessage-deflate' }],
  });
});

test.each([':scheme', ':path', ':authority', ':protocol', 'sec-websocket-version'])(
  'without %s it opens nothing',
  (name) => {
    const headers = formatExtendedConnect(wanted);
    delete headers[name];
    expect(isRefusal(readExtendedConnect(head(headers)))).toBe(true);
  },
);

test('an ordinary CONNECT is none', () => {
  expect(isExtendedConnect({ headers: { ':method': 'CONNECT', ':authority': 'x' } })).toBe(false);
});

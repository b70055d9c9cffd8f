import { expect, test } from 'vitest';
import { formatExtendedConnect, isExtendedConnect } from '../../src/protocol/extended-connect.js';
import { readExtendedConnect } from '../../src/protocol/server-handshake.js';

test('what a client asks is what a server reads', () => {
  const headers = formatExtendedConnect({
    scheme: 'https',
    authority: 'example.com',
    path: '/chat?x=1',
    protocols: ['a', 'b'],
    extensions: 'permessage-deflate',
    origin: 'https://example.com',
  });
  expect(headers.origin).toBe('https://example.com');
  expect(readExtendedConnect({ httpVersionMajor: 2, httpVersionMinor: 0, headers }).ok).toMatchObject({
    protocols: new Set(['a', 'b']),
    extensions: [{ name: 'permessage-deflate' }],
  });
});

test('an ordinary CONNECT is none', () => {
  expect(isExtendedConnect({ ':method': 'CONNECT', ':authority': 'x' })).toBe(false);
});

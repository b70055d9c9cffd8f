import { expect, test } from 'vitest';
import { credentialsOf, hostOf, isSameHost, parseTarget } from '../../src/node/client-target.js';

test.each([
  ['ws://example.com', 'ws://example.com/', '/', false],
  ['http://example.com/a?b=1', 'ws://example.com/a?b=1', '/a?b=1', false],
  ['https://example.com', 'wss://example.com/', '/', true],
])('%s', (address, href, path, secure) => {
  const target = parseTarget(address);
  expect(target.url.href).toBe(href);
  expect(target.path).toBe(path);
  expect(target.secure).toBe(secure);
});

test('a local socket and what to ask it for', () => {
  expect(parseTarget('ws+unix:/run/a.sock:/b?c=1')).toMatchObject({
    socketPath: '/run/a.sock',
    path: '/b?c=1',
  });
  expect(parseTarget('ws+unix:/run/a.sock')).toMatchObject({ socketPath: '/run/a.sock', path: '' });
});

test.each([
  ['foo', 'Invalid URL: foo'],
  [
    'bad-scheme://localhost',
    'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
  ],
  ['ws+unix:', "The URL's pathname is empty"],
  ['ws://localhost#x', 'The URL contains a fragment identifier'],
])('%s leads nowhere', (address, message) => {
  expect(() => parseTarget(address)).toThrow(new SyntaxError(message));
});

test('hosts and credentials', () => {
  expect(hostOf(parseTarget('ws://[::1]:80/'))).toBe('::1');
  expect(credentialsOf(parseTarget('ws://a%40b:c%3Ad@x'))).toBe('a@b:c:d');
  expect(credentialsOf(parseTarget('ws://x'))).toBeUndefined();
  expect(isSameHost(parseTarget('ws://x:1'), parseTarget('wss://x:1/b'))).toBe(true);
  expect(isSameHost(parseTarget('ws://x:1'), parseTarget('ws://x:2'))).toBe(false);
  expect(isSameHost(parseTarget('ws+unix:/a:/'), parseTarget('ws://a'))).toBe(false);
});

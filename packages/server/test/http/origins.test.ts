import { describe, expect, test } from 'vitest';
import { Origins } from '../../src/http/origins.js';

describe('bound to loopback', () => {
  const origins = new Origins({ loopback: true, origins: ['https://app.example'], hosts: ['My.Test'] });

  test.each([
    [undefined, true],
    ['null', true],
    ['http://localhost:3000', true],
    ['https://localhost', true],
    ['http://127.0.0.1:1', true],
    ['http://127.9.9.9', true],
    ['http://[::1]:80', true],
    ['http://chat.localhost:8080', true],
    ['https://app.example', true],
    ['https://app.example:8443', false],
    ['http://app.example', false],
    ['https://evil.example', false],
    ['http://localhost.evil.example', false],
    ['http://127.0.0.1.evil.example', false],
    ['file://', false],
    ['chrome-extension://abcdef', false],
    ['nonsense', false],
    ['', false],
  ])('origin %s: %s', (origin, allowed) => {
    expect(origins.allows(origin, '127.0.0.1:8080')).toBe(allowed);
  });

  test.each([
    ['localhost:8080', true],
    ['127.0.0.1', true],
    ['[::1]:8080', true],
    ['my.test:8080', true],
    [undefined, true],
    ['evil.example', false],
    ['localhost.evil.example:8080', false],
    ['a b', false],
  ])('host %s: %s', (host, answered) => {
    expect(origins.answersTo(host)).toBe(answered);
  });
});

describe('bound to the world', () => {
  const origins = new Origins({ loopback: false, origins: ['https://app.example'], hosts: [] });

  test.each([
    ['https://chat.example', 'chat.example', true],
    ['http://chat.example', 'chat.example:80', true],
    ['https://chat.example', 'chat.example:443', true],
    ['https://chat.example:8443', 'chat.example:8443', true],
    ['https://chat.example:8443', 'chat.example', false],
    ['https://CHAT.example', 'chat.EXAMPLE', true],
    ['https://app.example', 'chat.example', true],
    ['https://evil.example', 'chat.example', false],
    ['null', 'chat.example', false],
    ['http://localhost', 'chat.example', false],
    ['https://chat.example', undefined, false],
  ])('origin %s at host %s: %s', (origin, host, allowed) => {
    expect(origins.allows(origin, host)).toBe(allowed);
  });

  test('any name is answered to', () => {
    expect(origins.answersTo('anything.example')).toBe(true);
  });
});

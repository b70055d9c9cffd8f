import { describe, expect, test } from 'vitest';
import { isLoopback, resolveConfig, type ServerConfig } from '../src/config.js';

test('everything has a default, and guests are let in while bound to loopback', () => {
  const config = resolveConfig({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    guests: true,
    loopback: true,
    durability: 'disk',
  });
  expect(config.limits.messageBytes).toBe(65_536);
  expect(config.timing.pingInterval).toBe(25);
});

test('large messages are a matter of configuration', () => {
  const large = { messageBytes: 10_000_000, frameBytes: 20_000_000, bodyBytes: 20_000_000 };
  expect(resolveConfig({ limits: large, log: { recordBytes: 20_000_000 } }).limits.messageBytes).toBe(
    10_000_000,
  );
});

test('one limit may be set without the others', () => {
  expect(resolveConfig({ limits: { messageBytes: 1000 } }).limits).toMatchObject({
    messageBytes: 1000,
    pageBytes: 65_536,
  });
});

describe('what cannot be is refused, with a sentence that names the option', () => {
  const cases: [ServerConfig | Record<string, unknown>, string][] = [
    [{ port: 70_000 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ prot: 1 }, 'prot'],
    [{ limits: { messageBytes: 1 } }, 'limits.messageBytes'],
    [{ limits: { messageBites: 1 } }, 'messageBites'],
    [{ limits: { messageBytes: 800_000 } }, 'limits.frameBytes'],
    [{ limits: { messageBytes: 800_000, frameBytes: 1_600_000 } }, 'limits.bodyBytes'],
    [{ limits: { messageBytes: 60_000 }, log: { recordBytes: 100_000 } }, 'log.recordBytes'],
    [{ log: { recordBytes: 10_000_000, pendingBytes: 10_000_000 } }, 'log.pendingBytes'],
    [{ log: { recordBytes: 10_000_000, memoryBytes: 10_000_000 } }, 'log.memoryBytes'],
    [{ log: { recordBytes: 10_000_000, fileBytes: 10_000_000 } }, 'log.fileBytes'],
    [{ log: { fileBytes: 5 } }, 'log.fileBytes'],
    [{ chat: { users: 0 } }, 'chat.users'],
    [{ chat: { reactionBytes: 97 } }, 'chat.reactionBytes'],
    [{ timing: { headTimeout: 40 } }, 'timing.requestTimeout'],
    [{ timing: { maxWait: 61 } }, 'timing.maxWait'],
    [{ timing: { pingInterval: 0 } }, 'timing.pingInterval'],
    [{ origins: ['https://a.example/path'] }, 'origins.0'],
    [{ apiKey: 'has a space in it, see' }, 'apiKey'],
    [{ tokenSecret: 'short' }, 'tokenSecret'],
    [{ host: '0.0.0.0' }, 'tokenSecret'],
    [{ guests: false }, 'tokenSecret'],
  ];
  for (const [config, named] of cases) {
    test(JSON.stringify(config), () => {
      expect(() => resolveConfig(config as ServerConfig)).toThrow(
        expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(named) }),
      );
    });
  }
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.0.1', false],
  ['127.0.0.1.example', false],
])('%s is loopback: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer } from '../support/server.js';
import { until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { messageBytes: 1000 } });
});
afterEach(async () => {
  await server.close();
});

describe('the way in', () => {
  const refusal = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
    server.socket(path, headers).then(
      () => 'opened',
      (error: Error) => error.message,
    );

  test('a name that is none is 400 before the upgrade', async () => {
    expect(await refusal('/ws/a%20b')).toContain('400');
    expect(await refusal('/ws/%ff')).toContain('400');
    expect(await refusal('/ws/')).toContain('400');
    expect(await refusal(`/ws/${'x'.repeat(65)}`)).toContain('400');
  });

  test('an address that is none is 404', async () => {
    expect(await refusal('/other')).toContain('404');
    expect(await refusal('/wsx')).toContain('404');
  });

  test('a foreign origin is 403, on every address; loopback and files are let in', async () => {
    for (const path of ['/ws', '/ws/alice', '/connection/websocket']) {
      expect(await refusal(path, { Origin: 'https://evil.example' })).toContain('403');
      expect(await refusal(path, { Origin: 'http://localhost:3000' })).toBe('opened');
      expect(await refusal(path, { Origin: 'null' })).toBe('opened');
    }
  });

  test('a name that was made to mean loopback is 403', async () => {
    expect(await refusal('/ws', { Host: 'evil.example', Origin: 'http://evil.example' })).toContain('403');
  });

  test('without guests the plain addresses are closed, and the session is open', async () => {
    await server.close();
    server = await startServer({ tokenSecret: 'a secret of the application' });
    expect(await refusal('/ws')).toContain('403');
    expect(await refusal('/ws/alice')).toContain('403');
    expect(await refusal('/connection/websocket')).toBe('opened');
  });

  test('beyond the limit of connections there is 503', async () => {
    await server.close();
    server = await startServer({ limits: { connections: 2 } });
    expect(await refusal('/ws')).toBe('opened');
    expect(await refusal('/ws')).toBe('opened');
    expect(await refusal('/ws')).toContain('503');
  });

  test('beyond the limit of one address there is 429, until one of its connections is gone', async () => {
    await server.close();
    server = await startServer({ trustProxy: true, limits: { connectionsPerAddress: 1 } });
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    const first = await server.socket('/ws', headers);
    expect(await refusal('/ws', headers)).toContain('429');
    expect(await refusal('/ws', { 'X-Forwarded-For': '203.0.113.8' })).toBe('opened');
    first.socket.close();
    await first.end();
    await until(async () => (await refusal('/ws', headers)) === 'opened');
  });
});

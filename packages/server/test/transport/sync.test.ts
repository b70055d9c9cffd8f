import type { HttpErrorBody } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Running, startServer } from '../support/server.js';
import { sync } from '../support/sync.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

describe('bad requests are told', () => {
  test('with a status and a code', async () => {
    const token = await server.token('alice');
    const status = async (params: Record<string, string>, bearer = token): Promise<[number, string]> => {
      const answer = await sync(server, bearer, params);
      return [answer.status, answer.body.error.code];
    };
    expect(await status({}, 'x')).toEqual([401, 'unauthorized']);
    expect(await status({ cursor: 'nonsense' })).toEqual([400, 'invalid_cursor']);
    expect(await status({ wait: '61' })).toEqual([400, 'bad_request']);
    expect(await status({ wait: '-1' })).toEqual([400, 'bad_request']);
    expect(await status({ wait: 'soon' })).toEqual([400, 'bad_request']);
    expect(await status({ session: 'x'.repeat(129) })).toEqual([400, 'bad_request']);
    expect((await server.get('/api/sync')).status).toBe(401);
    const post = await server.post('/api/sync', {});
    expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, OPTIONS']);
  });

  test('foreign origins are refused, allowed ones may read the answer', async () => {
    const token = await server.token('alice');
    const from = (origin: string): Promise<Answer<HttpErrorBody>> =>
      server.get(`/api/sync?token=${token}`, { Origin: origin });
    expect((await from('https://evil.example')).status).toBe(403);
    const allowed = await from('http://localhost:5173');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
    const preflight = await fetch(`${server.url}/api/sync`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://localhost:5173' },
    });
    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Headers')]).toEqual([
      204,
      'Authorization, Content-Type, Last-Event-ID',
    ]);
  });
});

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { HonoRequest } from 'hono/request';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readObject } from '../../src/http/request-body.js';
import { type Running, startServer } from '../support/server.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { bodyBytes: 200_000 } });
});
afterEach(async () => {
  await server.close();
});

/** Sends the parts as chunks, each in a write of its own, without a `Content-Length`. */
async function send(
  method: string,
  path: string,
  parts: readonly (string | Buffer)[],
): Promise<[number, string]> {
  const asked = request(`${server.url}${path}`, {
    method,
    headers: parts.length > 0 ? { 'Transfer-Encoding': 'chunked' } : {},
  });
  const answered = new Promise<[number, string]>((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', (response) => {
      text(response).then((body) => resolve([response.statusCode ?? 0, body]), reject);
    });
  });
  for (const part of parts) await new Promise<void>((resolve) => asked.write(part, () => resolve()));
  asked.end();
  return answered;
}

test('may come in chunks, cut within a character', async () => {
  const body = Buffer.from('{"name":"\u5c0f\u660e"}');
  const [status, answer] = await send('POST', '/api/guest', [body.subarray(0, 10), body.subarray(10)]);
  expect([status, (JSON.parse(answer) as { user: string }).user]).toEqual([200, '\u5c0f\u660e']);
});

test('is refused beyond the limit, announced or in chunks', async () => {
  const chunk = ' '.repeat(50_000);
  const [status, answer] = await send(
    'POST',
    '/api/guest',
    Array.from({ length: 5 }, () => chunk),
  );
  expect([status, answer]).toEqual([413, expect.stringContaining('message_too_large')]);
  expect((await server.post('/api/guest', { name: 'x'.repeat(200_000) })).status).toBe(413);
});

test.each([{}, { 'Content-Length': '100' }] as Record<string, string>[])(
  'that breaks off is the caller’s doing (%o)',
  async (headers) => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) });
    const init = { method: 'POST', headers, body, duplex: 'half' };
    const made = new HonoRequest(new Request('http://localhost/', init));
    await expect(readObject(made, 100)).rejects.toMatchObject({ code: 'bad_request' });
  },
);

test('is none of a method that is not allowed', async () => {
  for (const method of ['DELETE', 'PUT', 'PATCH']) {
    expect((await send(method, '/api/guest', []))[0]).toBe(405);
  }
  expect((await send('PUT', '/api/guest', ['{}']))[0]).toBe(405);
});

test('may be absent where nothing is needed', async () => {
  expect((await send('POST', '/api/guest', []))[0]).toBe(400);
});

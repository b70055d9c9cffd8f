import { expect, test } from 'vitest';
import { askAsGuest, suggestName } from '../../src/signin/guest.js';

function server(status: number, body: unknown): { request: typeof fetch; asked: unknown[] } {
  const asked: unknown[] = [];
  const request: typeof fetch = async (_address, init) => {
    asked.push(JSON.parse(typeof init?.body === 'string' ? init.body : 'null'));
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { request, asked };
}

test('a name is asked for as it is written, without the space around it', async () => {
  const { request, asked } = server(200, { user: 'Ada', token: 't' });
  expect(await askAsGuest(' ada ', true, request)).toEqual({
    ok: true,
    session: { user: 'Ada', token: 't' },
  });
  expect(asked).toEqual([{ name: 'ada', exclusive: true }]);
});

test('going on under a taken name does not ask for it alone', async () => {
  const { request, asked } = server(200, { user: 'ada', token: 't' });
  await askAsGuest('ada', false, request);
  expect(asked).toEqual([{ name: 'ada' }]);
});

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['two words', 'invalid_name'],
  ['x'.repeat(65), 'invalid_name'],
  ['a\u0000b', 'invalid_name'],
])('%j is refused without asking', async (name, why) => {
  const { request, asked } = server(200, {});
  expect(await askAsGuest(name, true, request)).toEqual({ ok: false, why });
  expect(asked).toEqual([]);
});

test.each([
  [409, { error: { code: 'name_taken' } }, 'name_taken'],
  [429, { error: { code: 'too_many_requests' } }, 'too_many_requests'],
  [403, { error: { code: 'permission_denied' } }, 'no_guests'],
  [404, 'not found', 'no_guests'],
  [502, '<html>', 'offline'],
  [500, {}, 'internal'],
  [200, { user: 'ada' }, 'internal'],
])('%i is told as what it means', async (status, body, why) => {
  expect(await askAsGuest('ada', true, server(status, body).request)).toEqual({ ok: false, why });
});

test('no answer at all is being offline', async () => {
  const request: typeof fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  expect(await askAsGuest('ada', true, request)).toEqual({ ok: false, why: 'offline' });
});

test('another name is close to the one that is taken, and still a name', () => {
  expect(suggestName('ada')).toBe('ada-2');
  expect(suggestName('ada-2')).toBe('ada-3');
  expect(Array.from(suggestName('名'.repeat(64))).length).toBeLessThanOrEqual(64);
});

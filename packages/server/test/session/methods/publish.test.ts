import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, startServer } from '../../support/server.js';
import { until } from '../../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

test('publish appends an object as it came, where one may write', async () => {
  const session = await server.session('alice');
  await session.call('subscribe', { channel: LOBBY });
  const data = { type: 'poll', options: ['a', { b: [1, null] }] };
  const { offset } = await session.call('publish', { channel: LOBBY, data });
  await until(() => session.offsets(LOBBY).includes(offset ?? 0));
  expect(session.publications(LOBBY).at(-1)?.data).toEqual(data);
  expect((await session.fail('publish', { channel: 'user:bob', data })).code).toBeGreaterThan(100);
  expect((await session.fail('publish', { channel: LOBBY, data: 'text' })).code).toBe(107);
  expect((await session.fail('publish', { channel: 'feed:news', data })).code).toBe(103);
});

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

test('presence says who is there by session, and joins and leaves are pushed', async () => {
  const alice = await server.session('alice');
  await alice.call('subscribe', { channel: LOBBY });
  const bob = await server.session('bob');
  await bob.call('subscribe', { channel: LOBBY });
  await until(() => alice.pushes.some((push) => push.join?.info.user === 'bob'));
  const { presence } = await alice.call('presence', { channel: LOBBY });
  expect(Object.values(presence).map((info) => info.user)).toEqual(['alice', 'bob']);
  expect(await alice.call('presence_stats', { channel: LOBBY })).toEqual({ num_clients: 2, num_users: 2 });
  bob.socket.socket.close(1000);
  await until(() => alice.pushes.some((push) => push.leave?.info.user === 'bob'));
});

test('a cut connection that comes back is no leave and no join', async () => {
  const alice = await server.session('alice');
  await alice.call('subscribe', { channel: LOBBY });
  const bob = await server.session('bob');
  await bob.call('subscribe', { channel: LOBBY });
  await until(() => alice.pushes.some((push) => push.join));
  const before = alice.pushes.length;
  bob.socket.socket.terminate();
  const again = await server.session('bob');
  await again.call('subscribe', { channel: LOBBY });
  await alice.call('ping');
  expect(alice.pushes).toHaveLength(before);
});

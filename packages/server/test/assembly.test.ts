/** Every option reaches the part that it is about. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ServerConfig } from '../src/config.js';
import { type Running, startServer } from './support/server.js';

async function start(config: ServerConfig): Promise<Running> {
  const server = await startServer(config);
  onTestFinished(() => server.close());
  return server;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fullduplex-assembly-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Posts a command and gives the code it fails with. */
async function codeOf(server: Running, token: string, method: string, params: object): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const { status, body } = await server.post(`/api/commands/${method}`, params, headers);
  return status === 200 ? 'nothing failed' : body.error.code;
}

test('what users may have', async () => {
  const server = await start({
    chat: {
      users: 2,
      roomsPerUser: 1,
      membershipsPerUser: 3,
      membersPerRoom: 1,
      reactionBytes: 4,
      historyBytes: 256,
      presentListed: 1,
    },
  });
  const [ada, bob] = [await server.token('ada'), await server.token('bob')];
  for (const token of [ada, bob]) await server.command(token, 'me.state');
  expect(await codeOf(server, ada, 'room.invite', { channel: 'room:lobby', user: 'cyd' })).toBe(
    'limit_exceeded',
  );
  await server.command(ada, 'room.create', { name: 'tea' });
  expect(await codeOf(server, ada, 'room.create', { name: 'cake' })).toBe('limit_exceeded');
  expect(await codeOf(server, bob, 'room.join', { channel: 'room:tea' })).toBe('limit_exceeded');
  await server.command(ada, 'direct.open', { user: 'bob' });
  expect(await codeOf(server, ada, 'direct.open', { user: 'ada' })).toBe('limit_exceeded');

  const send = { channel: 'room:tea', text: 'x'.repeat(300) };
  const sent = await server.command(ada, 'message.send', { ...send, key: '1' });
  await server.command(ada, 'message.send', { ...send, key: '2' });
  const react = { channel: 'room:tea', offset: sent.position.offset };
  expect(await codeOf(server, ada, 'message.react', { ...react, reaction: 'yes' })).toBe('nothing failed');
  expect(await codeOf(server, ada, 'message.react', { ...react, reaction: 'maybe' })).toBe(
    'message_too_large',
  );
  const { publications } = await server.command(ada, 'channel.history', { channel: 'room:tea', after: 1 });
  expect(publications).toHaveLength(1);

  const sessions = [await server.session('ada'), await server.session('bob')];
  for (const session of sessions) await session.call('subscribe', { channel: 'room:lobby' });
  const { channels } = await server.command(ada, 'me.state');
  expect(channels.find(({ channel }) => channel === 'room:lobby')?.present).toHaveLength(1);
});

test.each([
  ['in memory', () => ({ memoryBytes: 1024 * 1024 })],
  ['on the disk', () => ({ fileBytes: 1024 * 1024 })],
])('how much a log %s may hold', async (where, log) => {
  const server = await start({
    limits: { messageBytes: 100_000 },
    log: { recordBytes: 200_000, pendingBytes: 400_000, batchBytes: 1000, recentBytes: 0, ...log() },
    ...(where === 'on the disk' ? { dataDir: await folder(), durability: 'system' as const } : {}),
  });
  const ada = await server.token('ada');
  const codes = new Set<string>();
  for (let at = 0; at < 15; at++) {
    const message = { channel: 'room:lobby', key: `${at}`, text: 'x'.repeat(100_000) };
    codes.add(await codeOf(server, ada, 'message.send', message));
  }
  expect([...codes]).toEqual(['nothing failed', 'storage_full']);
  // Six bytes each as they are stored: more than a record has, though no more than a message may have.
  const escaped = { channel: 'room:lobby', key: 'e', text: '\u0001'.repeat(50_000) };
  expect(await codeOf(server, ada, 'message.send', escaped)).toBe('message_too_large');
});

test('how much may wait to be committed', async () => {
  const server = await start({
    limits: { messageBytes: 50_000 },
    log: { recordBytes: 100_000, pendingBytes: 200_000 },
    dataDir: await folder(),
  });
  const session = await server.session('ada');
  const text = 'x'.repeat(50_000);
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      session.reply('rpc', { method: 'message.send', data: { channel: 'room:lobby', key: `${at}`, text } }),
    ),
  );
  const failed = replies.filter(({ error }) => error !== undefined);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(20);
  for (const { error } of failed) expect(error).toMatchObject({ code: 1010, temporary: true });
});

test('how long a head may be, and how long it may take', async () => {
  const server = await start({ limits: { headBytes: 8192 }, timing: { headTimeout: 0.2 } });
  expect((await server.get(`/healthz?${'x'.repeat(7000)}`)).status).toBe(200);
  expect((await fetch(`${server.url}/healthz?${'x'.repeat(9000)}`)).status).toBe(431);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('GET /healthz HTTP/1.1\r\nHost: ');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('408 Request Timeout');
});

test('how long a connection waits for its next request', async () => {
  const server = await start({ timing: { keepAliveTimeout: 1 } });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('200 OK');
  expect(answer.toString()).toContain('Keep-Alive: timeout=1');
  await once(socket, 'close');
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SyncAnswer } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createServer } from '../src/server.js';
import { type Running, startServer, TestSession } from './support/server.js';
import { until } from './support/wait.js';

const LOBBY = 'room:lobby';
let folder: string;
let open: Running[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullduplex-server-'));
  open = [];
});
afterEach(async () => {
  for (const server of open) await server.close();
  await rm(folder, { recursive: true });
});

async function start(dataDir = folder): Promise<Running> {
  const server = await startServer({ dataDir });
  open.push(server);
  return server;
}

test('messages, tokens and positions outlive the server', async () => {
  const first = await start();
  const token = await first.token('alice');
  const { position } = await first.command(token, 'message.send', { channel: LOBBY, key: 'k', text: 'kept' });
  await first.close();
  const second = await start();
  const again = await second.command(token, 'message.send', { channel: LOBBY, key: 'k', text: 'kept' });
  expect(again).toEqual({ position, duplicate: true });
  const session = new TestSession(await second.socket('/connection/websocket'));
  await session.call('connect', { token });
  const { recovered, publications } = await session.call('subscribe', {
    channel: LOBBY,
    recover: true,
    epoch: position.epoch,
    offset: position.offset - 1,
  });
  expect([recovered, publications?.length]).toEqual([true, 1]);
});

test('a cursor that one server gave out is read on by the next', async () => {
  const first = await start();
  const token = await first.token('alice');
  const { cursor } = (await first.get<SyncAnswer>(`/api/sync?token=${token}`)).body;
  await first.command(token, 'message.send', { channel: LOBBY, key: 'a', text: 'before' });
  await first.close();
  const second = await start();
  await second.command(token, 'message.send', { channel: LOBBY, key: 'b', text: 'after' });
  const { publications, gaps } = (await second.get<SyncAnswer>(`/api/sync?token=${token}&cursor=${cursor}`))
    .body;
  expect(publications).toMatchObject([{ data: { text: 'before' } }, { data: { text: 'after' } }]);
  expect(gaps).toEqual([]);
});

describe('closing', () => {
  test('says 1012 to every connection, and is harmless when repeated', async () => {
    const server = await start();
    const session = await server.session('alice');
    const plain = await server.socket('/ws');
    await Promise.all([server.server.close(), server.server.close()]);
    expect((await session.socket.end()).code).toBe(1012);
    expect((await plain.end()).code).toBe(1012);
    await expect(fetch(server.url)).rejects.toThrow();
    await server.server.close();
  });

  test('finishes what is under way: what was acknowledged is there, and what is there was told nothing else', async () => {
    const server = await start();
    const session = await server.session('alice');
    for (let at = 0; at < 300; at++) {
      session.socket.send({
        id: 1000 + at,
        rpc: { method: 'message.send', data: { channel: LOBBY, key: `k${at}`, text: String(at) } },
      });
    }
    await until(() => session.messages.some(({ id }) => id === 1000));
    await server.server.close();
    const acknowledged = session.messages.filter(
      (reply) => (reply.id ?? 0) >= 1000 && reply.rpc !== undefined,
    ).length;
    const again = await start();
    const { publications } = await again.command(await again.token('alice'), 'channel.history', {
      channel: LOBBY,
      limit: 1000,
    });
    const texts = publications
      .map(({ data }) => data as { type: string; text: string })
      .filter(({ type }) => type === 'message')
      .map(({ text }) => Number(text));
    expect(texts.length).toBeGreaterThanOrEqual(acknowledged);
    expect(texts).toEqual(Array.from({ length: texts.length }, (_, at) => at));
  });

  test('does not wait for a client that says nothing back', async () => {
    const server = await startServer({ timing: { closeTimeout: 0.3 } });
    open.push(server);
    const session = await server.session('alice');
    session.socket.socket.pause();
    const began = performance.now();
    await server.server.close();
    // It would wait for good.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('before listening is harmless', async () => {
    await createServer({ port: 0 }).close();
  });

  test('while it is being opened leaves nothing open', async () => {
    const server = createServer({ port: 0, dataDir: folder });
    const listening = server.listen();
    const closing = server.close();
    await expect(listening).rejects.toMatchObject({ code: 'closed' });
    await closing;
    // The data folder is free again.
    await start();
  });
});

describe('what stands in the way of a start is one clear sentence', () => {
  test('a taken port', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.on('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(createServer({ port }).listen()).rejects.toMatchObject({
      code: 'address_in_use',
      message: expect.stringContaining(String(port)),
    });
    other.close();
  });

  test('an address that this machine does not have', async () => {
    const server = createServer({ host: '192.0.2.1', port: 0, guests: true });
    await expect(server.listen()).rejects.toMatchObject({ code: 'address_not_available' });
  });

  test('a data folder that is none, or that another server uses', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'x');
    await expect(createServer({ port: 0, dataDir: join(file, 'data') }).listen()).rejects.toMatchObject({
      code: 'data_unavailable',
      message: expect.stringContaining(file),
    });
    const data = join(folder, 'data');
    await start(data);
    await expect(createServer({ port: 0, dataDir: data }).listen()).rejects.toMatchObject({
      code: 'data_unavailable',
    });
  });

  test('after a failed start the data folder is free again', async () => {
    const server = createServer({ host: '192.0.2.1', port: 0, guests: true, dataDir: folder });
    await expect(server.listen()).rejects.toMatchObject({ code: 'address_not_available' });
    await start();
  });
});

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

test('rpc is the table of commands, and its errors are theirs', async () => {
  const session = await server.session('alice');
  const { position } = await session.rpc('message.send', { channel: LOBBY, key: 'k', text: 'hi' });
  expect(position.offset).toBe(2);
  const again = await session.rpc('message.send', { channel: LOBBY, key: 'k', text: 'hi' });
  expect(again).toEqual({ position, duplicate: true });
  const failed = async (method: string, data: unknown): Promise<number> =>
    (await session.fail('rpc', { method, data })).code;
  expect(await failed('message.fly', {})).toBe(104);
  expect(await failed('message.send', { channel: LOBBY })).toBe(107);
  expect(await failed('message.send', { channel: LOBBY, key: 'k', text: 'other' })).toBe(1007);
  expect(await failed('message.send', { channel: LOBBY, key: 'l', text: 'x'.repeat(65_537) })).toBe(1004);
  expect((await session.fail('rpc', {})).code).toBe(107);
});

test('typing is pushed to those who follow, and not stored', async () => {
  const alice = await server.session('alice');
  const bob = await server.session('bob');
  await alice.call('subscribe', { channel: LOBBY });
  const { offset } = await alice.call('history', { channel: LOBBY });
  await bob.rpc('typing.set', { channel: LOBBY, typing: true });
  await until(() => alice.pushes.some((push) => JSON.stringify(push).includes('typing')));
  expect((await alice.call('history', { channel: LOBBY })).offset).toBe(offset);
});

/** Readers that do not read: they lose nothing, cost no memory, harm nobody, and are not disconnected for it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, startServer, type TestSession } from '../support/server.js';
import { until } from '../support/wait.js';

const LOBBY = 'room:lobby';
const MESSAGES = 400;
const FILLER = 'x'.repeat(50_000);

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { outboxBytes: 64 * 1024 } });
});
afterEach(async () => {
  await server.close();
});

async function flood(sender: TestSession): Promise<void> {
  for (let at = 0; at < MESSAGES; at++) {
    await sender.rpc('message.send', { channel: LOBBY, key: `k${at}`, text: `${at} ${FILLER}` });
  }
}

function numbers(texts: readonly (string | undefined)[]): number[] {
  return texts.map((text) => Number(text?.split(' ')[0]));
}

const ALL = Array.from({ length: MESSAGES }, (_, at) => at);

test('a session that stops reading gets all of it when it reads again, in order, beside one that never stopped', async () => {
  const sender = await server.session('alice');
  const [slow, quick] = [await server.session('bob'), await server.session('carol')];
  for (const session of [slow, quick]) await session.call('subscribe', { channel: LOBBY });
  slow.socket.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  await flood(sender);
  await until(() => quick.texts(LOBBY).length === MESSAGES);
  // Twenty megabytes were sent; the server and the quick client are in this process, and hold none of them for the slow one.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(15_000_000);
  expect(slow.texts(LOBBY).length).toBeLessThan(MESSAGES);
  slow.socket.socket.resume();
  await until(() => slow.texts(LOBBY).length >= MESSAGES, 'the slow session');
  await sender.rpc('message.send', { channel: LOBBY, key: 'last', text: `${MESSAGES} live again` });
  await until(() => slow.texts(LOBBY).length > MESSAGES);
  expect(numbers(slow.texts(LOBBY))).toEqual([...ALL, MESSAGES]);
  expect(numbers(quick.texts(LOBBY)).slice(0, MESSAGES)).toEqual(ALL);
  expect(slow.socket.closed).toBeUndefined();
});

test('so does a page on the plain address', async () => {
  const sender = await server.session('alice');
  const page = await server.socket('/ws');
  page.socket.pause();
  await flood(sender);
  page.socket.resume();
  await until(() => page.received.length >= MESSAGES, 'the page');
  expect(numbers(page.received)).toEqual(ALL);
});

test('so does one that is asked for under another spelling, which shares nothing', async () => {
  const sender = await server.session('alice');
  const session = await server.session('bob');
  await session.call('subscribe', { channel: 'room:Lobby' });
  session.socket.socket.pause();
  await flood(sender);
  session.socket.socket.resume();
  await until(() => session.texts('room:Lobby').length >= MESSAGES, 'the session');
  expect(numbers(session.texts('room:Lobby'))).toEqual(ALL);
});

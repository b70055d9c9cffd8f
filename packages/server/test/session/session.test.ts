import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer, TestSession } from '../support/server.js';
import { settle, until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { badFrames: 10, frameBytes: 200_000 } });
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

async function fresh(): Promise<TestSession> {
  return new TestSession(await server.socket('/connection/websocket'));
}

test('send needs no answer', async () => {
  const session = await server.session('alice');
  session.socket.send({ send: { data: 1 } });
  await session.call('ping');
  expect(session.messages.filter((message) => message.error)).toEqual([]);
});

test('what was sent one after the other without waiting is in that order', async () => {
  const session = await server.session('alice');
  await session.call('subscribe', { channel: LOBBY });
  const texts = Array.from({ length: 200 }, (_, at) => `t${at}`);
  const lines = texts.map((text, at) =>
    JSON.stringify({
      id: 1000 + at,
      rpc: { method: 'message.send', data: { channel: LOBBY, key: text, text } },
    }),
  );
  session.socket.send(lines.slice(0, 100).join('\n'));
  for (const line of lines.slice(100)) session.socket.send(line);
  await until(() => session.texts(LOBBY).length === 200);
  expect(session.texts(LOBBY)).toEqual(texts);
});

describe('bad input is answered, and the session kept', () => {
  const cases: [string, string, number | undefined, number][] = [
    ['malformed JSON', '{"id":1,', undefined, 107],
    ['no object', '[1]', undefined, 107],
    ['an empty frame', '', undefined, 107],
    ['no method', '{"id":9}', 9, 107],
    ['two methods', '{"id":9,"ping":{},"rpc":{}}', 9, 107],
    ['an unknown method', '{"id":9,"fly":{}}', 9, 104],
    ['a method named like a property of objects', '{"id":9,"constructor":{}}', 9, 104],
    ['no id', '{"ping":{}}', undefined, 107],
    ['an id that is none', '{"id":"9","ping":{}}', undefined, 107],
    ['parameters that do not fit', '{"id":9,"subscribe":{"channel":5}}', 9, 107],
    ['an unknown kind of channel', '{"id":9,"subscribe":{"channel":"nowhere"}}', 9, 102],
    ['a name with control characters', '{"id":9,"subscribe":{"channel":"room:a\\u0000b"}}', 9, 1000],
    [
      'a name of 10,000 characters',
      `{"id":9,"rpc":{"method":"room.create","data":{"name":"${'x'.repeat(10_000)}"}}}`,
      9,
      1000,
    ],
  ];
  for (const [name, frame, id, code] of cases) {
    test(name, async () => {
      const session = await server.session('alice');
      const before = session.messages.length;
      session.socket.send(frame);
      await until(() => session.messages.length > before);
      expect(session.messages.at(-1)).toMatchObject({ error: { code } });
      expect(session.messages.at(-1)?.id).toBe(id);
      await session.call('ping');
    });
  }

  test('a command before connect', async () => {
    const session = await fresh();
    expect(await session.fail('ping')).toMatchObject({ code: 101 });
    await session.call('connect', { token: await server.token('alice') });
  });

  test('only a flood of it ends the session, and nobody else notices', async () => {
    const other = await server.session('bob');
    const session = await server.session('alice');
    for (let at = 0; at < 9; at++) session.socket.send('nonsense');
    await session.call('ping');
    for (let at = 0; at < 10; at++) session.socket.send('nonsense');
    expect(await session.socket.end()).toEqual({ code: 3509, reason: 'too many errors' });
    await other.call('ping');
  });

  test('a binary frame is another protocol, and a frame over the limit is too big', async () => {
    const binary = await server.session('alice');
    binary.socket.socket.send(Buffer.from([1, 2, 3]));
    expect((await binary.socket.end()).code).toBe(3506);
    const big = await server.session('alice');
    big.socket.send('x'.repeat(200_001));
    expect((await big.socket.end()).code).toBe(1009);
  });
});

test('a listener that goes away in the middle of a burst takes nothing from the others', async () => {
  const sessions = await Promise.all(['a', 'b', 'c'].map((name) => server.session(name)));
  for (const session of sessions) await session.call('subscribe', { channel: LOBBY });
  const [first, second, third] = sessions as [TestSession, TestSession, TestSession];
  const sends = Array.from({ length: 100 }, (_, at) =>
    first.rpc('message.send', { channel: LOBBY, key: `k${at}`, text: String(at) }),
  );
  await settle(2);
  second.socket.socket.terminate();
  await Promise.all(sends);
  await until(() => third.texts(LOBBY).length === 100);
  expect(third.texts(LOBBY)).toEqual(Array.from({ length: 100 }, (_, at) => String(at)));
});

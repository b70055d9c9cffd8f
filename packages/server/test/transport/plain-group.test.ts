import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.js';
import { memoryLog } from '../support/memory-log.js';
import { type Running, startServer } from '../support/server.js';
import { settle, until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer({ limits: { messageBytes: 1000 } });
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

/** A log that takes longer to say where a channel ends, and to read it, than to append to it. */
function slowToRead(log: Log): Log {
  const heads = log.heads.bind(log);
  const read = log.read.bind(log);
  log.heads = async (channels) => {
    await settle(200);
    return heads(channels);
  };
  log.read = async (request) => {
    await settle(200);
    return read(request);
  };
  return log;
}

async function say(token: string, channel: string, text: string): Promise<void> {
  await server.command(token, 'message.send', { channel, key: `${text}-${Math.random()}`, text });
}

describe('/ws, the plain group chat', () => {
  test('each text frame goes to everyone, its sender included, as it came', async () => {
    const [a, b] = [await server.socket('/ws'), await server.socket('/ws')];
    const frames = ['hello', '{"not":"ours"}', '  spaces\n and lines ', '你好 👋', '', 'x'.repeat(1000)];
    for (const frame of frames) a.send(frame);
    expect(await b.next(frames.length)).toEqual(frames);
    expect(await a.next(frames.length)).toEqual(frames);
  });

  test('whoever is the first there hears themselves from their first word on, however slow the log', async () => {
    await server.close();
    server = await startServer({}, { log: slowToRead(memoryLog()) });
    const first = await server.socket('/ws');
    const frames = ['one', 'two', 'three'];
    for (const frame of frames) first.send(frame);
    expect(await first.next(3)).toEqual(frames);
  });

  test('it is the lobby, from the moment of joining, in both ways', async () => {
    const alice = await server.token('alice');
    await say(alice, LOBBY, 'before');
    const session = await server.session('bob');
    await session.call('subscribe', { channel: LOBBY });
    const page = await server.socket('/ws');
    page.send('from the page');
    await page.next(1);
    await say(alice, LOBBY, 'from the chat');
    expect(await page.next(2)).toEqual(['from the page', 'from the chat']);
    await until(() => session.texts(LOBBY).length === 2);
    const sender = session.publications(LOBBY)[0]?.info.user;
    expect(sender).toMatch(/^guest-[0-9a-f]{6}$/);
  });

  test('only messages are given, not what is said about them', async () => {
    const page = await server.socket('/ws');
    const session = await server.session('bob');
    const { position } = await session.rpc('message.send', { channel: LOBBY, key: 'k', text: 'one' });
    const { offset } = position;
    await session.rpc('message.edit', { channel: LOBBY, offset, text: 'edited' });
    await session.rpc('message.react', { channel: LOBBY, offset, reaction: '+1' });
    await session.call('publish', { channel: LOBBY, data: { type: 'poll', text: 'no' } });
    await session.rpc('message.send', { channel: LOBBY, key: 'l', text: 'two' });
    expect(await page.next(2)).toEqual(['one', 'two']);
  });

  test('who only listens, and who speaks, is in nobody’s list of members', async () => {
    const page = await server.socket('/ws');
    page.send('hello');
    await page.next(1);
    const { members } = await server.command(await server.token('alice'), 'channel.members', {
      channel: LOBBY,
    });
    expect(members.map(({ user }) => user)).toEqual(['alice']);
  });

  test('the order of one sender is kept', async () => {
    const [a, b] = [await server.socket('/ws'), await server.socket('/ws')];
    const frames = Array.from({ length: 500 }, (_, at) => `m${at}`);
    for (const frame of frames) a.send(frame);
    expect(await b.next(500)).toEqual(frames);
  });

  test('binary frames and too large ones end the connection with a code, and nobody else’s', async () => {
    const other = await server.socket('/ws');
    const binary = await server.socket('/ws');
    binary.socket.send(Buffer.from('x'));
    expect((await binary.end()).code).toBe(1003);
    const large = await server.socket('/ws');
    large.send('x'.repeat(1001));
    expect((await large.end()).code).toBe(1009);
    other.send('still here');
    expect(await other.next(1)).toEqual(['still here']);
  });
});

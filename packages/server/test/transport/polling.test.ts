import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.js';
import { type Running, startServer } from '../support/server.js';
import { LOBBY, say, sync, texts } from '../support/sync.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

async function restart(config: ServerConfig): Promise<void> {
  await server.close();
  server = await startServer(config);
}

describe('polling', () => {
  test('without a cursor: a snapshot of what the user belongs to, and a cursor', async () => {
    const token = await server.token('alice');
    await say(server, token, 'before');
    const { status, body, headers } = await sync(server, token);
    expect(status).toBe(200);
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(body).toMatchObject({ publications: [], gaps: [], snapshot: { user: 'alice' } });
    expect(Object.keys(body.snapshot?.channels ?? {})).toEqual(['user:alice', LOBBY]);
    expect(body.snapshot?.channels[LOBBY]?.offset).toBe(2);
  });

  test('with one: what came after it, complete, as often as it is asked', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    await say(server, token, 'one');
    await say(server, token, 'two');
    const first = (await sync(server, token, { cursor })).body;
    expect(first.publications[0]).toMatchObject({
      channel: LOBBY,
      offset: 2,
      epoch: expect.any(String),
      data: { type: 'message', text: 'one' },
      info: { user: 'alice' },
      time: expect.any(Number),
    });
    expect(texts((await sync(server, token, { cursor })).body)).toEqual(['one', 'two']);
    const last = (await sync(server, token, { cursor: first.cursor })).body;
    expect(last).toEqual({ cursor: first.cursor, publications: [], gaps: [] });
  });

  test('the token may be in the address, as EventSource has it', async () => {
    const token = await server.token('alice');
    expect((await server.get(`/api/sync?token=${token}`)).status).toBe(200);
  });

  test('an answer is bounded, and says that there is more', async () => {
    await restart({ limits: { answerPublications: 10 } });
    const token = await server.token('alice');
    let { cursor } = (await sync(server, token)).body;
    for (let at = 0; at < 25; at++) await say(server, token, String(at));
    const sizes: [number, boolean | undefined][] = [];
    for (;;) {
      const { body } = await sync(server, token, { cursor });
      sizes.push([body.publications.length, body.more]);
      cursor = body.cursor;
      if (body.more !== true) break;
    }
    expect(sizes).toEqual([
      [10, true],
      [10, true],
      [5, undefined],
    ]);
  });

  test('a channel besides one’s own is read when asked for', async () => {
    const apiKey = 'key-of-a-back-end';
    await restart({ apiKey });
    const token = await server.token('alice');
    const headers = { Authorization: `ApiKey ${apiKey}` };
    await server.post('/api/publish', { channel: 'feed:news', data: { n: 0 } }, headers);
    const { cursor } = (await sync(server, token, { channel: 'feed:news' })).body;
    await server.post('/api/publish', { channel: 'feed:news', data: { n: 1 } }, headers);
    // Asked for in every request anew: a cursor is a place, and names no channels.
    expect((await sync(server, token, { cursor })).body.publications).toEqual([]);
    const { publications } = (await sync(server, token, { cursor, channel: 'feed:news' })).body;
    expect(publications).toMatchObject([{ channel: 'feed:news', data: { n: 1 } }]);
    expect((await sync(server, token, { channel: 'user:bob' })).status).toBe(403);
    const alone = (await sync(server, token, { channel: 'feed:news', mine: '0' })).body;
    expect(Object.keys(alone.snapshot?.channels ?? {})).toEqual(['feed:news']);
    await say(server, token, 'not asked for');
    expect((await sync(server, token, { cursor: alone.cursor, mine: '0' })).body.publications).toEqual([]);
  });
});

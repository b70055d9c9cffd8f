import { request } from 'node:http';
import type { SyncAnswer } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer } from '../support/server.js';
import { LOBBY, say, sync, texts } from '../support/sync.js';
import { settle, until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

describe('long polling', () => {
  test('is held until there is something', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    let answered = false;
    const held = sync(server, token, { cursor, wait: '25' }).then((answer) => {
      answered = true;
      return answer.body;
    });
    await settle(50);
    expect(answered).toBe(false);
    await say(server, token, 'now');
    expect(texts(await held)).toEqual(['now']);
  });

  test('is answered at once when there is something already', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    await say(server, token, 'earlier');
    expect(texts((await sync(server, token, { cursor, wait: '25' })).body)).toEqual(['earlier']);
  });

  test('is answered empty when the time is up, with a cursor that is as good', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    const began = performance.now();
    const { body } = await sync(server, token, { cursor, wait: '0.3' });
    const took = performance.now() - began;
    expect(body).toEqual({ cursor, publications: [], gaps: [] });
    expect(took).toBeGreaterThanOrEqual(295);
    // Neither the clients' habit nor the most that may be asked for.
    expect(took).toBeLessThan(20_000);
  });

  test('a newer request of the session releases the held one at once; another session’s does not', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    const done: string[] = [];
    const hold = (name: string, session?: string): Promise<SyncAnswer> =>
      sync(server, token, { cursor, wait: '25', ...(session === undefined ? {} : { session }) }).then(
        ({ body }) => {
          done.push(name);
          return body;
        },
      );
    const first = hold('first', 's1');
    const other = hold('other', 's2');
    const bare = hold('bare');
    await settle(50);
    const second = hold('second', 's1');
    expect((await first).publications).toEqual([]);
    await settle(50);
    expect(done).toEqual(['first']);
    const bareAgain = hold('bare again');
    expect((await bare).publications).toEqual([]);
    await say(server, token, 'for all');
    for (const answer of await Promise.all([second, other, bareAgain]))
      expect(texts(answer)).toEqual(['for all']);
  });

  test('so does one of the session that is not held itself', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    for (const params of [{ cursor }, {}] as const) {
      const held = sync(server, token, { cursor, wait: '25', session: 's1' });
      await settle(50);
      await sync(server, token, { ...params, session: 's1' });
      expect((await held).body).toEqual({ cursor, publications: [], gaps: [] });
    }
  });

  test('what is joined while it is held is in the answers, from the joining on', async () => {
    const alice = await server.token('alice');
    const bob = await server.token('bob');
    await server.command(bob, 'room.create', { name: 'tea' });
    await say(server, bob, 'before', 'room:tea');
    const { cursor } = (await sync(server, alice)).body;
    const held = sync(server, alice, { cursor, wait: '25' });
    await settle(50);
    await server.command(bob, 'room.invite', { channel: 'room:tea', user: 'alice' });
    await say(server, bob, 'after', 'room:tea');
    const all = (await held).body.publications.slice();
    let next = (await held).body.cursor;
    while (!all.some(({ data }) => (data as { text?: string }).text === 'after')) {
      const { body } = await sync(server, alice, { cursor: next, wait: '25' });
      all.push(...body.publications);
      next = body.cursor;
    }
    const tea = all.filter(({ channel }) => channel === 'room:tea').map(({ offset }) => offset);
    expect(tea).toEqual([3, 4]);
    expect(all.some(({ channel }) => channel === 'user:alice')).toBe(true);
  });

  test('a caller who left is not held on to', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    const held = async (): Promise<string | undefined> =>
      /fullduplex_held_requests (\d+)/.exec((await server.get('/metrics')).text)?.[1];
    const call = request(`${server.url}/api/sync?token=${token}&cursor=${cursor}&wait=25`);
    call.on('error', () => {});
    call.end();
    await until(async () => (await held()) === '1');
    call.destroy();
    await until(async () => (await held()) === '0');
  });

  test('ends at once when the server stops', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    const held = sync(server, token, { cursor, wait: '60' });
    await settle(50);
    const began = performance.now();
    await server.close();
    expect((await held).body).toEqual({ cursor, publications: [], gaps: [] });
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('who polls is seen by others, and their token is not', async () => {
    const token = await server.token('alice');
    await sync(server, token, { session: 'a secret of the tab' });
    await sync(server, token);
    const bob = await server.session('bob');
    const text = JSON.stringify(await bob.call('presence', { channel: LOBBY }));
    expect(text.match(/"alice"/g)).toHaveLength(2);
    expect(text).not.toContain(token.slice(-20));
    expect(text).not.toContain('secret');
  });

  test('who polls is here', async () => {
    const token = await server.token('alice');
    await sync(server, token);
    const { members } = await server.command(await server.token('bob'), 'channel.members', {
      channel: LOBBY,
    });
    expect(members).toContainEqual(expect.objectContaining({ user: 'alice', present: true }));
  });
});

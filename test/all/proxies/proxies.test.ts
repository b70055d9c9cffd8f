/** Two nodes on one PostgreSQL behind nginx and behind HAProxy, which send each request to whichever node is next. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Caller,
  callerAt,
  type Running,
  startServer,
  TestSession,
} from '../../../packages/server/test/support/server.js';
import { LOBBY, say, sync, texts } from '../../../packages/server/test/support/sync.js';
import { until } from '../../../packages/server/test/support/wait.js';
import { needs } from '../../support/needs.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.mjs';
import { isInstalled, KINDS, ProxyProcess } from './proxy.js';

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  describe('in front of two nodes', needs(isInstalled(kind), `${name} is not installed`), () => {
    let postgres: PostgresServer;
    let nodes: readonly [Running, Running];
    let proxy: ProxyProcess;
    let site: Caller;

    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(() => postgres?.stop());

    beforeEach(async () => {
      const logUrl = await postgres.createDatabase();
      const config = { logUrl, trustProxy: true };
      nodes = [await startServer(config), await startServer(config)];
      proxy = await ProxyProcess.start(kind, [nodes[0].url, nodes[1].url]);
      site = callerAt(proxy.url);
    });
    afterEach(async () => {
      await site?.close();
      await Promise.all(nodes.map((node) => node.close()));
      await proxy?.stop();
    });

    const metric = async (node: Running, pattern: RegExp): Promise<number> =>
      Number(pattern.exec((await node.get('/metrics')).text)?.[1] ?? 0);
    const sockets = (node: Running): Promise<number> =>
      metric(node, /^fullduplex_connections\{[^}]*websocket[^}]*\} (\d+)$/m);
    const held = async (): Promise<number> => {
      const each = nodes.map((node) => metric(node, /^fullduplex_held_requests (\d+)$/m));
      return (await Promise.all(each)).reduce((sum, count) => sum + count);
    };

    test('two chat over WebSocket, each on another node', async () => {
      const tokens = await Promise.all(['alice', 'bob'].map((name) => nodes[0].token(name)));
      const alice = new TestSession(await site.socket('/connection/websocket'));
      const bob = new TestSession(await site.socket('/connection/websocket'));
      expect(await Promise.all(nodes.map(sockets))).toEqual([1, 1]);
      await alice.call('connect', { token: tokens[0], data: { follow: 'mine' } });
      await bob.call('connect', { token: tokens[1], data: { follow: 'mine' } });
      await alice.rpc('message.send', { channel: LOBBY, key: 'a', text: 'from alice' });
      await until(() => bob.texts(LOBBY).includes('from alice'));
      await bob.rpc('message.send', { channel: LOBBY, key: 'b', text: 'from bob' });
      await until(() => alice.texts(LOBBY).includes('from bob'));
      expect(alice.texts(LOBBY)).toEqual(['from alice', 'from bob']);
      expect(bob.texts(LOBBY)).toEqual(['from alice', 'from bob']);
    });

    test('the plain addresses work, and a large frame comes whole', async () => {
      const one = await site.socket('/ws');
      const two = await site.socket('/ws');
      const text = 'ü'.repeat(30_000);
      one.send(text);
      expect(await two.next(1)).toEqual([text]);
    });

    test('events come while their stream goes on', async () => {
      const [alice, bob] = [await site.token('alice'), await site.token('bob')];
      const stop = new AbortController();
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${bob}` };
      const response = await fetch(`${site.url}/api/sync`, { headers, signal: stop.signal });
      expect(response.headers.get('Content-Type')).toContain('text/event-stream');
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      // A proxy that gathers what it is given would give nothing here, and the test would never end.
      const untilItComes = async (what: string): Promise<void> => {
        while (!text.includes(what)) {
          const { value, done } = await reader.read();
          if (done) throw new Error(`the stream ended without ${what}`);
          text += value;
        }
      };
      await untilItComes('event: snapshot');
      for (const each of ['one', 'two', 'three']) {
        await say(site, alice, each);
        await untilItComes(`"text":"${each}"`);
      }
      stop.abort();
      // That the reader has gone comes through.
      await until(async () => (await held()) === 0);
    });

    test('a long poll is held, and answered by what is said on any node', async () => {
      const [alice, bob] = [await site.token('alice'), await site.token('bob')];
      let { cursor } = (await sync(site, bob)).body;
      for (let round = 0; round < 6; round++) {
        const poll = sync(site, bob, { cursor, wait: '60' });
        await until(async () => (await held()) === 1);
        await say(nodes[round % 2]!, alice, `m${round}`);
        const { body } = await poll;
        expect(texts(body).filter((text) => text !== undefined)).toEqual([`m${round}`]);
        cursor = body.cursor;
      }
    });

    test('a cursor is good on every node: nothing is lost, doubled or out of order', async () => {
      const [alice, bob] = [await site.token('alice'), await site.token('bob')];
      let { cursor } = (await sync(site, bob)).body;
      const heard: string[] = [];
      const said = Array.from({ length: 20 }, (_, round) => `m${round}`);
      for (const text of said) {
        await say(site, alice, text);
        const { body } = await sync(site, bob, { cursor });
        heard.push(...texts(body));
        cursor = body.cursor;
      }
      // A node may be late, and then says so by its cursor: what it had not yet comes with the next answer.
      await until(async () => {
        const { body } = await sync(site, bob, { cursor });
        heard.push(...texts(body));
        cursor = body.cursor;
        return heard.filter((text) => text !== undefined).length >= said.length;
      });
      expect(heard.filter((text) => text !== undefined)).toEqual(said);
    });

    test("the site's own pages may open sockets, and no others", async () => {
      const refused = { Origin: 'https://elsewhere.example' };
      await site.socket('/connection/websocket', { Origin: site.url });
      await expect(site.socket('/connection/websocket', refused)).rejects.toThrow(/403/);
    });

    test('a node goes: requests go on, and a session goes on at the other from its place', async () => {
      const alice = await nodes[1].token('alice');
      const bob = await site.session('bob', { data: { follow: 'mine' } });
      await say(nodes[1], alice, 'before');
      await until(() => bob.texts(LOBBY).includes('before'));
      const { cursor } = bob.publications(LOBBY).at(-1) as unknown as { cursor: string };
      await nodes[0].close();
      await say(nodes[1], alice, 'meanwhile');
      for (let request = 0; request < 6; request++) {
        expect((await sync(site, alice)).status).toBe(200);
      }
      const again = new TestSession(await site.socket('/connection/websocket'));
      const token = await nodes[1].token('bob');
      await again.call('connect', { token, data: { follow: 'mine', since: cursor } });
      await until(() => again.texts(LOBBY).includes('meanwhile'));
      expect(again.texts(LOBBY)).toEqual(['meanwhile']);
    });
  });
});

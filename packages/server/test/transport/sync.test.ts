import { request } from 'node:http';
import type { HttpErrorBody, SyncAnswer } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.js';
import { type Answer, type Running, startServer } from '../support/server.js';
import { settle, until } from '../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

async function restart(config: ServerConfig): Promise<void> {
  await server.close();
  server = await startServer(config);
}

function sync(
  token: string,
  params: Record<string, string> = {},
): Promise<Answer<SyncAnswer & HttpErrorBody>> {
  const query = new URLSearchParams(params).toString();
  return server.get(`/api/sync?${query}`, { Authorization: `Bearer ${token}` });
}

let keys = 0;
async function say(token: string, text: string, channel = LOBBY): Promise<void> {
  keys += 1;
  await server.command(token, 'message.send', { channel, key: `k${keys}`, text });
}

function texts(answer: SyncAnswer): string[] {
  return answer.publications.map(({ data }) => (data as { text: string }).text);
}

describe('polling', () => {
  test('without a cursor: a snapshot of what the user belongs to, and a cursor', async () => {
    const token = await server.token('alice');
    await say(token, 'before');
    const { status, body, headers } = await sync(token);
    expect(status).toBe(200);
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(body).toMatchObject({ publications: [], gaps: [], snapshot: { user: 'alice' } });
    expect(Object.keys(body.snapshot?.channels ?? {})).toEqual(['user:alice', LOBBY]);
    expect(body.snapshot?.channels[LOBBY]?.offset).toBe(2);
  });

  test('with one: what came after it, complete, as often as it is asked', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    await say(token, 'one');
    await say(token, 'two');
    const first = (await sync(token, { cursor })).body;
    expect(first.publications[0]).toMatchObject({
      channel: LOBBY,
      offset: 2,
      epoch: expect.any(String),
      data: { type: 'message', text: 'one' },
      info: { user: 'alice' },
      time: expect.any(Number),
    });
    expect(texts((await sync(token, { cursor })).body)).toEqual(['one', 'two']);
    const last = (await sync(token, { cursor: first.cursor })).body;
    expect(last).toEqual({ cursor: first.cursor, publications: [], gaps: [] });
  });

  test('the token may be in the address, as EventSource has it', async () => {
    const token = await server.token('alice');
    expect((await server.get(`/api/sync?token=${token}`)).status).toBe(200);
  });

  test('an answer is bounded, and says that there is more', async () => {
    await restart({ limits: { answerPublications: 10 } });
    const token = await server.token('alice');
    let { cursor } = (await sync(token)).body;
    for (let at = 0; at < 25; at++) await say(token, String(at));
    const sizes: [number, boolean | undefined][] = [];
    for (;;) {
      const { body } = await sync(token, { cursor });
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
    const { cursor } = (await sync(token, { channel: 'feed:news' })).body;
    await server.post('/api/publish', { channel: 'feed:news', data: { n: 1 } }, headers);
    const { publications } = (await sync(token, { cursor })).body;
    expect(publications).toMatchObject([{ channel: 'feed:news', data: { n: 1 } }]);
    expect((await sync(token, { channel: 'user:bob' })).status).toBe(403);
    const alone = (await sync(token, { channel: 'feed:news', mine: '0' })).body;
    expect(Object.keys(alone.snapshot?.channels ?? {})).toEqual(['feed:news']);
    await say(token, 'not asked for');
    expect((await sync(token, { cursor: alone.cursor, mine: '0' })).body.publications).toEqual([]);
  });
});

describe('bad requests are told', () => {
  test('with a status and a code', async () => {
    const token = await server.token('alice');
    const status = async (params: Record<string, string>, bearer = token): Promise<[number, string]> => {
      const answer = await sync(bearer, params);
      return [answer.status, answer.body.error.code];
    };
    expect(await status({}, 'x')).toEqual([401, 'unauthorized']);
    expect(await status({ cursor: 'nonsense' })).toEqual([400, 'invalid_cursor']);
    expect(await status({ wait: '61' })).toEqual([400, 'bad_request']);
    expect(await status({ wait: '-1' })).toEqual([400, 'bad_request']);
    expect(await status({ wait: 'soon' })).toEqual([400, 'bad_request']);
    expect(await status({ session: 'x'.repeat(129) })).toEqual([400, 'bad_request']);
    expect((await server.get('/api/sync')).status).toBe(401);
    const post = await server.post('/api/sync', {});
    expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, OPTIONS']);
  });

  test('foreign origins are refused, allowed ones may read the answer', async () => {
    const token = await server.token('alice');
    const from = (origin: string): Promise<Answer<HttpErrorBody>> =>
      server.get(`/api/sync?token=${token}`, { Origin: origin });
    expect((await from('https://evil.example')).status).toBe(403);
    const allowed = await from('http://localhost:5173');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
    const preflight = await fetch(`${server.url}/api/sync`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://localhost:5173' },
    });
    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Headers')]).toEqual([
      204,
      'Authorization, Content-Type, Last-Event-ID',
    ]);
  });
});

describe('long polling', () => {
  test('is held until there is something', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    let answered = false;
    const held = sync(token, { cursor, wait: '25' }).then((answer) => {
      answered = true;
      return answer.body;
    });
    await settle(50);
    expect(answered).toBe(false);
    await say(token, 'now');
    expect(texts(await held)).toEqual(['now']);
  });

  test('is answered at once when there is something already', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    await say(token, 'earlier');
    expect(texts((await sync(token, { cursor, wait: '25' })).body)).toEqual(['earlier']);
  });

  test('is answered empty when the time is up, with a cursor that is as good', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    const began = performance.now();
    const { body } = await sync(token, { cursor, wait: '0.3' });
    const took = performance.now() - began;
    expect(body).toEqual({ cursor, publications: [], gaps: [] });
    expect(took).toBeGreaterThanOrEqual(295);
    expect(took).toBeLessThan(900);
  });

  test('a newer request of the session releases the held one at once; another session’s does not', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    const done: string[] = [];
    const hold = (name: string, session?: string): Promise<SyncAnswer> =>
      sync(token, { cursor, wait: '25', ...(session === undefined ? {} : { session }) }).then(({ body }) => {
        done.push(name);
        return body;
      });
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
    await say(token, 'for all');
    for (const answer of await Promise.all([second, other, bareAgain]))
      expect(texts(answer)).toEqual(['for all']);
  });

  test('so does one of the session that is not held itself', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    for (const params of [{ cursor }, {}] as const) {
      const held = sync(token, { cursor, wait: '25', session: 's1' });
      await settle(50);
      await sync(token, { ...params, session: 's1' });
      expect((await held).body).toEqual({ cursor, publications: [], gaps: [] });
    }
  });

  test('what is joined while it is held is in the answers, from the joining on', async () => {
    const alice = await server.token('alice');
    const bob = await server.token('bob');
    await server.command(bob, 'room.create', { name: 'tea' });
    await say(bob, 'before', 'room:tea');
    const { cursor } = (await sync(alice)).body;
    const held = sync(alice, { cursor, wait: '25' });
    await settle(50);
    await server.command(bob, 'room.invite', { channel: 'room:tea', user: 'alice' });
    await say(bob, 'after', 'room:tea');
    const all = (await held).body.publications.slice();
    let next = (await held).body.cursor;
    while (!all.some(({ data }) => (data as { text?: string }).text === 'after')) {
      const { body } = await sync(alice, { cursor: next, wait: '25' });
      all.push(...body.publications);
      next = body.cursor;
    }
    const tea = all.filter(({ channel }) => channel === 'room:tea').map(({ offset }) => offset);
    expect(tea).toEqual([3, 4]);
    expect(all.some(({ channel }) => channel === 'user:alice')).toBe(true);
  });

  test('a caller who left is not held on to', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
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
    const { cursor } = (await sync(token)).body;
    const held = sync(token, { cursor, wait: '25' });
    await settle(50);
    const began = performance.now();
    await server.close();
    expect((await held).body).toEqual({ cursor, publications: [], gaps: [] });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('who polls is seen by others, and their token is not', async () => {
    const token = await server.token('alice');
    await sync(token, { session: 'a secret of the tab' });
    await sync(token);
    const bob = await server.session('bob');
    const text = JSON.stringify(await bob.call('presence', { channel: LOBBY }));
    expect(text.match(/"alice"/g)).toHaveLength(2);
    expect(text).not.toContain(token.slice(-20));
    expect(text).not.toContain('secret');
  });

  test('who polls is here', async () => {
    const token = await server.token('alice');
    await sync(token);
    const { members } = await server.command(await server.token('bob'), 'channel.members', {
      channel: LOBBY,
    });
    expect(members).toContainEqual(expect.objectContaining({ user: 'alice', present: true }));
  });
});

interface Event {
  readonly id?: string;
  readonly event?: string;
  readonly data: unknown;
}

/** A stream, with its events as they come. */
class Stream {
  readonly events: Event[] = [];
  text = '';
  ended = false;
  readonly #stop = new AbortController();
  response!: Response;

  static async open(path: string, headers: Record<string, string> = {}): Promise<Stream> {
    const stream = new Stream();
    stream.response = await fetch(server.url + path, {
      headers: { Accept: 'text/event-stream', ...headers },
      signal: stream.#stop.signal,
    });
    void stream.#read();
    return stream;
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) {
        this.text += decoder.decode(chunk as Uint8Array, { stream: true });
        this.events.splice(0, this.events.length, ...parseEvents(this.text));
      }
    } catch {
      // Closed by us.
    }
    this.ended = true;
  }

  get texts(): string[] {
    return this.events
      .filter(({ event }) => event === undefined)
      .map(({ data }) => (data as { data: { text: string } }).data.text);
  }
}

function parseEvents(text: string): Event[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const [id, event, data] = [field('id'), field('event'), field('data')];
      return {
        data: JSON.parse(data ?? 'null') as unknown,
        ...(id === undefined ? {} : { id }),
        ...(event === undefined ? {} : { event }),
      };
    });
}

describe('server-sent events', () => {
  test('a snapshot, then each publication with the cursor after it', async () => {
    const token = await server.token('alice');
    const stream = await Stream.open(`/api/sync?token=${token}`);
    expect(stream.response.headers.get('Content-Type')).toContain('text/event-stream');
    expect(stream.response.headers.get('Cache-Control')).toBe('no-store');
    expect(stream.response.headers.get('X-Accel-Buffering')).toBe('no');
    await until(() => stream.events.length === 1);
    expect(stream.events[0]).toMatchObject({ event: 'snapshot', data: { user: 'alice' } });
    expect(stream.text).toMatch(/^retry: 2000\n\n/);
    await say(token, 'one');
    await say(token, 'line\nbreak');
    await until(() => stream.texts.length === 2);
    expect(stream.texts).toEqual(['one', 'line\nbreak']);
    expect(stream.events[1]?.data).toMatchObject({ channel: LOBBY, offset: 2, info: { user: 'alice' } });
    stream.close();
  });

  test('goes on from any id, in the header as EventSource sends it, over the one in the address', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    for (const text of ['a', 'b', 'c']) await say(token, text);
    const first = await Stream.open(`/api/sync?token=${token}&cursor=${cursor}`);
    await until(() => first.events.length === 3);
    first.close();
    const again = await Stream.open(`/api/sync?token=${token}&cursor=${cursor}`, {
      'Last-Event-ID': first.events[0]!.id!,
    });
    await until(() => again.events.length === 2);
    expect(again.texts).toEqual(['b', 'c']);
    again.close();
    expect(texts((await sync(token, { cursor: again.events[0]!.id! })).body)).toEqual(['c']);
  });

  test('picks up what is joined while it streams', async () => {
    const alice = await server.token('alice');
    const bob = await server.token('bob');
    await server.command(bob, 'room.create', { name: 'tea' });
    const stream = await Stream.open(`/api/sync?token=${alice}`);
    await server.command(bob, 'room.invite', { channel: 'room:tea', user: 'alice' });
    await say(bob, 'in the room', 'room:tea');
    await until(() => stream.texts.includes('in the room'));
    stream.close();
  });

  test('a comment keeps it alive', async () => {
    await restart({ timing: { heartbeat: 0.05 } });
    const token = await server.token('alice');
    const stream = await Stream.open(`/api/sync?token=${token}`);
    await until(() => stream.text.includes('\n:\n\n'));
    stream.close();
  });

  test('a slow reader is given everything in the end, and costs no queue meanwhile', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(token)).body;
    const chunks: Buffer[] = [];
    const call = request(`${server.url}/api/sync?token=${token}&cursor=${cursor}`, {
      headers: { Accept: 'text/event-stream' },
    });
    const begun = new Promise<void>((resolve) => {
      call.on('response', (response) => {
        response.pause();
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.pause();
        call.on('resume-reading', () => response.resume());
        resolve();
      });
    });
    call.end();
    await begun;
    const filler = 'x'.repeat(50_000);
    for (let at = 0; at < 200; at++) await say(token, `${at} ${filler}`);
    call.emit('resume-reading');
    await until(() => parseEvents(Buffer.concat(chunks).toString()).length === 200, 'all events', 15_000);
    const numbers = parseEvents(Buffer.concat(chunks).toString()).map(({ data }) =>
      Number((data as { data: { text: string } }).data.text.split(' ')[0]),
    );
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, at) => at));
    call.destroy();
  }, 30_000);

  test('ends when the server stops, so that the page comes back', async () => {
    const token = await server.token('alice');
    const stream = await Stream.open(`/api/sync?token=${token}`);
    await until(() => stream.events.length === 1);
    await server.close();
    await until(() => stream.ended);
  });

  test('a newer request of the same session ends it; two pages with one token and no session do not', async () => {
    const token = await server.token('alice');
    const named = await Stream.open(`/api/sync?token=${token}&session=tab`);
    const bare = [
      await Stream.open(`/api/sync?token=${token}`),
      await Stream.open(`/api/sync?token=${token}`),
    ];
    await until(() => named.events.length === 1);
    const { cursor } = (await sync(token)).body;
    const held = sync(token, { cursor, wait: '25', session: 'tab' });
    await until(() => named.ended);
    await say(token, 'on');
    expect(texts((await held).body)).toEqual(['on']);
    for (const stream of bare) {
      await until(() => stream.texts.length === 1);
      stream.close();
    }
  });
});

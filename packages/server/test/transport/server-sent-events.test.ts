import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.js';
import { type Running, startServer } from '../support/server.js';
import { LOBBY, say, sync, texts } from '../support/sync.js';
import { until } from '../support/wait.js';

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
    await say(server, token, 'one');
    await say(server, token, 'line\nbreak');
    await until(() => stream.texts.length === 2);
    expect(stream.texts).toEqual(['one', 'line\nbreak']);
    expect(stream.events[1]?.data).toMatchObject({ channel: LOBBY, offset: 2, info: { user: 'alice' } });
    stream.close();
  });

  test('goes on from any id, in the header as EventSource sends it, over the one in the address', async () => {
    const token = await server.token('alice');
    const { cursor } = (await sync(server, token)).body;
    for (const text of ['a', 'b', 'c']) await say(server, token, text);
    const first = await Stream.open(`/api/sync?token=${token}&cursor=${cursor}`);
    await until(() => first.events.length === 3);
    first.close();
    const again = await Stream.open(`/api/sync?token=${token}&cursor=${cursor}`, {
      'Last-Event-ID': first.events[0]!.id!,
    });
    await until(() => again.events.length === 2);
    expect(again.texts).toEqual(['b', 'c']);
    again.close();
    expect(texts((await sync(server, token, { cursor: again.events[0]!.id! })).body)).toEqual(['c']);
  });

  test('picks up what is joined while it streams', async () => {
    const alice = await server.token('alice');
    const bob = await server.token('bob');
    await server.command(bob, 'room.create', { name: 'tea' });
    const stream = await Stream.open(`/api/sync?token=${alice}`);
    await server.command(bob, 'room.invite', { channel: 'room:tea', user: 'alice' });
    await say(server, bob, 'in the room', 'room:tea');
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
    const { cursor } = (await sync(server, token)).body;
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
    for (let at = 0; at < 200; at++) await say(server, token, `${at} ${filler}`);
    call.emit('resume-reading');
    await until(() => parseEvents(Buffer.concat(chunks).toString()).length === 200, 'all events');
    const numbers = parseEvents(Buffer.concat(chunks).toString()).map(({ data }) =>
      Number((data as { data: { text: string } }).data.text.split(' ')[0]),
    );
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, at) => at));
    call.destroy();
  });

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
    const { cursor } = (await sync(server, token)).body;
    const held = sync(server, token, { cursor, wait: '25', session: 'tab' });
    await until(() => named.ended);
    await say(server, token, 'on');
    expect(texts((await held).body)).toEqual(['on']);
    for (const stream of bare) {
      await until(() => stream.texts.length === 1);
      stream.close();
    }
  });
});

import { describe, expect, it } from 'vitest';
import { openSse } from '../../src/transport/sse.js';
import type { TransportContext } from '../../src/transport/transport.js';
import { fixture } from '../support/context.js';
import { settled } from '../support/fake-clock.js';
import { FakeServer } from '../support/fake-server.js';

async function setUp(overrides: Partial<TransportContext> = {}, asked: string[] = []) {
  const server = new FakeServer();
  const parts = fixture({ fetch: server.fetch, ...overrides });
  for (const channel of asked) parts.asked.push({ channel, position: undefined });
  const transport = openSse(parts.context, parts.sink);
  await settled();
  return { ...parts, server, transport };
}

async function streaming(overrides: Partial<TransportContext> = {}) {
  const parts = await setUp({ cursor: 'c1', ...overrides });
  const stream = parts.server.last;
  await stream.streams();
  await stream.sends(': hello\n\n');
  return { ...parts, stream };
}

const publication = { channel: 'room:a', epoch: 'e', offset: 4, data: {}, info: { user: 'bob' }, time: 0 };

describe('server-sent events', () => {
  it('takes a snapshot, and then a stream from its cursor', async () => {
    const { server, events } = await setUp();
    expect(server.last.header('accept')).toBeNull();
    const snapshot = { user: 'alice', channels: { 'room:a': { epoch: 'e', offset: 3 } } };
    await server.last.syncs('c1', { snapshot });
    expect(server.last.query).toBe('cursor=c1');
    expect(server.last.header('accept')).toBe('text/event-stream');
    await server.last.streams();
    // Nothing counts until the stream is proven: a place that moved now would pass over the snapshot.
    expect(events).toEqual([]);
    await server.last.sends('retry: 2000\n\n');
    expect(events).toMatchObject([
      { type: 'opened', user: 'alice', beginning: { cursor: 'c1', channels: { 'room:a': { offset: 3 } } } },
      { type: 'reached', cursor: 'c1' },
    ]);
  });

  it("tells each publication, and takes the event's id as the place behind it", async () => {
    const { stream, events } = await streaming();
    await stream.sends(`id: c2\ndata: ${JSON.stringify(publication)}\n\n`);
    const { channel, epoch, ...rest } = publication;
    expect(events).toEqual([
      { type: 'opened' },
      { type: 'publication', channel, epoch, publication: rest },
      { type: 'reached', cursor: 'c2' },
    ]);
  });

  it('takes a heartbeat, which is an id alone, as how far the stream has come', async () => {
    const { stream, events } = await streaming();
    await stream.sends('id: c7\n\n');
    expect(events).toEqual([{ type: 'opened' }, { type: 'reached', cursor: 'c7' }]);
  });

  it('tells gaps, and passes over events that it does not know', async () => {
    const { stream, events } = await streaming();
    const gap = { channel: 'room:a', reason: 'retention', epoch: 'e', from: 1, to: 2, oldest: 3, head: 4 };
    await stream.sends(`event: gap\ndata: ${JSON.stringify(gap)}\n\nevent: news\ndata: 1\n\n`);
    expect(events.slice(1)).toEqual([{ type: 'gap', gap }]);
  });

  it.each(['ends', 'breaks'] as const)('ends when the stream %s', async (how) => {
    const { stream, events } = await streaming();
    await stream[how]();
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
  });

  it('opens the next stream, from its place, when the server ends one after a while', async () => {
    const { stream, server, events, clock } = await streaming();
    await stream.sends('id: c5\n\n');
    await clock.advance(10_000);
    await stream.ends();
    expect(server.last).not.toBe(stream);
    expect(server.last.query).toBe('cursor=c5');
    await server.last.streams();
    await server.last.sends('id: c6\n\n');
    expect(events.map(({ type }) => type)).toEqual(['opened', 'reached', 'reached']);
  });

  it('ends when the server falls silent, but not while it is heard', async () => {
    const { stream, events, clock } = await streaming();
    await clock.advance(24_999);
    await stream.sends(':\n\n');
    await clock.advance(24_999);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
    expect(stream.aborted).toBe(true);
  });

  it('ends at an answer that is no event stream', async () => {
    const { server, events } = await setUp({ cursor: 'c1' });
    await server.last.streams('text/html');
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'retry' } }]);
    expect(server.last.aborted).toBe(true);
  });

  it('begins anew with a snapshot when the server does not know the cursor', async () => {
    const { server, events } = await setUp({ cursor: 'old' });
    await server.last.refuses('invalid_cursor', 400);
    expect(server.last.query).toBe('');
    expect(server.last.header('accept')).toBeNull();
    expect(events).toEqual([]);
  });

  it('ends for the token when that is refused', async () => {
    const { server, events } = await setUp({ cursor: 'c1' });
    await server.last.refuses('unauthorized', 401);
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'token' } }]);
  });

  it('ends at an event that is no JSON', async () => {
    const { stream, events } = await streaming();
    await stream.sends('data: oops\n\n');
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
  });

  it('opens another stream for a channel that is asked for, and says where it stands', async () => {
    const { stream, server, events, asked, transport } = await streaming();
    asked.push({ channel: 'feed:n', position: undefined });
    transport.follow('feed:n');
    await settled();
    expect(stream.aborted).toBe(true);
    expect(server.last.path).toBe('/api/commands/channel.history');
    await server.last.answers({ publications: [], epoch: 'e', offset: 2 });
    expect(events.slice(1)).toMatchObject([{ type: 'started', channel: 'feed:n', start: { offset: 2 } }]);
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
    expect(server.last.header('accept')).toBe('text/event-stream');
  });

  it('asks for what was asked for before, once it is proven', async () => {
    const { server, events } = await setUp({ cursor: 'c1' }, ['feed:n']);
    expect(server.last.query).toBe('cursor=c1');
    await server.last.streams();
    await server.last.sends(':\n\n');
    await server.last.answers({ publications: [], epoch: 'e', offset: 2 });
    expect(events.map(({ type }) => type)).toEqual(['opened', 'started']);
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
  });

  it('says nothing more after it was closed', async () => {
    const { stream, events, transport, clock } = await streaming();
    transport.close();
    await settled();
    expect(stream.aborted).toBe(true);
    await clock.advance(100_000);
    expect(events).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

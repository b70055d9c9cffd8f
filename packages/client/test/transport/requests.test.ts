import { describe, expect, it } from 'vitest';
import { openLongPolling } from '../../src/transport/long-polling.js';
import { openPolling } from '../../src/transport/polling.js';
import type { OpenTransport, TransportContext } from '../../src/transport/transport.js';
import { fixture } from '../support/context.js';
import { settled } from '../support/fake-clock.js';
import { FakeServer } from '../support/fake-server.js';

const SNAPSHOT = { user: 'alice', channels: { 'room:a': { epoch: 'e', offset: 3 } } };

async function setUp(open: OpenTransport, overrides: Partial<TransportContext> = {}, asked: string[] = []) {
  const server = new FakeServer();
  const parts = fixture({ fetch: server.fetch, ...overrides });
  for (const channel of asked) parts.asked.push({ channel, position: undefined });
  const transport = open(parts.context, parts.sink);
  await settled();
  const types = (): string[] => parts.events.map(({ type }) => type);
  return { ...parts, server, transport, types };
}

const publication = (offset: number) => ({
  channel: 'room:a',
  epoch: 'e',
  offset,
  data: { type: 'message', text: 'x' },
  info: { user: 'bob' },
  time: 0,
});

describe('polling', () => {
  it('takes a snapshot first, and then asks every few seconds from the cursor', async () => {
    const { server, clock, events } = await setUp(openPolling);
    expect(server.last.path).toBe('/api/sync');
    expect(server.last.query).toBe('');
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    expect(events).toEqual([
      {
        type: 'opened',
        user: 'alice',
        beginning: { cursor: 'c1', channels: SNAPSHOT.channels, more: false },
      },
      { type: 'reached', cursor: 'c1' },
    ]);
    await clock.advance(3_000);
    expect(server.last.query).toBe('cursor=c1');
    await server.last.syncs('c2', { publications: [publication(4)] });
    expect(events.slice(2)).toMatchObject([
      { type: 'publication', channel: 'room:a', epoch: 'e' },
      { type: 'reached', cursor: 'c2' },
    ]);
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(2);
    await clock.advance(1);
    expect(server.last.query).toBe('cursor=c2');
  });

  it('goes on from the place that another transport left', async () => {
    const { server, events } = await setUp(openPolling, { cursor: 'c9' });
    expect(server.last.query).toBe('cursor=c9');
    await server.last.syncs('c9');
    expect(events).toEqual([{ type: 'opened' }]);
  });

  it('asks at once when there is more', async () => {
    const { server } = await setUp(openPolling, { cursor: 'c1' });
    await server.last.syncs('c2', { more: true });
    expect(server.last.query).toBe('cursor=c2');
  });

  it('takes a snapshot when the server does not know the cursor', async () => {
    const { server, types } = await setUp(openPolling, { cursor: 'old' });
    await server.last.refuses('invalid_cursor', 400);
    expect(server.last.query).toBe('');
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    expect(types()).toEqual(['opened', 'reached']);
  });

  it('ends when the server takes no cursor at all', async () => {
    const { server, types, clock } = await setUp(openPolling, { cursor: 'old' });
    await server.last.refuses('invalid_cursor', 400);
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    await clock.advance(3_000);
    await server.last.refuses('invalid_cursor', 400);
    expect(types()).toEqual(['opened', 'reached', 'closed']);
  });

  it.each([
    ['unauthorized', 401, 'token'],
    ['token_expired', 401, 'token'],
    ['shutting_down', 503, 'retry'],
  ])('ends at %s', async (code, status, kind) => {
    const { server, events, clock } = await setUp(openPolling);
    await server.last.refuses(code, status);
    expect(events).toEqual([{ type: 'closed', ending: { kind, reason: `It is ${code}.` } }]);
    await clock.advance(60_000);
    expect(server.requests).toHaveLength(1);
  });

  it('ends at an answer that is none', async () => {
    const { server, events } = await setUp(openPolling);
    await server.last.answers({ hello: 1 });
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'retry' } }]);
  });

  it('says where channels stand that were asked for by name, and names them then', async () => {
    const { server, events, asked, transport } = await setUp(openPolling, { cursor: 'c1' }, ['feed:n']);
    expect(server.last.query).toBe('cursor=c1');
    await server.last.syncs('c2');
    expect(server.last.path).toBe('/api/commands/channel.history');
    expect(server.last.body).toEqual({ channel: 'feed:n', limit: 1 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    expect(events.at(-1)).toEqual({
      type: 'started',
      channel: 'feed:n',
      start: { epoch: 'e', offset: 9, recovered: false, publications: [] },
    });
    expect(server.last.query).toBe('cursor=c2&channel=feed%3An');
    await server.last.syncs('c3');
    asked.push({ channel: 'feed:x', position: undefined });
    transport.follow('feed:x');
    await settled();
    await server.last.answers({ publications: [], epoch: 'e', offset: 0 });
    expect(server.last.query).toBe('cursor=c3&channel=feed%3An&channel=feed%3Ax');
  });

  it('finds the channel that a request was refused for, and goes on without it', async () => {
    const { server, events, asked } = await setUp(openPolling, { cursor: 'c1' }, ['feed:n', 'room:x']);
    await server.last.syncs('c1');
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An&channel=room%3Ax');
    await server.last.refuses('permission_denied', 403);
    expect(server.last.body).toEqual({ channel: 'feed:n', limit: 1 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    expect(server.last.body).toEqual({ channel: 'room:x', limit: 1 });
    asked.pop();
    await server.last.refuses('permission_denied', 403);
    expect(events.at(-1)).toMatchObject({
      type: 'refused',
      channel: 'room:x',
      error: { code: 'permission_denied' },
    });
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
  });

  it("asks for nothing of the user's own where only channels by name are wanted", async () => {
    const { server, events } = await setUp(openPolling, { follow: 'none' });
    expect(server.last.query).toBe('mine=0');
    await server.last.syncs('c1', { snapshot: { user: 'alice', channels: {} } });
    expect(events[0]).toMatchObject({ type: 'opened', user: 'alice', beginning: { channels: {} } });
  });

  it('says nothing more after it was closed', async () => {
    const { server, events, transport, clock } = await setUp(openPolling);
    transport.close();
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    await clock.advance(60_000);
    expect(events).toEqual([]);
    expect(server.requests).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

describe('long polling', () => {
  async function held(asked: string[] = []) {
    const parts = await setUp(openLongPolling, { cursor: 'c1' }, asked);
    await parts.server.last.syncs('c1');
    return parts;
  }

  it('proves that it works by a request that is not held, and has the next ones held', async () => {
    const { server, events } = await held();
    expect(events).toEqual([{ type: 'opened' }]);
    expect(server.last.query).toBe('wait=25&cursor=c1');
    await server.last.syncs('c2', { publications: [publication(4)] });
    expect(server.last.query).toBe('wait=25&cursor=c2');
  });

  it('gives the server the time that it asked for, and then some', async () => {
    const { events, clock } = await held();
    await clock.advance(34_999);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(events.at(-1)).toMatchObject({ type: 'closed', ending: { kind: 'retry' } });
  });

  it('does not run in circles when nothing is held', async () => {
    const { server, clock } = await held();
    const before = server.requests.length;
    await server.last.syncs('c1');
    expect(server.requests).toHaveLength(before);
    await clock.advance(500);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('cuts the held request short to ask for another channel', async () => {
    const { server, asked, transport, types } = await held();
    const request = server.last;
    asked.push({ channel: 'feed:n', position: undefined });
    transport.follow('feed:n');
    await settled();
    expect(request.aborted).toBe(true);
    await server.last.answers({ publications: [], epoch: 'e', offset: 2 });
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
    expect(types()).toEqual(['opened', 'started']);
  });

  it('goes on from its place without a channel that is no longer wanted', async () => {
    const { server, asked, transport } = await held();
    asked.push({ channel: 'feed:n', position: undefined });
    transport.follow('feed:n');
    await settled();
    await server.last.answers({ publications: [], epoch: 'e', offset: 2 });
    asked.pop();
    transport.unfollow('feed:n');
    await settled();
    expect(server.last.query).toBe('cursor=c1');
  });

  it('lets go of the held request when it is closed', async () => {
    const { server, transport, events } = await held();
    transport.close();
    await settled();
    expect(server.last.aborted).toBe(true);
    expect(events).toHaveLength(1);
  });

  it('keeps its own session, so that two transports do not release each other', async () => {
    const server = new FakeServer();
    const { context, sink } = fixture({ fetch: server.fetch });
    openLongPolling(context, sink);
    openPolling(context, sink);
    await settled();
    const sessions = server.requests.map(({ url }) => url.searchParams.get('session'));
    expect(new Set(sessions).size).toBe(2);
  });
});

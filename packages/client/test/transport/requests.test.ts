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
  for (const channel of asked) parts.followed.push({ channel, position: undefined, asked: true });
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
    const { server, clock, events, context } = await setUp(openPolling);
    expect(server.last.path).toBe('/api/sync');
    expect(server.last.query).toBe('');
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    expect(events).toEqual([
      {
        type: 'opened',
        user: 'alice',
        mine: { 'room:a': { epoch: 'e', offset: 3, recovered: false, publications: [] } },
      },
    ]);
    await clock.advance(3_000);
    expect(server.last.query).toBe('cursor=c1');
    await server.last.syncs('c2', { publications: [publication(4)] });
    expect(events.at(-1)).toMatchObject({ type: 'publications', channel: 'room:a', epoch: 'e' });
    expect(context.cursor.value).toBe('c2');
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(2);
    await clock.advance(1);
    expect(server.last.query).toBe('cursor=c2');
  });

  it('goes on from the cursor that another transport left', async () => {
    const { server, events } = await setUp(openPolling, { cursor: { value: 'c9' } });
    expect(server.last.query).toBe('cursor=c9');
    await server.last.syncs('c9');
    expect(events).toEqual([{ type: 'opened' }]);
  });

  it('asks at once when there is more', async () => {
    const { server } = await setUp(openPolling, { cursor: { value: 'c1' } });
    await server.last.syncs('c2', { more: true });
    expect(server.last.query).toBe('cursor=c2');
  });

  it('moves the cursor only after everything before it was told', async () => {
    const server = new FakeServer();
    const parts = fixture({ fetch: server.fetch, cursor: { value: 'c1' } });
    const cursors: unknown[] = [];
    openPolling(parts.context, (event) => cursors.push([event.type, parts.context.cursor.value]));
    await settled();
    await server.last.syncs('c2', { publications: [publication(4)] });
    expect(cursors).toEqual([
      ['opened', 'c1'],
      ['publications', 'c1'],
    ]);
  });

  it('takes a snapshot when the server does not know the cursor', async () => {
    const { server, types } = await setUp(openPolling, { cursor: { value: 'old' } });
    await server.last.refuses('invalid_cursor', 400);
    expect(server.last.query).toBe('');
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    expect(types()).toEqual(['opened']);
  });

  it('ends when the server takes no cursor at all', async () => {
    const { server, types, clock } = await setUp(openPolling, { cursor: { value: 'old' } });
    await server.last.refuses('invalid_cursor', 400);
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    await clock.advance(3_000);
    await server.last.refuses('invalid_cursor', 400);
    expect(types()).toEqual(['opened', 'closed']);
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

  it('has channels that were asked for by name joined, and then says where they stand', async () => {
    const { server, events, followed, transport } = await setUp(openPolling, { cursor: { value: 'c1' } }, [
      'feed:n',
    ]);
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
    await server.last.syncs('c2');
    expect(server.last.path).toBe('/api/commands/channel.history');
    expect(server.last.body).toEqual({ channel: 'feed:n', limit: 1 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    expect(events.at(-1)).toEqual({
      type: 'started',
      channel: 'feed:n',
      start: { epoch: 'e', offset: 9, recovered: false, publications: [] },
    });
    await server.last.syncs('c3');
    followed.push({ channel: 'feed:x', position: undefined, asked: true });
    transport.follow('feed:x');
    await settled();
    expect(server.last.query).toBe('cursor=c3&channel=feed%3An&channel=feed%3Ax');
  });

  it('finds the channel that a request was refused for, and goes on without it', async () => {
    const { server, events, followed } = await setUp(openPolling, { cursor: { value: 'c1' } }, [
      'feed:n',
      'room:x',
    ]);
    await server.last.refuses('permission_denied', 403);
    expect(server.last.body).toEqual({ channel: 'feed:n', limit: 1 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    expect(server.last.body).toEqual({ channel: 'room:x', limit: 1 });
    followed.pop();
    await server.last.refuses('permission_denied', 403);
    expect(events).toMatchObject([
      { type: 'refused', channel: 'room:x', error: { code: 'permission_denied' } },
    ]);
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
  });

  it("asks for nothing of the user's own where only channels by name are wanted", async () => {
    const { server, events } = await setUp(openPolling, { follow: 'none' });
    expect(server.last.query).toBe('mine=0');
    await server.last.syncs('c1', { snapshot: SNAPSHOT });
    expect(events).toEqual([{ type: 'opened', user: 'alice' }]);
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
    const parts = await setUp(openLongPolling, { cursor: { value: 'c1' } }, asked);
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
    const { server, followed, transport, types } = await held();
    const request = server.last;
    followed.push({ channel: 'feed:n', position: undefined, asked: true });
    transport.follow('feed:n');
    await settled();
    expect(request.aborted).toBe(true);
    expect(server.last.query).toBe('cursor=c1&channel=feed%3An');
    expect(types()).toEqual(['opened']);
  });

  it('begins anew without a channel that is no longer wanted', async () => {
    const { server, transport } = await held();
    transport.unfollow('feed:n');
    await settled();
    expect(server.last.query).toBe('');
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

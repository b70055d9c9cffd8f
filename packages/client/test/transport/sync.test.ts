import { describe, expect, it } from 'vitest';
import { SyncReader } from '../../src/transport/sync.js';
import type { TransportContext } from '../../src/transport/transport.js';
import { ClientError } from '../../src/types.js';
import { fixture } from '../support/context.js';
import { FakeServer } from '../support/fake-server.js';

function setUp(overrides: Partial<TransportContext> = {}) {
  const server = new FakeServer();
  const parts = fixture({ fetch: server.fetch, ...overrides });
  const reader = new SyncReader(parts.context, parts.sink);
  return { ...parts, server, reader };
}

const error = (
  code: 'invalid_cursor' | 'unrecoverable_position' | 'permission_denied' | 'unauthorized',
  retryable = false,
): ClientError => new ClientError(code, 'no', { retryable });

describe('SyncReader', () => {
  it('asks from the place that it was given, and for no longer than it must', () => {
    expect(setUp().reader.path(25)).toBe('api/sync?session=id1');
    const { reader } = setUp({ cursor: 'c1' });
    expect(reader.path(25)).toBe('api/sync?session=id1&wait=25&cursor=c1');
    expect(reader.path(0, 'c2')).toBe('api/sync?session=id1&cursor=c2');
  });

  it('says where a channel stands that was asked for, and names it from then on, until it is not asked for', async () => {
    const { reader, asked, server, events } = setUp({ cursor: 'c1' });
    asked.push({ channel: 'feed:n', position: undefined });
    expect(reader.unnamed).toBe(true);
    expect(reader.path(0)).toBe('api/sync?session=id1&cursor=c1');
    const naming = reader.name();
    expect(server.last.body).toEqual({ channel: 'feed:n', limit: 1 });
    await server.last.answers({ publications: [], epoch: 'e', offset: 9 });
    await naming;
    expect(events).toEqual([
      {
        type: 'started',
        channel: 'feed:n',
        start: { epoch: 'e', offset: 9, recovered: false, publications: [] },
      },
    ]);
    expect(reader.unnamed).toBe(false);
    expect(reader.path(0)).toBe('api/sync?session=id1&cursor=c1&channel=feed%3An');
    asked.pop();
    await reader.name();
    expect(reader.path(0)).toBe('api/sync?session=id1&cursor=c1');
    asked.push({ channel: 'feed:n', position: undefined });
    expect(reader.unnamed).toBe(true);
  });

  it('reports a channel that may not be read, and does not name it', async () => {
    const { reader, asked, server, events } = setUp({ cursor: 'c1' });
    asked.push({ channel: 'room:x', position: undefined });
    const naming = reader.name();
    await server.last.refuses('permission_denied', 403);
    await naming;
    expect(events).toMatchObject([
      { type: 'refused', channel: 'room:x', error: { code: 'permission_denied' } },
    ]);
    expect(reader.path(0)).not.toContain('channel');
  });

  it.each(['invalid_cursor', 'unrecoverable_position'] as const)(
    'gives up a place that the server calls %s, but not one after the other',
    (code) => {
      const { reader } = setUp({ cursor: 'c1' });
      expect(reader.forgetCursor(error('permission_denied'))).toBe(false);
      expect(reader.cursor).toBe('c1');
      expect(reader.forgetCursor(error(code))).toBe(true);
      expect(reader.cursor).toBeUndefined();
      expect(reader.forgetCursor(error(code))).toBe(false);
    },
  );

  it.each([
    ['the token', error('unauthorized')],
    ['something that passes', error('permission_denied', true)],
    ['something else', new Error('a bug')],
  ])('looks for no channel to blame when it was %s', async (_, cause) => {
    const { reader, server, asked } = setUp();
    asked.push({ channel: 'feed:n', position: undefined });
    expect(await reader.weedOut(cause)).toBe(false);
    expect(server.requests).toHaveLength(0);
  });

  it('says once that it reads, and again with each snapshot', () => {
    const { reader, events } = setUp();
    reader.open();
    reader.open();
    const snapshot = { user: 'alice', channels: {}, more: true };
    reader.open({ cursor: 'c1', publications: [], gaps: [], snapshot });
    expect(events).toEqual([
      { type: 'opened' },
      { type: 'opened', user: 'alice', beginning: { cursor: 'c1', channels: {}, more: true } },
    ]);
  });

  it('reports a place after what came before it, and the same one once', () => {
    const { reader, events } = setUp({ cursor: 'c1' });
    const publication = {
      channel: 'room:a',
      epoch: 'e',
      offset: 4,
      data: {},
      info: { user: 'bob' },
      time: 0,
    };
    reader.deliver({ cursor: 'c2', publications: [publication], gaps: [] });
    reader.deliver({ cursor: 'c2', publications: [], gaps: [] });
    reader.reach('');
    expect(events.map(({ type }) => type)).toEqual(['opened', 'publication', 'reached']);
    expect(reader.cursor).toBe('c2');
  });

  it('says why it ended once, and nothing after', () => {
    const { reader, events } = setUp();
    reader.fail(error('unauthorized'));
    reader.fail(error('permission_denied'));
    reader.deliver({ cursor: 'c1', publications: [], gaps: [] });
    expect(events).toEqual([{ type: 'closed', ending: { kind: 'token', reason: 'no' } }]);
    expect(reader.cursor).toBeUndefined();
    expect(reader.signal.aborted).toBe(true);
  });

  it('does not swallow what is no failure of the connection', () => {
    const { reader, events } = setUp();
    expect(() => reader.fail(new RangeError('a bug'))).toThrow('a bug');
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'retry' } }]);
  });
});

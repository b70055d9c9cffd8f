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
  code: 'invalid_cursor' | 'permission_denied' | 'unauthorized',
  retryable = false,
): ClientError => new ClientError(code, 'no', { retryable });

describe('SyncReader', () => {
  it('asks from the cursor, for what is wanted by name besides, and for no longer than it must', () => {
    const { reader, followed, context } = setUp();
    followed.push({ channel: 'feed:n', position: undefined, asked: true });
    followed.push({ channel: 'room:a', position: { epoch: 'e', offset: 1 }, asked: false });
    expect(reader.path(0)).toBe('api/sync?session=id1');
    context.cursor.value = 'c1';
    expect(reader.path(25)).toBe('api/sync?session=id1&wait=25&cursor=c1&channel=feed%3An');
    expect(reader.path(0, 'c2')).toBe('api/sync?session=id1&cursor=c2&channel=feed%3An');
  });

  it('gives up a cursor that the server does not know, but not one after the other', () => {
    const { reader, context } = setUp({ cursor: { value: 'c1' } });
    expect(reader.forgetCursor(error('permission_denied'))).toBe(false);
    expect(context.cursor.value).toBe('c1');
    expect(reader.forgetCursor(error('invalid_cursor'))).toBe(true);
    expect(context.cursor.value).toBeUndefined();
    expect(reader.forgetCursor(error('invalid_cursor'))).toBe(false);
  });

  it.each([
    ['the token', error('unauthorized')],
    ['something that passes', error('permission_denied', true)],
    ['something else', new Error('a bug')],
  ])('looks for no channel to blame when it was %s', async (_, cause) => {
    const { reader, server, followed } = setUp();
    followed.push({ channel: 'feed:n', position: undefined, asked: true });
    expect(await reader.weedOut(cause)).toBe(false);
    expect(server.requests).toHaveLength(0);
  });

  it('says once that it reads, and again with each snapshot', () => {
    const { reader, events } = setUp();
    reader.open(undefined);
    reader.open(undefined);
    reader.open({ user: 'alice', channels: {} });
    expect(events).toEqual([{ type: 'opened' }, { type: 'opened', user: 'alice', mine: {} }]);
  });

  it('says why it ended once, and nothing after', () => {
    const { reader, events, context } = setUp();
    reader.fail(error('unauthorized'));
    reader.fail(error('permission_denied'));
    reader.deliver({ cursor: 'c1', publications: [], gaps: [] });
    expect(events).toEqual([{ type: 'closed', ending: { kind: 'token', reason: 'no' } }]);
    expect(context.cursor.value).toBeUndefined();
    expect(reader.signal.aborted).toBe(true);
  });

  it('does not swallow what is no failure of the connection', () => {
    const { reader, events } = setUp();
    expect(() => reader.fail(new RangeError('a bug'))).toThrow('a bug');
    expect(events).toMatchObject([{ type: 'closed', ending: { kind: 'retry' } }]);
  });
});

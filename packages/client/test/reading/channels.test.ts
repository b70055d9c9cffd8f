import type { ChannelState } from '@fullduplex/wire';
import { describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { type Asker, Channels, type Standing } from '../../src/reading/channels.js';
import type { StatePage } from '../../src/reading/listing.js';
import type { ChannelStart } from '../../src/transport/transport.js';
import { ClientError } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { FakeLog } from '../support/fake-log.js';

function setUp({ follow = 'mine', ...standing }: Standing & { follow?: 'mine' | 'none' } = {}) {
  const clock = new FakeClock();
  const logs = new Map<string, FakeLog>();
  const log = (channel: string, head = 0): FakeLog => {
    const known = logs.get(channel) ?? new FakeLog(channel, head);
    logs.set(channel, known);
    return known;
  };
  const told: string[] = [];
  const asked: string[] = [];
  /** Pages of `me.state` that were asked for, each to be answered. */
  const pages: { after?: string; answer: (page: StatePage | ClientError) => Promise<void> }[] = [];
  const channels = new Channels(
    {
      follow,
      history: (channel, options) => log(channel).history(channel, options),
      state: ({ after }) =>
        new Promise((resolve, reject) => {
          const answer = (page: StatePage | ClientError): Promise<void> => {
            if (page instanceof ClientError) reject(page);
            else resolve(page);
            return settled();
          };
          pages.push({ ...(after !== undefined && { after }), answer });
        }),
      newBackoff: () => new Backoff(1_000, 1_000, () => 1),
      clock,
      emit: (name, event) => {
        const { channel } = event;
        told.push('offset' in event ? `${channel} ${event.offset}` : `${channel} ${name}`);
      },
      onChange: () => {},
      onAsked: (channel, on) => asked.push(`${on ? '+' : '-'}${channel}`),
    },
    standing,
  );
  const begin = (heads: Record<string, number>, { more = false, cursor = 'c0' } = {}): void => {
    const at = Object.entries(heads).map(([channel, offset]) => [channel, { epoch: 'e1', offset }]);
    channels.handle({
      type: 'opened',
      user: 'alice',
      beginning: { cursor, channels: Object.fromEntries(at), more },
    });
  };
  const receive = (channel: string, data?: unknown): void => {
    channels.handle({ type: 'publication', channel, publication: log(channel).append(data) });
  };
  const reach = (cursor: string): void => channels.handle({ type: 'reached', cursor });
  return { clock, log, told, asked, pages, channels, begin, receive, reach };
}

const at = (offset: number): ChannelStart => ({ epoch: 'e1', offset, recovered: true, publications: [] });

const state = (channel: string, offset: number): ChannelState => ({
  channel,
  epoch: 'e1',
  offset,
  read: 0,
  unread: 0,
  present: [],
});

function asker() {
  return {
    publication: vi.fn<Asker['publication']>(),
    gap: vi.fn<Asker['gap']>(),
    started: vi.fn<Asker['started']>(),
    refused: vi.fn<Asker['refused']>(),
  };
}

const JOINED = { type: 'joined', user: 'alice', channel: 'room:b' };
const LEFT = { type: 'left', user: 'alice', channel: 'room:b' };

describe('Channels', () => {
  it('follows what the user belongs to, and tells each once', () => {
    const { channels, told, begin, receive, log } = setUp();
    log('room:a', 3);
    begin({ 'room:a': 3 });
    receive('room:a');
    channels.handle({ type: 'publication', channel: 'room:a', publication: log('room:a').slice(0)[1]! });
    expect(channels.user).toBe('alice');
    expect(told).toEqual(['room:a joined', 'room:a 4']);
    expect(channels.positions()).toEqual({ 'room:a': { epoch: 'e1', offset: 4 } });
  });

  it('tells on beginning anew only what changed while it was away', () => {
    const { told, begin } = setUp();
    begin({ 'room:a': 0, 'room:b': 0 });
    told.length = 0;
    begin({ 'room:b': 0, 'room:c': 0 });
    expect(told).toEqual(['room:a left', 'room:c joined']);
  });

  it("learns of joining and leaving from the records of the user's own feed", () => {
    const { told, begin, receive, log } = setUp();
    begin({ 'user:alice': 0 });
    log('room:b', 5);
    receive('user:alice', JOINED);
    receive('room:b', JOINED);
    receive('room:b');
    receive('user:alice', LEFT);
    receive('room:b');
    expect(told.slice(1)).toEqual([
      'user:alice 1',
      'room:b joined',
      'room:b 6',
      'room:b 7',
      'user:alice 2',
      'room:b left',
    ]);
    expect(log('room:b').reads).toEqual([]);
  });

  it('goes on at the joining in a channel that the user left and came back to', () => {
    const { told, begin, receive, log } = setUp();
    log('room:b', 2);
    begin({ 'user:alice': 0, 'room:b': 2 });
    receive('user:alice', LEFT);
    log('room:b').append();
    log('room:b').append();
    receive('user:alice', JOINED);
    receive('room:b');
    expect(told.filter((line) => line.startsWith('room:b '))).toEqual([
      'room:b joined',
      'room:b left',
      'room:b joined',
      'room:b 5',
    ]);
    expect(log('room:b').reads).toEqual([]);
  });

  it('tells nothing after leaving of what it was still reading before', async () => {
    const { told, begin, receive, log } = setUp({ positions: { 'room:b': { epoch: 'e1', offset: 0 } } });
    log('room:b', 3);
    begin({ 'user:alice': 0, 'room:b': 3 });
    receive('user:alice', LEFT);
    await settled();
    expect(told).toEqual(['user:alice joined', 'room:b joined', 'user:alice 1', 'room:b left']);
  });

  it('is not moved by joining and leaving that it was told of before', () => {
    const { channels, told, begin, receive, log } = setUp();
    begin({ 'user:alice': 0, 'room:b': 0 });
    receive('user:alice', LEFT);
    receive('user:alice', JOINED);
    receive('room:b');
    told.length = 0;
    // Another transport begins at an older place.
    for (const publication of log('user:alice').slice(0)) {
      channels.handle({ type: 'publication', channel: 'user:alice', publication });
    }
    channels.handle({ type: 'publication', channel: 'room:b', publication: log('room:b').slice(0)[0]! });
    receive('room:b');
    expect(told).toEqual(['room:b 2']);
  });

  it('takes a publication of an unknown channel for one whose joining is still to be told', () => {
    const { told, begin, receive } = setUp();
    begin({ 'user:alice': 0 });
    receive('room:b', JOINED);
    expect(told).toEqual(['user:alice joined', 'room:b joined', 'room:b 1']);
  });

  it("tells nothing of channels that nobody asked for where it follows nothing of the user's own", () => {
    const { told, begin, receive } = setUp({ follow: 'none' });
    begin({});
    receive('room:a');
    expect(told).toEqual([]);
  });

  it('finds what it missed by the positions it was given, where it begins anew', async () => {
    const { begin, told, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 2 } } });
    log('room:a', 4);
    begin({ 'room:a': 4 });
    await settled();
    expect(told).toEqual(['room:a joined', 'room:a 3', 'room:a 4']);
  });

  it('counts what is known to be there and not told yet', async () => {
    const { channels, begin, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 2 } } });
    log('room:a', 9);
    begin({ 'room:a': 9, 'room:b': 4 });
    expect(channels.behind).toBe(7);
    await settled();
    expect(channels.behind).toBe(0);
  });

  it('reads what could not be read while there was no way to the server', async () => {
    const { channels, told, begin, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 0 } } });
    log('room:a', 1).failures = [new ClientError('signed_out', 'no', { retryable: false })];
    begin({ 'room:a': 1 });
    await settled();
    expect(told).toEqual(['room:a joined']);
    channels.handle({ type: 'opened' });
    await settled();
    expect(told).toEqual(['room:a joined', 'room:a 1']);
  });

  it('moves its place behind what was told', () => {
    const { channels, begin, receive, reach } = setUp();
    expect(channels.cursor).toBeUndefined();
    begin({ 'room:a': 0 });
    expect(channels.cursor).toBe('c0');
    receive('room:a');
    expect(channels.cursor).toBe('c0');
    reach('c1');
    expect(channels.cursor).toBe('c1');
  });

  it('keeps its place while something before it is still to be told', async () => {
    const { channels, begin, reach, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 0 } } });
    log('room:a', 3);
    begin({ 'room:a': 3 });
    reach('c1');
    expect(channels.cursor).toBeUndefined();
    await settled();
    expect(channels.cursor).toBe('c1');
  });

  it('knows no place where the transport has none', () => {
    const { channels, begin, reach } = setUp({ follow: 'none' });
    begin({});
    reach('c1');
    channels.handle({ type: 'opened', beginning: { channels: {}, more: false } });
    expect(channels.cursor).toBeUndefined();
  });

  it('goes on from the place of an earlier client, knowing what the user belongs to by the names', () => {
    const { channels, told, receive, log } = setUp({ cursor: 'c7' });
    log('room:a', 4);
    channels.handle({ type: 'opened', user: 'alice', epoch: 'e3', belongs: ['user:alice', 'room:a'] });
    receive('room:a');
    expect(channels.cursor).toBe('c7');
    expect(told).toEqual(['user:alice joined', 'room:a joined', 'room:a 5']);
    expect(channels.positions()).toEqual({ 'room:a': { epoch: 'e3', offset: 5 } });
  });

  it('takes no names for what it knows itself', () => {
    const { channels, told, begin } = setUp();
    begin({ 'room:a': 0 });
    channels.handle({ type: 'opened', belongs: ['room:b'] });
    expect(told).toEqual(['room:a joined']);
  });

  it('asks page by page for what it belongs to where it was told a part of it, and finds what it missed', async () => {
    const { channels, told, begin, pages, log } = setUp({
      positions: { 'room:b': { epoch: 'e1', offset: 1 }, 'room:z': { epoch: 'e1', offset: 1 } },
    });
    log('room:b', 3);
    begin({ 'user:alice': 0, 'room:a': 2 }, { more: true });
    await pages[0]!.answer({ user: 'alice', channels: [state('room:a', 2)], next: 'n1' });
    expect(pages[1]!.after).toBe('n1');
    // Whoever took up our place now would not know what is missing in the channels that are still to be listed.
    expect(channels.cursor).toBeUndefined();
    await pages[1]!.answer({ user: 'alice', channels: [state('room:b', 3)] });
    expect(told).toEqual(['user:alice joined', 'room:a joined', 'room:b joined', 'room:b 2', 'room:b 3']);
    expect(pages).toHaveLength(2);
    expect(channels.cursor).toBe('c0');
  });

  it('believes what came while it asked more than what it was answered', async () => {
    const { told, begin, receive, pages } = setUp();
    begin({ 'user:alice': 0, 'room:a': 0, 'room:b': 0 });
    begin({ 'user:alice': 0 }, { more: true });
    told.length = 0;
    receive('user:alice', LEFT);
    receive('user:alice', { type: 'joined', user: 'alice', channel: 'room:c' });
    await pages[0]!.answer({ user: 'alice', channels: [state('room:b', 0)] });
    expect(told).toEqual(['user:alice 1', 'room:b left', 'user:alice 2', 'room:c joined', 'room:a left']);
  });

  it('asks again for the page that it did not get, and no more where it begins anew', async () => {
    const { told, begin, pages, clock } = setUp();
    begin({}, { more: true });
    await pages[0]!.answer(new ClientError('unavailable', 'later', { retryable: true }));
    await clock.advance(1_000);
    expect(pages).toHaveLength(2);
    begin({ 'room:a': 0 });
    await pages[1]!.answer({ user: 'alice', channels: [state('room:b', 0)] });
    expect(told).toEqual(['room:a joined']);
    expect(clock.timers).toBe(0);
  });

  it("asks what it belongs to when records of the user's own feed are gone", async () => {
    const { channels, told, begin, receive, pages, log } = setUp();
    log('room:b', 4);
    begin({ 'user:alice': 0, 'room:b': 4, 'room:a': 0 });
    receive('user:alice', LEFT);
    told.length = 0;
    log('room:b').append();
    channels.handle({
      type: 'gap',
      gap: { channel: 'user:alice', reason: 'retention', epoch: 'e1', to: 9, oldest: 10, head: 9 },
    });
    receive('room:b');
    await pages[0]!.answer({ user: 'alice', channels: [state('room:b', 6)] });
    expect(told).toEqual(['user:alice gap', 'room:b joined', 'room:b 6', 'room:a left']);
  });

  it('asks for a channel once, whoever wants it, and lets go of it with the last', () => {
    const { channels, asked } = setUp();
    const [one, two] = [asker(), asker()];
    channels.ask('feed:n', one);
    channels.ask('feed:n', two);
    channels.handle({ type: 'started', channel: 'feed:n', start: at(4) });
    expect(one.started).toHaveBeenCalledTimes(1);
    expect(two.started).toHaveBeenCalledTimes(1);
    channels.release('feed:n', one);
    expect(channels.isRead('feed:n')).toBe(true);
    channels.release('feed:n', two);
    channels.release('feed:n', two);
    expect(asked).toEqual(['+feed:n', '-feed:n']);
    expect(channels.isRead('feed:n')).toBe(false);
    expect(channels.positions()).toEqual({});
  });

  it("does not let go of what became the user's own while it was asked for", () => {
    const { channels, asked } = setUp();
    const one = asker();
    channels.ask('room:x', one);
    channels.handle({ type: 'started', channel: 'room:x', start: at(0) });
    channels.handle({ type: 'joined', channel: 'room:x', epoch: 'e1' });
    channels.release('room:x', one);
    expect(asked).toEqual(['+room:x']);
    expect(channels.isRead('room:x')).toBe(true);
  });

  it('tells who asked when the server refuses, for good', () => {
    const { channels } = setUp();
    const one = asker();
    channels.ask('room:x', one);
    const error = new ClientError('permission_denied', 'no', { retryable: false });
    channels.handle({ type: 'refused', channel: 'room:x', error });
    expect(one.refused).toHaveBeenCalledExactlyOnceWith(error);
    expect(channels.asked()).toEqual([]);
  });

  it('asks again later when the server was only too busy', async () => {
    const { channels, asked, clock } = setUp();
    channels.ask('room:x', asker());
    const error = new ClientError('too_many_requests', 'later', { retryable: true });
    channels.handle({ type: 'refused', channel: 'room:x', error });
    await clock.advance(1_000);
    expect(asked).toEqual(['+room:x', '+room:x']);
  });

  it('asks by name for what the user left and the app still wants', () => {
    const { channels, asked, begin } = setUp();
    begin({ 'room:a': 0 });
    channels.ask('room:a', asker());
    channels.handle({ type: 'left', channel: 'room:a' });
    expect(asked).toEqual(['+room:a', '+room:a']);
  });

  it('asks again for what was taken back, so that whoever wants it hears whether it may be read', () => {
    const { channels, asked } = setUp();
    channels.ask('room:x', asker());
    channels.handle({ type: 'left', channel: 'room:x' });
    expect(asked).toEqual(['+room:x', '+room:x']);
  });

  it('gives no news of a channel that was only asked for when it learns what the user belongs to', () => {
    const { channels, asked, told, begin } = setUp();
    channels.ask('feed:n', asker());
    begin({ 'room:a': 0 });
    expect(asked).toEqual(['+feed:n']);
    expect(told).toEqual(['room:a joined']);
    expect(channels.asked()).toEqual([{ channel: 'feed:n', position: undefined }]);
  });

  it('reads what a channel that was asked for lacked, where it comes with what the user belongs to', async () => {
    const { channels, told, begin, receive, log } = setUp();
    begin({ 'user:alice': 0 });
    const one = asker();
    channels.ask('room:b', one);
    channels.handle({ type: 'started', channel: 'room:b', start: at(0) });
    receive('user:alice', JOINED);
    log('room:b').append();
    // The place lies behind that record, and so nothing tells of it.
    channels.handle({ type: 'opened' });
    channels.handle({ type: 'shared', channel: 'room:b' });
    await settled();
    expect(told.slice(1)).toEqual(['user:alice 1', 'room:b joined', 'room:b 1']);
    expect(one.publication).toHaveBeenCalledTimes(1);
  });

  it('leaves no hole, when the user joins it, in a channel that is asked for by name', async () => {
    const { channels, told, begin, receive, log } = setUp();
    log('room:b', 2);
    begin({ 'user:alice': 0 });
    channels.ask('room:b', asker());
    channels.handle({ type: 'started', channel: 'room:b', start: at(2) });
    log('room:b').append();
    receive('user:alice', JOINED);
    receive('room:b', JOINED);
    await settled();
    expect(told.slice(1)).toEqual(['user:alice 1', 'room:b joined', 'room:b 3', 'room:b 4']);
  });

  it('passes on presence and typing', () => {
    const { channels, told } = setUp();
    channels.handle({ type: 'presence', channel: 'room:a', user: 'bob', present: true });
    channels.handle({ type: 'typing', channel: 'room:a', user: 'bob', typing: true });
    expect(told).toEqual(['room:a presence', 'room:a typing']);
  });

  it('ends everything when it is closed', async () => {
    const { channels, told, begin, pages, clock, log } = setUp({
      positions: { 'room:a': { epoch: 'e1', offset: 0 } },
    });
    log('room:a', 1);
    const one = asker();
    channels.ask('feed:n', one);
    begin({ 'room:a': 1 }, { more: true });
    channels.close(new ClientError('closed', 'closed', { retryable: false }));
    await pages[0]!.answer({ user: 'alice', channels: [state('room:b', 1)] });
    expect(told).toEqual(['room:a joined']);
    expect(one.refused).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });
});

import type { Position } from '@fullduplex/wire';
import { describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { type Asker, Channels } from '../../src/reading/channels.js';
import type { ChannelStart } from '../../src/transport/transport.js';
import { ClientError } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { FakeLog } from '../support/fake-log.js';

function setUp({
  follow = 'mine',
  positions = {},
}: {
  follow?: 'mine' | 'none';
  positions?: Record<string, Position>;
} = {}) {
  const clock = new FakeClock();
  const logs = new Map<string, FakeLog>();
  const log = (channel: string, head = 0): FakeLog => {
    const known = logs.get(channel) ?? new FakeLog(channel, head);
    logs.set(channel, known);
    return known;
  };
  const told: string[] = [];
  const asked: string[] = [];
  const channels = new Channels(
    {
      follow,
      history: (channel, options) => log(channel).history(channel, options),
      newBackoff: () => new Backoff(1_000, 1_000, () => 1),
      clock,
      emit: (name, event) => {
        const { channel } = event;
        told.push('offset' in event ? `${channel} ${event.offset}` : `${channel} ${name}`);
      },
      onChange: () => {},
      onAsked: (channel, on) => asked.push(`${on ? '+' : '-'}${channel}`),
    },
    positions,
  );
  const receive = (channel: string, data?: unknown): void => {
    const publication = log(channel).append(data);
    channels.handle({ type: 'publications', channel, publications: [publication] });
  };
  return { clock, log, told, asked, channels, receive };
}

const at = (offset: number, recovered = true): ChannelStart => ({
  epoch: 'e1',
  offset,
  recovered,
  publications: [],
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
    const { channels, told, receive, log } = setUp();
    log('room:a', 3);
    channels.handle({ type: 'opened', user: 'alice', mine: { 'room:a': at(3) } });
    receive('room:a');
    channels.handle({ type: 'publications', channel: 'room:a', publications: log('room:a').slice(0) });
    expect(channels.user).toBe('alice');
    expect(told).toEqual(['room:a joined', 'room:a 4']);
    expect(channels.positions()).toEqual({ 'room:a': { epoch: 'e1', offset: 4 } });
  });

  it('tells on reconnecting only what changed while it was away', () => {
    const { channels, told } = setUp();
    channels.handle({ type: 'opened', mine: { 'room:a': at(0), 'room:b': at(0) } });
    told.length = 0;
    channels.handle({ type: 'opened', mine: { 'room:b': at(0), 'room:c': at(0) } });
    expect(told).toEqual(['room:a left', 'room:c joined']);
  });

  it("learns of joining and leaving from the records of the user's own feed", async () => {
    const { channels, told, receive, log } = setUp();
    channels.handle({ type: 'opened', user: 'alice', mine: { 'user:alice': at(0) } });
    log('room:b', 5).append(JOINED);
    receive('user:alice', JOINED);
    await settled();
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
  });

  it('goes on where it was in a channel that the user left and came back to', async () => {
    const { channels, told, receive, log } = setUp();
    log('room:b', 2);
    channels.handle({ type: 'opened', user: 'alice', mine: { 'user:alice': at(0), 'room:b': at(2) } });
    receive('user:alice', LEFT);
    log('room:b').append();
    log('room:b').append();
    receive('user:alice', JOINED);
    await settled();
    receive('room:b');
    expect(told.filter((line) => line.startsWith('room:b '))).toEqual([
      'room:b joined',
      'room:b left',
      'room:b joined',
      'room:b 3',
      'room:b 4',
      'room:b 5',
    ]);
  });

  it('takes a publication of an unknown channel for one whose joining is still to be told', async () => {
    const { channels, told, receive } = setUp();
    channels.handle({ type: 'opened', user: 'alice', mine: { 'user:alice': at(0) } });
    receive('room:b', JOINED);
    await settled();
    expect(told).toEqual(['user:alice joined', 'room:b joined', 'room:b 1']);
  });

  it("tells nothing of channels that nobody asked for where it follows nothing of the user's own", () => {
    const { channels, told, receive } = setUp({ follow: 'none' });
    channels.handle({ type: 'opened', user: 'alice' });
    receive('room:a');
    expect(told).toEqual([]);
  });

  it('recovers from the positions it was given', async () => {
    const { channels, told, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 2 } } });
    log('room:a', 4);
    expect(channels.followed()).toEqual([
      { channel: 'room:a', position: { epoch: 'e1', offset: 2 }, asked: false },
    ]);
    channels.handle({ type: 'opened', mine: { 'room:a': at(4, false) } });
    await settled();
    expect(told).toEqual(['room:a joined', 'room:a 3', 'room:a 4']);
  });

  it('counts what is known to be there and not told yet', () => {
    const { channels } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 2 } } });
    channels.handle({ type: 'opened', mine: { 'room:a': at(9), 'room:b': at(4) } });
    expect(channels.behind).toBe(7);
  });

  it('reads what could not be read while there was no way to the server', async () => {
    const { channels, told, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 0 } } });
    log('room:a', 1).failures = [new ClientError('signed_out', 'no', { retryable: false })];
    channels.handle({ type: 'opened', mine: { 'room:a': at(1, false) } });
    await settled();
    expect(told).toEqual(['room:a joined']);
    channels.handle({ type: 'opened' });
    await settled();
    expect(told).toEqual(['room:a joined', 'room:a 1']);
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
    channels.handle({ type: 'joined', channel: 'room:x' });
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
    expect(channels.followed()).toEqual([]);
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
    const { channels, asked } = setUp();
    channels.handle({ type: 'opened', mine: { 'room:a': at(0) } });
    channels.ask('room:a', asker());
    channels.handle({ type: 'left', channel: 'room:a' });
    expect(asked).toEqual(['+room:a', '+room:a']);
  });

  it('passes on presence and typing', () => {
    const { channels, told } = setUp();
    channels.handle({ type: 'presence', channel: 'room:a', user: 'bob', present: true });
    channels.handle({ type: 'typing', channel: 'room:a', user: 'bob', typing: true });
    expect(told).toEqual(['room:a presence', 'room:a typing']);
  });

  it('ends everything when it is closed', async () => {
    const { channels, told, clock, log } = setUp({ positions: { 'room:a': { epoch: 'e1', offset: 0 } } });
    log('room:a', 1);
    const one = asker();
    channels.ask('feed:n', one);
    channels.handle({ type: 'opened', mine: { 'room:a': at(1, false) } });
    channels.close(new ClientError('closed', 'closed', { retryable: false }));
    await settled();
    expect(told).toEqual(['room:a joined']);
    expect(one.refused).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });
});

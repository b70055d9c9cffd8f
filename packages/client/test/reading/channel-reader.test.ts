import type { Gap, Position, Publication } from '@fullduplex/wire';
import { describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { ChannelReader } from '../../src/reading/channel-reader.js';
import { ClientError, type ReceivedPublication } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { FakeLog } from '../support/fake-log.js';

function setUp({ head = 0, position }: { head?: number; position?: Position | undefined } = {}) {
  const log = new FakeLog('room:a', head);
  const clock = new FakeClock();
  const told: number[] = [];
  const gaps: Gap[] = [];
  const listener = vi.fn<(publication: ReceivedPublication) => void>();
  const reader: ChannelReader = new ChannelReader(
    {
      channel: log.channel,
      history: log.history,
      onPublication: (publication) => {
        told.push(publication.offset);
        listener(publication);
      },
      onGap: (gap) => gaps.push(gap),
      onChange: () => {},
      clock,
      backoff: new Backoff(1_000, 1_000, () => 1),
    },
    position,
  );
  const at = (offset: number): Position => ({ epoch: log.epoch, offset });
  const start = (recovered: boolean, publications = log.slice(log.head)) => ({
    epoch: log.epoch,
    offset: log.head,
    recovered,
    publications,
  });
  const receive = (publications: readonly Publication[], epoch?: string): void => {
    for (const publication of publications) reader.receive(publication, epoch);
  };
  return { log, clock, told, gaps, listener, reader, receive, at, start };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('ChannelReader', () => {
  it('begins where the server stands when it has no position of its own', () => {
    const { log, reader, told, start } = setUp({ head: 5 });
    reader.resume(start(false));
    expect(reader.position).toEqual({ epoch: 'e1', offset: 5 });
    reader.receive(log.append());
    expect(told).toEqual([6]);
    expect(log.reads).toEqual([]);
  });

  it('moves its position before it tells, so that a listener that asks again gets nothing twice', () => {
    const { log, reader, receive, listener, told, start } = setUp({ head: 1 });
    reader.resume(start(false));
    listener.mockImplementation((publication) => {
      expect(reader.position?.offset).toBe(publication.offset);
      reader.receive(publication);
      reader.resume(start(true, [publication]));
    });
    receive([log.append(), log.append()]);
    expect(told).toEqual([2, 3]);
  });

  it('drops what it has told already', () => {
    const { log, reader, receive, told, start } = setUp({ head: 3 });
    reader.resume(start(false));
    receive([...log.slice(0), log.append()]);
    receive(log.slice(0));
    expect(told).toEqual([4]);
  });

  it('takes what it missed from a recovery, and waits for the rest to be pushed', () => {
    const { log, reader, receive, told, at, start } = setUp({
      head: 5,
      position: { epoch: 'e1', offset: 1 },
    });
    reader.resume(start(true, log.slice(1, 3)));
    expect(told).toEqual([2, 3]);
    expect(reader.behind).toBe(2);
    receive(log.slice(3));
    expect(reader.behind).toBe(0);
    expect(reader.position).toEqual(at(5));
    expect(log.reads).toEqual([]);
  });

  it('reads the log where nothing was recovered', async () => {
    const { reader, told, start } = setUp({ head: 5, position: { epoch: 'e1', offset: 1 } });
    reader.resume(start(false));
    expect(reader.behind).toBe(4);
    await settled();
    expect(told).toEqual([2, 3, 4, 5]);
    expect(reader.behind).toBe(0);
  });

  it('never skips a hole: it reads what is missing, and then what came after', async () => {
    const { log, reader, told, start } = setUp({ head: 2 });
    reader.resume(start(false));
    log.append();
    log.append();
    reader.receive(log.append());
    expect(told).toEqual([]);
    reader.receive(log.append());
    await settled();
    expect(told).toEqual([3, 4, 5, 6]);
    expect(log.reads).toEqual(['2/200']);
  });

  it('reads page by page, with a bounded number held of what comes meanwhile', async () => {
    const { log, reader, told, start } = setUp({ head: 900, position: { epoch: 'e1', offset: 0 } });
    reader.resume(start(false));
    for (let count = 0; count < 600; count += 1) reader.receive(log.append());
    await settled();
    expect(told).toEqual(range(1, 1500));
    expect(reader.behind).toBe(0);
  });

  it('tells what came in any order, doubled and with holes, once and in order', async () => {
    const { log, reader, receive, told, start } = setUp({ head: 10, position: { epoch: 'e1', offset: 4 } });
    reader.resume(start(true, log.slice(6, 8)));
    receive(log.slice(8));
    receive(log.slice(5, 7));
    await settled();
    receive(log.slice(0));
    expect(told).toEqual(range(5, 10));
  });

  it('tells the gap when the log no longer has what is missing, and goes on behind it', async () => {
    const { log, reader, told, gaps, at, start } = setUp({ head: 9, position: { epoch: 'e1', offset: 2 } });
    log.oldest = 7;
    reader.resume(start(false));
    await settled();
    expect(gaps).toEqual([
      { channel: 'room:a', reason: 'retention', epoch: 'e1', from: 3, to: 6, oldest: 7, head: 9 },
    ]);
    expect(told).toEqual([7, 8, 9]);
    expect(reader.position).toEqual(at(9));
  });

  it('tells a gap once, though the server and the log both speak of it', async () => {
    const { log, reader, receive, told, gaps, start } = setUp({
      head: 9,
      position: { epoch: 'e1', offset: 2 },
    });
    log.oldest = 7;
    const gap: Gap = {
      channel: 'room:a',
      reason: 'retention',
      epoch: 'e1',
      from: 3,
      to: 6,
      oldest: 7,
      head: 9,
    };
    reader.resume(start(false));
    reader.gap(gap);
    receive(log.slice(6));
    await settled();
    reader.gap(gap);
    expect(gaps).toEqual([gap]);
    expect(told).toEqual([7, 8, 9]);
  });

  it('tells that what it was still reading before the gap is gone as well', async () => {
    const { log, reader, told, gaps, start } = setUp({ head: 9, position: { epoch: 'e1', offset: 1 } });
    reader.resume(start(false));
    log.oldest = 7;
    reader.gap({ channel: 'room:a', reason: 'retention', epoch: 'e1', from: 4, to: 6, oldest: 7, head: 9 });
    await settled();
    expect(gaps.map(({ from, to }) => [from, to])).toEqual([[2, 6]]);
    expect(told).toEqual([7, 8, 9]);
  });

  it('tells of another log, and reads it from its beginning', async () => {
    const { log, reader, told, gaps, start } = setUp({ head: 4, position: { epoch: 'e1', offset: 4 } });
    log.beginAnew('e2', 2);
    reader.resume(start(false));
    await settled();
    expect(gaps).toEqual([
      { channel: 'room:a', reason: 'epoch', epoch: 'e2', from: 1, to: 0, oldest: 1, head: 2 },
    ]);
    expect(told).toEqual([1, 2]);
    expect(reader.position).toEqual({ epoch: 'e2', offset: 2 });
  });

  it('goes on where the log goes by another epoch and the place was good', () => {
    const { log, reader, told, gaps, start } = setUp({ head: 4 });
    reader.resume(start(false));
    reader.receive(log.append(), 'e2');
    expect(told).toEqual([5]);
    expect(gaps).toEqual([]);
    expect(reader.position).toEqual({ epoch: 'e2', offset: 5 });
    expect(log.reads).toEqual([]);
  });

  it('takes the word of a recovery that its position is good, by whatever epoch the log goes now', () => {
    const { log, reader, told, gaps, start } = setUp({ head: 4, position: { epoch: 'e0', offset: 2 } });
    reader.resume(start(true, log.slice(2)));
    expect(told).toEqual([3, 4]);
    expect(gaps).toEqual([]);
    expect(reader.position).toEqual({ epoch: 'e1', offset: 4 });
  });

  it('notices a log of the same epoch that has gone back behind its position', async () => {
    const { log, reader, told, gaps, start } = setUp({ head: 4, position: { epoch: 'e1', offset: 9 } });
    reader.resume(start(false));
    await settled();
    expect(gaps).toHaveLength(1);
    expect(told).toEqual([1, 2, 3, 4]);
    reader.receive(log.append());
    expect(told.at(-1)).toBe(5);
  });

  it('reads again after a failure, with a wait', async () => {
    const { log, clock, reader, told, start } = setUp({ head: 3, position: { epoch: 'e1', offset: 1 } });
    log.failures = [new ClientError('offline', 'cut', { retryable: true })];
    reader.resume(start(false));
    await settled();
    expect(told).toEqual([]);
    expect(reader.behind).toBe(2);
    await clock.advance(1_000);
    expect(told).toEqual([2, 3]);
  });

  it('stops asking where it may not read', async () => {
    const { log, clock, reader, start } = setUp({ head: 3, position: { epoch: 'e1', offset: 1 } });
    log.failures = [new ClientError('permission_denied', 'no', { retryable: false })];
    reader.resume(start(false));
    await settled();
    await clock.advance(60_000);
    expect(log.reads).toHaveLength(1);
    expect(reader.behind).toBe(0);
  });

  it('keeps in mind what it could not read for want of a token', async () => {
    const { log, reader, told, start } = setUp({ head: 3, position: { epoch: 'e1', offset: 1 } });
    log.failures = [new ClientError('signed_out', 'no', { retryable: false })];
    reader.resume(start(false));
    await settled();
    expect(reader.behind).toBe(2);
    reader.fill();
    await settled();
    expect(told).toEqual([2, 3]);
  });

  it('begins at what comes, where the channel was looked at later than the place', () => {
    const { log, reader, receive, told } = setUp({ head: 6 });
    reader.compare({ epoch: 'e1', offset: 6 });
    expect(reader.position).toEqual({ epoch: 'e1', offset: 6 });
    receive(log.slice(4));
    receive(log.slice(4));
    expect(told).toEqual([5, 6]);
    expect(log.reads).toEqual([]);
  });

  it('never skips what lies behind where it began', async () => {
    const { log, reader, told } = setUp({ head: 3 });
    reader.compare({ epoch: 'e1', offset: 3 });
    log.append();
    reader.receive(log.append());
    await settled();
    expect(told).toEqual([4, 5]);
  });

  it('reads what it missed since it began, though nothing had come', async () => {
    const { log, reader, told } = setUp({ head: 3 });
    reader.compare({ epoch: 'e1', offset: 3 });
    log.append();
    reader.compare({ epoch: 'e1', offset: 4 });
    await settled();
    expect(told).toEqual([4]);
  });

  it('reads what it missed, where it is told where the channel stands', async () => {
    const { reader, told } = setUp({ head: 5, position: { epoch: 'e1', offset: 3 } });
    reader.compare({ epoch: 'e1', offset: 5 });
    expect(reader.behind).toBe(2);
    await settled();
    expect(told).toEqual([4, 5]);
  });

  it('goes on at the joining of someone who comes back, once, and never behind what was told', async () => {
    const { log, reader, receive, told, gaps } = setUp({ head: 9, position: { epoch: 'e1', offset: 2 } });
    reader.rejoin();
    receive(log.slice(0, 2));
    receive(log.slice(6, 7));
    expect(told).toEqual([7]);
    receive(log.slice(8));
    await settled();
    expect(told).toEqual([7, 8, 9]);
    expect(gaps).toEqual([]);
    expect(log.reads).toEqual(['7/200']);
  });

  it('says of a gap where it begins only where that is known', () => {
    const { reader, gaps } = setUp();
    const gap = { channel: 'room:a', reason: 'retention', epoch: 'e1', to: 6, oldest: 7, head: 9 } as const;
    reader.gap(gap);
    reader.rejoin();
    reader.gap({ ...gap, to: 7, oldest: 8 });
    reader.gap({ ...gap, to: 8, oldest: 9 });
    expect(gaps.map(({ from, to }) => [from, to])).toEqual([
      [undefined, 6],
      [undefined, 7],
      [8, 8],
    ]);
  });

  it('takes a gap by retention of the log that goes by another epoch for one of its own', () => {
    const { reader, gaps } = setUp({ position: { epoch: 'e1', offset: 9 } });
    reader.gap({ channel: 'room:a', reason: 'retention', epoch: 'e2', to: 6, oldest: 7, head: 12 });
    expect(gaps).toEqual([]);
    expect(reader.position).toEqual({ epoch: 'e2', offset: 9 });
  });

  it('tells nothing after it was stopped, though an answer is still on its way', async () => {
    const { clock, reader, told, start } = setUp({ head: 3, position: { epoch: 'e1', offset: 1 } });
    reader.resume(start(false));
    reader.stop();
    await settled();
    await clock.advance(60_000);
    expect(told).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});

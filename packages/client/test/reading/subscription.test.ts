import type { Gap, Position } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { Channels } from '../../src/reading/channels.js';
import { ChannelSubscription } from '../../src/reading/subscription.js';
import { ClientError } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { FakeLog } from '../support/fake-log.js';

const CHANNEL = 'feed:n';

function setUp({
  head = 0,
  from,
  iteratorBuffer = 100,
}: {
  head?: number;
  from?: Position;
  iteratorBuffer?: number;
} = {}) {
  const log = new FakeLog(CHANNEL, head);
  const clock = new FakeClock();
  const newBackoff = (): Backoff => new Backoff(1_000, 1_000, () => 1);
  const asked: string[] = [];
  const channels = new Channels(
    {
      follow: 'none',
      history: log.history,
      state: () => Promise.reject(new Error('nothing is followed')),
      newBackoff,
      clock,
      emit: () => {},
      onChange: () => {},
      onAsked: (channel, on) => asked.push(`${on ? '+' : '-'}${channel}`),
    },
    {},
  );
  const subscribe = (position?: Position): ChannelSubscription =>
    new ChannelSubscription({
      channel: CHANNEL,
      channels,
      from: position,
      history: log.history,
      clock,
      backoff: newBackoff(),
      iteratorBuffer,
    });
  const subscription = subscribe(from);
  const start = (): void =>
    channels.handle({
      type: 'started',
      channel: CHANNEL,
      start: { epoch: log.epoch, offset: log.head, recovered: false, publications: [] },
    });
  const append = (count = 1): void => {
    for (let done = 0; done < count; done += 1) {
      channels.handle({ type: 'publication', channel: CHANNEL, publication: log.append() });
    }
  };
  return { log, asked, channels, subscription, subscribe, start, append };
}

function listen(subscription: ChannelSubscription) {
  const offsets: number[] = [];
  const gaps: Gap[] = [];
  const closed: (string | undefined)[] = [];
  subscription.on('publication', ({ offset }) => offsets.push(offset));
  subscription.on('gap', (gap) => gaps.push(gap));
  subscription.on('closed', (error) => closed.push(error?.code));
  return { offsets, gaps, closed };
}

/** Takes so many publications, and leaves. */
async function take(subscription: ChannelSubscription, count: number): Promise<number[]> {
  const offsets: number[] = [];
  if (count === 0) return offsets;
  for await (const { offset } of subscription) {
    offsets.push(offset);
    if (offsets.length === count) break;
  }
  return offsets;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('ChannelSubscription', () => {
  it('tells what comes from now on', () => {
    const { subscription, start, append } = setUp({ head: 5 });
    const { offsets } = listen(subscription);
    expect(subscription.position).toBeUndefined();
    start();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 5 });
    append(2);
    expect(offsets).toEqual([6, 7]);
  });

  it('tells everything after a position', async () => {
    const { subscription, start, append } = setUp({ head: 5, from: { epoch: 'e1', offset: 2 } });
    const { offsets } = listen(subscription);
    start();
    await settled();
    append();
    expect(offsets).toEqual([3, 4, 5, 6]);
  });

  it('goes back behind what another subscription of the channel has been told', async () => {
    const { subscription, subscribe, start, append } = setUp({ head: 5 });
    const first = listen(subscription);
    start();
    append();
    const second = listen(subscribe({ epoch: 'e1', offset: 1 }));
    append();
    await settled();
    append();
    expect(first.offsets).toEqual([6, 7, 8]);
    expect(second.offsets).toEqual(range(2, 8));
  });

  it('tells of a gap, also of one that lies behind what it still reads', async () => {
    const { log, subscription, start, channels, append } = setUp({
      head: 9,
      from: { epoch: 'e1', offset: 2 },
    });
    const { offsets, gaps } = listen(subscription);
    log.oldest = 6;
    start();
    channels.handle({
      type: 'gap',
      gap: { channel: CHANNEL, reason: 'retention', epoch: 'e1', from: 3, to: 5, oldest: 6, head: 9 },
    });
    await settled();
    append();
    expect(gaps.map(({ from, to }) => [from, to])).toEqual([[3, 5]]);
    expect(offsets).toEqual(range(6, 10));
  });

  it('gives each publication once to an iterator, and lets go when that is left', async () => {
    const { subscription, start, append } = setUp();
    start();
    const taken = take(subscription, 3);
    await settled();
    append(5);
    expect(await taken).toEqual([1, 2, 3]);
  });

  it('holds a bounded number for a slow iterator, which reads the log for the rest', async () => {
    const { log, subscription, start, append } = setUp({ iteratorBuffer: 10 });
    start();
    const iterator = subscription[Symbol.asyncIterator]();
    const first = iterator.next();
    await settled();
    append(500);
    const offsets = [(await first).value?.offset];
    while (offsets.length < 400) offsets.push((await iterator.next()).value?.offset);
    append(100);
    while (offsets.length < 600) offsets.push((await iterator.next()).value?.offset);
    expect(offsets).toEqual(range(1, 600));
    expect(log.reads.length).toBeGreaterThan(4);
    await iterator.return(undefined);
  });

  it('ends the iterator when it is closed', async () => {
    const { asked, subscription, start, append } = setUp();
    const { closed } = listen(subscription);
    start();
    const taken = take(subscription, 100);
    await settled();
    append(2);
    await settled();
    subscription.close();
    subscription.close();
    expect(
      await taken.then(
        (offsets) => offsets,
        () => 'thrown',
      ),
    ).toEqual([1, 2]);
    expect(closed).toEqual([undefined]);
    expect(asked).toEqual(['+feed:n', '-feed:n']);
    append();
  });

  it('throws in the iterator what the server refused it for', async () => {
    const { subscription, channels } = setUp();
    const { closed } = listen(subscription);
    const taken = take(subscription, 1);
    await settled();
    const error = new ClientError('permission_denied', 'no', { retryable: false });
    channels.handle({ type: 'refused', channel: CHANNEL, error });
    await expect(taken).rejects.toBe(error);
    expect(closed).toEqual(['permission_denied']);
    expect(await take(subscription, 0)).toEqual([]);
  });

  it('ends the iterator without a word when the client is closed', async () => {
    const { subscription, channels } = setUp();
    const taken = take(subscription, 1);
    await settled();
    channels.close(new ClientError('closed', 'closed', { retryable: false }));
    expect(await taken).toEqual([]);
  });
});

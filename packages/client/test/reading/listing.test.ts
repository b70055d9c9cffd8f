import type { ChannelState } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { Listing, type StatePage } from '../../src/reading/listing.js';
import { ClientError } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const asked: { after?: string; resolve: (page: StatePage) => void; reject: (error: unknown) => void }[] =
    [];
  const listing = new Listing({
    clock,
    backoff: new Backoff(1_000, 1_000, () => 1),
    state: ({ after }) =>
      new Promise((resolve, reject) => {
        asked.push({ ...(after !== undefined && { after }), resolve, reject });
      }),
  });
  const found: string[] = [];
  const start = (): void =>
    listing.start({
      channel: (channel, { offset }) => found.push(`${channel} ${offset}`),
      user: () => {},
      all: (channels) => found.push([...channels].join(' ')),
    });
  return { clock, asked, listing, found, start };
}

const page = (channels: string[], next?: string): StatePage => ({
  user: 'alice',
  channels: channels.map(
    (channel): ChannelState => ({ channel, epoch: 'e', offset: 1, read: 0, unread: 0, present: [] }),
  ),
  ...(next !== undefined && { next }),
});

describe('Listing', () => {
  it('asks page by page, and says at last what there is in all', async () => {
    const { asked, listing, found, start } = setUp();
    start();
    asked[0]!.resolve(page(['room:a'], 'n1'));
    await settled();
    expect(listing.running).toBe(true);
    expect(asked[1]!.after).toBe('n1');
    asked[1]!.resolve(page(['room:b']));
    await settled();
    expect(found).toEqual(['room:a 1', 'room:b 1', 'room:a room:b']);
    expect(listing.running).toBe(false);
  });

  it('says nothing of a channel that there was younger news of, and counts it in', async () => {
    const { asked, listing, found, start } = setUp();
    start();
    listing.note('room:a');
    asked[0]!.resolve(page(['room:a', 'room:b']));
    await settled();
    expect(found).toEqual(['room:b 1', 'room:a room:b']);
  });

  it('begins again after a failure that passes, and waits where it does not', async () => {
    const { clock, asked, found, start } = setUp();
    start();
    asked[0]!.resolve(page(['room:a'], 'n1'));
    await settled();
    asked[1]!.reject(new ClientError('unavailable', 'later', { retryable: true }));
    await clock.advance(1_000);
    expect(asked[2]!.after).toBeUndefined();
    asked[2]!.reject(new ClientError('signed_out', 'no', { retryable: false }));
    await settled();
    expect(clock.timers).toBe(0);
    expect(found).toEqual(['room:a 1']);
  });

  it('says nothing more after it was stopped', async () => {
    const { clock, asked, listing, found, start } = setUp();
    start();
    listing.stop();
    asked[0]!.resolve(page(['room:a'], 'n1'));
    await settled();
    expect(found).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

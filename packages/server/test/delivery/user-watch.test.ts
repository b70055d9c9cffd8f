import { expect, test } from 'vitest';
import { Hub } from '../../src/delivery/hub.js';
import { News } from '../../src/delivery/news.js';
import { UserWatches } from '../../src/delivery/user-watch.js';
import { FakeClock } from '../support/clock.js';
import { FakeMemberships } from '../support/memberships.js';
import { memoryLog } from '../support/memory-log.js';
import { fakeAudiences } from '../support/outlets.js';

function setup() {
  const clock = new FakeClock();
  const log = memoryLog({ clock });
  const hub = new Hub({ log, audience: fakeAudiences() });
  const memberships = new FakeMemberships([
    ['user:ada', 0],
    ['room:a', 1],
  ]);
  let asked = 0;
  const watches = new UserWatches({
    hub,
    memberships: async () => {
      asked += 1;
      return memberships;
    },
    clock,
    linger: 60_000,
  });
  const append = (...channels: string[]) =>
    log.append({ records: channels.map((channel) => ({ channel, sender: 'a', data: '{}' })) });
  return { clock, hub, memberships, watches, append, asked: () => asked };
}

test('who waits is woken by what comes in what the user belongs to, and told up to where nothing came', async () => {
  const { watches, append } = setup();
  const watch = await watches.hold('ada');
  const woken: number[] = [];
  const wake = (before: number): void => void woken.push(before);
  watch.wait(wake);
  await append('room:other', 'room:other', 'room:a', 'room:a');
  await append('user:ada');
  watch.unwait(wake);
  await append('room:a');
  expect(woken).toEqual([2, 4]);
});

test('what is joined is watched from then on, what is left no more; both wake', async () => {
  const { watches, memberships, append, hub } = setup();
  const watch = await watches.hold('ada');
  const woken: number[] = [];
  watch.wait((before) => woken.push(before));
  await append('room:b');
  memberships.set('room:b', 2);
  await append('room:b');
  memberships.set('room:b', undefined);
  await append('room:b');
  expect(woken).toEqual([1, 1, 2]);
  expect(hub.peek('room:b')).toBeUndefined();
});

test('it stays a while after its last holder, so that the next poll listens to nothing anew', async () => {
  const { watches, memberships, clock, hub, asked } = setup();
  const watch = await watches.hold('ada');
  watches.release('ada', watch);
  clock.advance(59_000);
  expect(await watches.hold('ada')).toBe(watch);
  clock.advance(120_000);
  expect(watches.size).toBe(1);
  watches.release('ada', watch);
  clock.advance(60_000);
  expect(watches.size).toBe(0);
  expect(hub.size).toBe(0);
  expect(memberships.watchers).toBe(0);
  expect(asked()).toBe(1);
});

test('what is asked for besides wakes as well, and is let go of with the request', async () => {
  const { watches, append, hub } = setup();
  const watch = await watches.hold('ada');
  const woken: number[] = [];
  const news = new News(hub, watch, ['feed:x'], (before) => woken.push(before));
  await append('feed:x');
  await append('room:a');
  news.end();
  news.end();
  await append('feed:x', 'room:a');
  expect(woken).toEqual([0, 1]);
  expect(hub.peek('feed:x')).toBeUndefined();
});

import { expect, test } from 'vitest';
import { PUSHES } from '../../src/delivery/format.js';
import { Hub } from '../../src/delivery/hub.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { FakeClock } from '../support/clock.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';

const CHANNEL = 'room:test';

function setup(limit?: number): {
  log: MemoryLog;
  clock: FakeClock;
  hub: Hub;
  append: (n?: number) => Promise<unknown>;
} {
  const log = new MemoryLog();
  const clock = new FakeClock();
  const hub = new Hub({ log, clock, linger: 5000, audience: fakeAudiences(limit) });
  const append = (n = 1): Promise<unknown> =>
    log.append({ records: Array.from({ length: n }, () => ({ channel: CHANNEL, sender: 'a', data: '{}' })) });
  return { log, clock, hub, append };
}

test('a channel is followed once for all its readers, and at once where it is followed already', async () => {
  const { hub } = setup();
  const [first, second] = await Promise.all([hub.open(CHANNEL), hub.open(CHANNEL)]);
  expect(first).toBe(second);
  expect(hub.open(CHANNEL)).toBe(first);
  expect(first.holders).toBe(3);
  expect(hub.size).toBe(1);
});

test('it is let go of a while after its last reader, unless another comes', async () => {
  const { hub, clock, append } = setup();
  const feed = await hub.open(CHANNEL);
  hub.release(feed);
  clock.advance(4000);
  expect(hub.open(CHANNEL)).toBe(feed);
  clock.advance(10_000);
  expect(hub.peek(CHANNEL)).toBe(feed);
  hub.release(feed);
  clock.advance(5000);
  expect(hub.size).toBe(0);
  await append();
  expect(feed.offset).toBe(0);
  expect((await hub.open(CHANNEL)).offset).toBe(1);
});

test('what is announced goes to those who are live, and is not stored', async () => {
  const { hub, log } = setup();
  const feed = await hub.open(CHANNEL);
  const outlet = new FakeOutlet();
  feed.join(PUSHES, outlet);
  hub.announce(CHANNEL, PUSHES, 'typing');
  hub.announce('room:nobody', PUSHES, 'typing');
  expect(outlet.sent).toEqual(['typing']);
  expect((await log.heads([CHANNEL]))[0]?.offset).toBe(0);
});

test('a channel that cannot be followed fails for those who ask, and not for good', async () => {
  const { hub, log } = setup();
  const follow = log.follow.bind(log);
  let broken = true;
  log.follow = (...args) => (broken ? Promise.reject(new Error('broken')) : follow(...args));
  await expect(hub.open(CHANNEL)).rejects.toThrow('broken');
  broken = false;
  await expect(hub.open(CHANNEL)).resolves.toMatchObject({ channel: CHANNEL });
});

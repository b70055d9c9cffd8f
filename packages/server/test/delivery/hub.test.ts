import { expect, test } from 'vitest';
import type { Format } from '../../src/delivery/format.js';
import { PUSHES } from '../../src/delivery/format.js';
import { type Feed, Hub } from '../../src/delivery/hub.js';
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

test('what is published is encoded once for all who share the format', async () => {
  const { hub, append } = setup();
  let encoded = 0;
  const counting: Format = {
    encode: (channel, records) => {
      encoded += 1;
      return PUSHES.encode(channel, records);
    },
  };
  const feed = await hub.open(CHANNEL);
  const outlets = Array.from({ length: 50 }, () => new FakeOutlet());
  for (const outlet of outlets) feed.join(counting, outlet);
  await append();
  expect(encoded).toBe(1);
  expect(new Set(outlets.map((outlet) => outlet.sent[0])).size).toBe(1);
  expect(outlets.every((outlet) => outlet.sent.length === 1)).toBe(true);
});

test('an outlet that overflows in the middle of a commit stands at the message that was its last', async () => {
  const { hub, append } = setup(10);
  const oneByOne: Format = {
    encode: (_channel, records) => records.map(({ offset }) => ({ text: String(offset), offset })),
  };
  const feed = await hub.open(CHANNEL);
  const outlet = new FakeOutlet();
  const positions: number[] = [];
  outlet.onFellBehind = () => positions.push(feed.offsetOf(oneByOne));
  outlet.backlog = 11;
  feed.join(oneByOne, outlet);
  feed.join(oneByOne, new FakeOutlet());
  await append(3);
  expect(outlet.sent).toEqual(['1']);
  expect(positions).toEqual([1]);
  expect(feed.offsetOf(oneByOne)).toBe(3);
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

test('the last commit is at hand, encoded, for those who listen and have all that came before', async () => {
  const { hub, append } = setup();
  const feed = await hub.open(CHANNEL);
  const heard: [Feed, number][] = [];
  const listener = {
    published: (from: Feed, records: readonly unknown[]) => heard.push([from, records.length]),
  };
  feed.listen(listener);
  await append(1);
  await append(2);
  expect(heard).toEqual([
    [feed, 1],
    [feed, 2],
  ]);
  expect(feed.latestAfter(1)?.map((json) => (JSON.parse(json) as { offset: number }).offset)).toEqual([2, 3]);
  expect(feed.latestAfter(1)).toBe(feed.latestAfter(1));
  expect(feed.latestAfter(0)).toBeUndefined();
  expect(feed.latestAfter(3)).toBeUndefined();
  feed.unlisten(listener);
  await append(1);
  expect(feed.latestAfter(3)).toBeUndefined();
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

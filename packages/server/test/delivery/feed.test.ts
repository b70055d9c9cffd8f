import { expect, test } from 'vitest';
import type { Feed } from '../../src/delivery/feed.js';
import type { Format } from '../../src/delivery/format.js';
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

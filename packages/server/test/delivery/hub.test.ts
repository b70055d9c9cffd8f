import { expect, test } from 'vitest';
import type { Feed } from '../../src/delivery/feed.js';
import { BARE_PUSHES, type Format, PUSHES } from '../../src/delivery/format.js';
import { Hub } from '../../src/delivery/hub.js';
import type { TailRecord } from '../../src/log/log.js';
import { memoryLog } from '../support/memory-log.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';

const CHANNEL = 'room:test';

function setup(limit?: number, changed?: (record: TailRecord) => void) {
  const log = memoryLog();
  const hub = new Hub({ log, audience: fakeAudiences(limit), ...(changed === undefined ? {} : { changed }) });
  const append = (n = 1, channel = CHANNEL) =>
    log.append({ records: Array.from({ length: n }, () => ({ channel, sender: 'a', data: '{}' })) });
  return { log, hub, append };
}

test('a channel is held once for all its readers, and let go of with the last', async () => {
  const { hub, append } = setup();
  const [first, second] = await Promise.all([hub.open(CHANNEL), hub.open(CHANNEL)]);
  expect(first).toBe(second);
  expect(hub.open(CHANNEL)).toBe(first);
  expect(first.holders).toBe(3);
  expect(hub.size).toBe(1);
  for (let holder = 0; holder < 3; holder++) hub.release(first);
  expect(hub.size).toBe(0);
  await append();
  expect((await hub.open(CHANNEL)).offset).toBe(1);
});

test('where a channel ends is asked once, and what is told meanwhile is newer', async () => {
  const { hub, append } = setup();
  await append(3);
  const feed = hub.hold(CHANNEL);
  expect(feed.known).toBe(false);
  const learning = hub.learn([feed]);
  await append(1);
  await learning;
  expect(feed.offset).toBe(4);
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

test('records are dispatched in the order of everything, those of one channel in a row together', async () => {
  const { hub, log } = setup();
  const heard: [string, number[]][] = [];
  const listener = {
    published: (feed: Feed, records: readonly { readonly id: number }[]) =>
      heard.push([feed.channel, records.map(({ id }) => id)]),
  };
  for (const channel of ['room:a', 'room:b']) (await hub.open(channel)).listen(listener);
  const record = (channel: string) => ({ channel, sender: 'a', data: '{}' });
  await log.append({
    records: ['room:a', 'room:a', 'room:b', 'room:nobody', 'room:b', 'room:a'].map(record),
  });
  expect(heard).toEqual([
    ['room:a', [1, 2]],
    ['room:b', [3]],
    ['room:b', [5]],
    ['room:a', [6]],
  ]);
  expect(hub.position).toBe(6);
});

test('what a record changes is known before any reader is given it, and not before those that come earlier', async () => {
  const seen: string[] = [];
  const { hub, log } = setup(undefined, (record) => seen.push(`changed ${record.id}`));
  (await hub.open(CHANNEL)).listen({
    published: (_feed, records) => seen.push(...records.map(({ id }) => `told ${id}`)),
  });
  const records = [{ channel: CHANNEL, sender: 'a', data: '{}' }];
  await Promise.all([
    log.append({ records }),
    log.append({ records, facts: [{ key: 'x', value: '1' }] }),
    log.append({ records }),
  ]);
  expect(seen).toEqual(['told 1', 'changed 2', 'told 2', 'told 3']);
});

test('who reads everything is sent a record before others: where it stands is what was dispatched', async () => {
  const { hub, append } = setup(10);
  const feed = await hub.open(CHANNEL);
  const own = new FakeOutlet();
  const apart = new FakeOutlet();
  // The one who is apart joins first, and overflows at once.
  apart.backlog = 11;
  const places: [number, number][] = [];
  apart.onFellBehind = () => places.push([hub.position, own.sent.length]);
  feed.join(BARE_PUSHES, apart);
  feed.join(PUSHES, own);
  await append(1);
  expect(places).toEqual([[1, 1]]);
});

test('when records were missed for good, all who are live are told, and nothing is known of where channels end', async () => {
  const { hub, append } = setup();
  const feed = await hub.open(CHANNEL);
  await append(1);
  let restarts = 0;
  let losses = 0;
  const places: number[] = [];
  const reader = {
    pause: () => void places.push(hub.position),
    start: () => {
      restarts += 1;
      places.push(hub.position);
    },
    wentBack: () => void (losses += 1),
  };
  hub.enter(reader);
  hub.skipped(2, 9);
  expect(restarts).toBe(1);
  // It leaves at what it was given, and goes on where the node is now.
  expect(places).toEqual([1, 9]);
  expect(feed.known).toBe(false);
  expect(hub.position).toBe(9);
  hub.wentBack(7);
  expect([losses, hub.losses, hub.position]).toEqual([1, 1, 7]);
  hub.leave(reader);
  hub.skipped(10, 11);
  expect(restarts).toBe(1);
});

test('a format is asked once for all who share it', async () => {
  const { hub, append } = setup();
  let encoded = 0;
  const counting: Format = {
    encode: (channel, records, epoch) => {
      encoded += 1;
      return PUSHES.encode(channel, records, epoch);
    },
  };
  const feed = await hub.open(CHANNEL);
  const outlets = Array.from({ length: 50 }, () => new FakeOutlet());
  for (const outlet of outlets) feed.join(counting, outlet);
  await append();
  expect(encoded).toBe(1);
  expect(new Set(outlets.map((outlet) => outlet.sent[0])).size).toBe(1);
});

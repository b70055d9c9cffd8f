import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Feed } from '../../src/delivery/feed.js';
import { Follower, type Reader } from '../../src/delivery/follower.js';
import { BARE_PUSHES } from '../../src/delivery/format.js';
import { Hub } from '../../src/delivery/hub.js';
import type { LogRecord } from '../../src/log/log.js';
import type { OrderedLog } from '../../src/log/ordered-log.js';
import { memoryLog } from '../support/memory-log.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';
import { settle, until } from '../support/wait.js';

const CHANNEL = 'room:test';

class TestReader implements Reader {
  readonly outlet = new FakeOutlet();
  readonly gaps: unknown[] = [];
  readonly errors: unknown[] = [];
  follower: Follower | undefined;

  constructor() {
    this.outlet.onFellBehind = () => this.follower?.fellBehind();
  }

  write(feed: Feed, records: readonly LogRecord[]): void {
    for (const { text } of BARE_PUSHES.encode(feed.channel, records, '')) this.outlet.send(text);
  }

  missed(_follower: Follower, gap: unknown): void {
    this.gaps.push(gap);
  }

  failed(_follower: Follower, error: unknown): void {
    this.errors.push(error);
  }

  /** The offsets of all that was sent, in order. */
  get offsets(): number[] {
    return this.outlet.sent
      .flatMap((text) => text.split('\n'))
      .map((line) => (JSON.parse(line) as { push: { pub: { offset: number } } }).push.pub.offset);
  }
}

function count(to: number, from = 1): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function setup(limit?: number): Promise<{
  log: OrderedLog;
  hub: Hub;
  append: (records?: number) => Promise<void>;
  follow: (offset: number, shared?: boolean) => Promise<TestReader>;
}> {
  // So little is kept in memory that those who are behind read the storage.
  const log = memoryLog({ recentBytes: 2000 });
  const hub = new Hub({
    log,
    audience: fakeAudiences(limit),
    pageBytes: 200,
    outboxBytes: 1000,
  });
  let number = 0;
  return {
    log,
    hub,
    async append(records = 1) {
      await log.append({
        records: count(records).map(() => ({
          channel: CHANNEL,
          sender: 'alice',
          data: JSON.stringify({ number: ++number }),
        })),
      });
    },
    async follow(offset, shared = true) {
      const feed = await hub.open(CHANNEL);
      const reader = new TestReader();
      reader.follower = new Follower(hub, feed, reader, offset, shared ? BARE_PUSHES : undefined);
      reader.follower.start();
      return reader;
    },
  };
}

for (const shared of [true, false]) {
  const kind = shared ? 'that shares a format' : 'of its own';

  test(`a follower ${kind} that has everything is live at once`, async () => {
    const { append, follow } = await setup();
    await append(3);
    const reader = await follow(3, shared);
    expect(reader.follower?.state).toBe('live');
    await append(2);
    expect(reader.offsets).toEqual([4, 5]);
    expect(reader.follower?.position.offset).toBe(5);
  });

  test(`one ${kind} that is behind reads the log in pages, then is live`, async () => {
    const { append, follow } = await setup();
    await append(40);
    const reader = await follow(10, shared);
    expect(reader.follower?.state).toBe('reading');
    await until(() => reader.follower?.state === 'live');
    await append(1);
    expect(reader.offsets).toEqual(count(41, 11));
    // Two pages and the live one.
    expect(reader.outlet.sent).toHaveLength(3);
  });

  test(`one ${kind} is given nothing after its end`, async () => {
    const { append, follow } = await setup();
    await append(40);
    const reader = await follow(0, shared);
    reader.follower?.end();
    const given = reader.offsets.length;
    await settle();
    await append(1);
    expect(given).toBeLessThan(40);
    expect(reader.offsets).toHaveLength(given);
    expect(reader.follower?.state).toBe('ended');
  });
}

test('while it catches up it waits for room in the outlet, and goes on where it was', async () => {
  const { append, follow } = await setup();
  await append(50);
  const reader = await follow(0);
  reader.outlet.backlog = 1_000_000;
  await until(() => reader.follower?.state === 'waiting');
  const given = reader.offsets.length;
  expect(given).toBeLessThan(50);
  await append(50);
  await settle();
  expect(reader.offsets.length).toBe(given);
  reader.outlet.backlog = 0;
  reader.follower?.start();
  await until(() => reader.follower?.state === 'live');
  expect(reader.offsets).toEqual(count(100));
});

test('a live one whose outlet overflows costs nothing until it drains, and loses nothing', async () => {
  const { append, follow, hub } = await setup(100);
  const slow = await follow(0);
  const quick = await follow(0);
  await append(2);
  slow.outlet.backlog = 101;
  await append(1);
  expect(slow.follower?.state).toBe('waiting');
  expect(hub.peek(CHANNEL)?.audienceSize(BARE_PUSHES)).toBe(1);
  await append(30);
  expect(slow.offsets).toEqual([1, 2, 3]);
  expect(quick.offsets).toEqual(count(33));
  slow.outlet.backlog = 0;
  slow.follower?.start();
  await until(() => slow.follower?.state === 'live');
  await append(1);
  expect(slow.offsets).toEqual(count(34));
});

test('a live one of its own falls behind by the outlet it fills', async () => {
  const { append, follow } = await setup();
  const reader = await follow(0, false);
  reader.outlet.backlog = 1001;
  await append(1);
  expect(reader.follower?.state).toBe('waiting');
  await append(1);
  reader.outlet.backlog = 0;
  reader.follower?.start();
  await until(() => reader.follower?.state === 'live');
  expect(reader.offsets).toEqual([1, 2]);
});

test('what retention has passed is told, and reading goes on at what is left', async () => {
  const { append, follow, log } = await setup();
  await append(40);
  await log.trim(CHANNEL, 31);
  const reader = await follow(5);
  await until(() => reader.follower?.state === 'live');
  expect(reader.gaps).toMatchObject([{ reason: 'retention', from: 6, to: 30, oldest: 31 }]);
  expect(reader.offsets).toEqual(count(40, 31));
});

test('one that stands still is given nothing until it goes on', async () => {
  const { append, follow } = await setup();
  const reader = await follow(0);
  await append(1);
  reader.follower?.pause();
  await append(2);
  await settle();
  expect(reader.offsets).toEqual([1]);
  reader.follower?.start();
  await until(() => reader.follower?.state === 'live');
  await append(1);
  expect(reader.offsets).toEqual([1, 2, 3, 4]);
});

test('a log that cannot be read is told, and leaves the follower where it stands', async () => {
  const { append, follow, log } = await setup();
  await append(5);
  const reader = await follow(2);
  await log.close();
  await settle();
  // Either it was read before the log closed, or the reader was told: never silence.
  if (reader.offsets.length === 0) {
    expect(reader.errors).toMatchObject([{ code: 'closed' }]);
    expect(reader.follower?.position.offset).toBe(2);
  } else {
    expect(reader.offsets).toEqual([3, 4, 5]);
  }
});

test('however appends, overflows, drains and joining are mixed, each reader gets each record once and in order', async () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('clog' as const), n: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('drain' as const), n: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), n: fc.nat(3) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { append, follow } = await setup(100);
      await append(5);
      const readers = [await follow(0), await follow(5), await follow(2, false)];
      const starts = [0, 5, 2];
      let total = 5;
      const appends: Promise<void>[] = [];
      for (const each of steps) {
        const reader = readers[each.n % 3]!;
        if (each.do === 'append') {
          total += each.n;
          appends.push(append(each.n));
        } else if (each.do === 'clog') {
          reader.outlet.backlog = 1_000_000;
        } else if (each.do === 'drain') {
          reader.outlet.backlog = 0;
          reader.follower?.start();
        } else {
          await settle(each.n);
        }
      }
      await Promise.all(appends);
      for (const reader of readers) {
        reader.outlet.backlog = 0;
        reader.follower?.start();
      }
      await until(() => {
        for (const reader of readers) reader.follower?.start();
        return readers.every((reader) => reader.follower?.state === 'live');
      });
      for (const [index, reader] of readers.entries()) {
        expect(reader.offsets).toEqual(count(total, starts[index]! + 1));
      }
    }),
    { numRuns: 200 },
  );
});

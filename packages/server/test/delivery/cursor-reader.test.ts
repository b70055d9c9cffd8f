import { describe, expect, test } from 'vitest';
import { decodeCursor } from '../../src/delivery/cursor.js';
import { type Batch, CursorReader, type Scope } from '../../src/delivery/cursor-reader.js';
import { Hub } from '../../src/delivery/hub.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { FakeClock } from '../support/clock.js';
import { fakeAudiences } from '../support/outlets.js';
import { settle } from '../support/wait.js';

const BOUNDS = { bytes: 100_000, publications: 100 };

class World implements Scope {
  readonly user = 'alice';
  readonly log = new MemoryLog();
  readonly clock = new FakeClock();
  readonly hub = new Hub({ log: this.log, clock: this.clock, audience: fakeAudiences() });
  own = ['user:alice', 'room:lobby'];
  readable = ['feed:news'];

  channels(): readonly string[] {
    return this.own;
  }

  mayRead(channel: string): boolean {
    return this.readable.includes(channel);
  }

  async say(channel: string, ...texts: string[]): Promise<void> {
    const records = texts.map((text) => ({ channel, sender: 'bob', data: JSON.stringify({ text }) }));
    await this.log.append({ records });
  }

  async join(channel: string, user = 'alice'): Promise<void> {
    const data = JSON.stringify({ type: 'joined', user, channel });
    await this.log.append({
      records: [
        { channel, sender: user, data },
        { channel: `user:${user}`, sender: user, data },
      ],
    });
    if (user === 'alice') this.own.push(channel);
  }

  from(cursor: string, asked: string[] = []): CursorReader {
    return new CursorReader(this.hub, this, decodeCursor(cursor), asked);
  }

  async now(...asked: string[]): Promise<string> {
    return (await CursorReader.fromNow(this.hub, this, asked)).cursor;
  }
}

/** As `channel offset` in the order they were given. */
function given(batch: Batch): string[] {
  return batch.entries.map(({ channel, position }) => `${channel} ${position.offset}`);
}

test('from now on: nothing of before, everything after, and each once', async () => {
  const world = new World();
  await world.say('room:lobby', 'before');
  const reader = world.from(await world.now());
  expect(given(await reader.read(BOUNDS))).toEqual([]);
  await world.say('room:lobby', 'one', 'two');
  await world.say('user:alice', 'three');
  expect(given(await reader.read(BOUNDS))).toEqual(['user:alice 1', 'room:lobby 2', 'room:lobby 3']);
  expect(given(await reader.read(BOUNDS))).toEqual([]);
});

test('an answer that was lost is given again to the old cursor: nothing is kept and nothing is emptied', async () => {
  const world = new World();
  const cursor = await world.now();
  await world.say('room:lobby', 'one', 'two');
  const first = await world.from(cursor).read(BOUNDS);
  await world.say('room:lobby', 'three');
  const again = await world.from(cursor).read(BOUNDS);
  expect(given(first)).toEqual(['room:lobby 1', 'room:lobby 2']);
  expect(given(again)).toEqual(['room:lobby 1', 'room:lobby 2', 'room:lobby 3']);
});

test('a cursor 20,000 updates back is found, and read page by page', async () => {
  const world = new World();
  const cursor = await world.now();
  for (let at = 0; at < 20; at++) await world.say('room:lobby', ...Array.from({ length: 1000 }, () => 'x'));
  const reader = world.from(cursor);
  const offsets: number[] = [];
  for (;;) {
    const batch = await reader.read({ bytes: 10_000_000, publications: 3000 });
    offsets.push(...batch.entries.map(({ position }) => position.offset));
    if (!batch.more) break;
  }
  expect(offsets).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
});

test('bounds hold over all channels, and `more` says that there is more', async () => {
  const world = new World();
  const reader = world.from(await world.now());
  await world.say('user:alice', 'a', 'b', 'c');
  await world.say('room:lobby', 'a', 'b', 'c');
  const sizes = { bytes: 100_000, publications: 4 };
  const first = await reader.read(sizes);
  expect([given(first).length, first.more]).toEqual([4, true]);
  const second = await reader.read(sizes);
  expect([given(second), second.more]).toEqual([['room:lobby 2', 'room:lobby 3'], false]);
  await world.say('room:lobby', 'x'.repeat(500), 'x'.repeat(500));
  const tight = await reader.read({ bytes: 600, publications: 10 });
  expect([given(tight).length, tight.more]).toEqual([1, true]);
});

describe('what the user joins', () => {
  test('a room is read from the joining on, whenever it is asked', async () => {
    const world = new World();
    const cursor = await world.now();
    await world.say('room:tea', 'before');
    await world.join('room:tea');
    await world.join('room:tea', 'carol');
    await world.say('room:tea', 'after');
    const reader = world.from(cursor);
    expect(given(await reader.read(BOUNDS))).toEqual([
      'user:alice 1',
      'room:tea 2',
      'room:tea 3',
      'room:tea 4',
    ]);
    expect(given(await world.from(reader.cursor).read(BOUNDS))).toEqual([]);
  });

  test('the joining is found behind many pages', async () => {
    const world = new World();
    const cursor = await world.now();
    await world.join('room:tea');
    for (let at = 0; at < 3; at++) await world.say('room:tea', ...Array.from({ length: 700 }, () => 'x'));
    const batch = await world.from(cursor).read({ bytes: 1_000_000, publications: 10_000 });
    expect(batch.entries.filter(({ channel }) => channel === 'room:tea')).toHaveLength(2101);
    expect(batch.gaps).toEqual([]);
  });

  test('a conversation of two is read whole', async () => {
    const world = new World();
    const cursor = await world.now();
    await world.say('direct:alice,bob', 'hello');
    world.own.push('direct:alice,bob');
    expect(given(await world.from(cursor).read(BOUNDS))).toEqual(['direct:alice,bob 1']);
  });

  test('what the user left is read no longer, and from the joining when they come back', async () => {
    const world = new World();
    await world.join('room:tea');
    const reader = world.from(await world.now());
    world.own = world.own.filter((channel) => channel !== 'room:tea');
    await world.say('room:tea', 'unseen');
    expect(given(await reader.read(BOUNDS))).toEqual([]);
    await world.join('room:tea');
    expect(given(await reader.read(BOUNDS))).toEqual(['user:alice 2', 'room:tea 3']);
  });
});

describe('rights', () => {
  test('a forged cursor reads nothing that the user may not', async () => {
    const world = new World();
    await world.say('room:secret', 'hidden');
    const epoch = (await world.log.heads(['room:secret']))[0]!.epoch;
    const body = [[[epoch, 'user:alice', 0, 'room:secret', 0, '__proto__', 0]], ['room:secret', 'feed:news']];
    const forged = `1${Buffer.from(JSON.stringify(body)).toString('base64url')}`;
    const reader = world.from(forged);
    expect(given(await reader.read(BOUNDS))).toEqual([]);
    expect([...reader.positions.keys()].sort()).toEqual(['feed:news', 'user:alice']);
  });

  test('what was asked for is read while it may be', async () => {
    const world = new World();
    const reader = world.from(await world.now('feed:news'));
    await world.say('feed:news', 'one');
    expect(given(await reader.read(BOUNDS))).toEqual(['feed:news 1']);
    world.readable = [];
    await world.say('feed:news', 'two');
    expect(given(await reader.read(BOUNDS))).toEqual([]);
  });

  test('asked for beside a cursor it is read from then on, and the next cursor has it', async () => {
    const world = new World();
    const cursor = await world.now();
    await world.say('feed:news', 'before');
    const reader = world.from(cursor, ['feed:news']);
    expect(given(await reader.read(BOUNDS))).toEqual([]);
    await world.say('feed:news', 'after');
    expect(given(await world.from(reader.cursor).read(BOUNDS))).toEqual(['feed:news 2']);
  });
});

describe('gaps', () => {
  test('what retention took is told with its bounds, and what is left is given', async () => {
    const world = new World();
    const cursor = await world.now();
    await world.say('room:lobby', ...Array.from({ length: 10 }, () => 'x'));
    await world.log.trim('room:lobby', 8);
    const batch = await world.from(cursor).read(BOUNDS);
    expect(batch.gaps).toMatchObject([
      { channel: 'room:lobby', reason: 'retention', from: 1, to: 7, oldest: 8, head: 10 },
    ]);
    expect(given(batch)).toEqual(['room:lobby 8', 'room:lobby 9', 'room:lobby 10']);
  });

  test('a position of a log that is no more is told, and the new one is given from its beginning', async () => {
    const old = new World();
    await old.say('room:lobby', 'a', 'b', 'c');
    const cursor = await old.now();
    const world = new World();
    await world.say('room:lobby', 'new');
    const reader = world.from(cursor);
    const batch = await reader.read(BOUNDS);
    expect(batch.gaps.map(({ channel, reason }) => [channel, reason])).toContainEqual([
      'room:lobby',
      'epoch',
    ]);
    expect(given(batch)).toEqual(['room:lobby 1']);
    expect(await reader.read(BOUNDS)).toEqual({ entries: [], gaps: [], more: false });
  });
});

describe('watching', () => {
  test('says at once when there is something, and wakes at each publication until it is over', async () => {
    const world = new World();
    const reader = world.from(await world.now());
    let woken = 0;
    const wake = (): void => {
      woken += 1;
    };
    expect(await reader.watch(wake)).toBe(false);
    await world.say('room:lobby', 'one');
    expect(woken).toBe(1);
    expect(await reader.watch(wake)).toBe(true);
    expect(given(await reader.read(BOUNDS))).toEqual(['room:lobby 1']);
    expect(await reader.watch(wake)).toBe(false);
    reader.unwatch();
    await world.say('room:lobby', 'two');
    expect(woken).toBe(1);
    world.clock.advance(10_000);
    expect(world.hub.size).toBe(0);
  });

  test('what came between reading and watching is not missed', async () => {
    const world = new World();
    const reader = world.from(await world.now());
    await reader.read(BOUNDS);
    await world.say('room:lobby', 'in between');
    expect(await reader.watch(() => {})).toBe(true);
  });

  test('many who wait for the same are served from one encoding, without reading the log', async () => {
    const world = new World();
    const cursor = await world.now();
    const readers = Array.from({ length: 10 }, () => world.from(cursor));
    for (const reader of readers) await reader.watch(() => {});
    let reads = 0;
    const read = world.log.read.bind(world.log);
    world.log.read = (request) => {
      reads += 1;
      return read(request);
    };
    await world.say('room:lobby', 'one', 'two');
    for (const reader of readers) {
      expect(given(await reader.read(BOUNDS))).toEqual(['room:lobby 1', 'room:lobby 2']);
    }
    expect(reads).toBe(0);
  });

  test('one that ends while it is being set up holds nothing', async () => {
    const world = new World();
    const reader = world.from(await world.now());
    const watching = reader.watch(() => {});
    reader.unwatch();
    expect(await watching).toBe(false);
    await settle();
    world.clock.advance(10_000);
    expect(world.hub.size).toBe(0);
  });
});

test('steps are the same one by one, each with the cursor to go on from', async () => {
  const world = new World();
  const start = await world.now();
  await world.say('room:lobby', 'one', 'two');
  await world.join('room:tea');
  const { steps } = await world.from(start).readSteps(BOUNDS);
  const all = steps.map(({ json }) => JSON.parse(json) as { channel: string; offset: number });
  expect(all.map(({ channel, offset }) => `${channel} ${offset}`)).toEqual([
    'user:alice 1',
    'room:lobby 1',
    'room:lobby 2',
    'room:tea 1',
  ]);
  for (const [index, step] of steps.entries()) {
    const rest = await world.from(step.cursor).read(BOUNDS);
    expect(given(rest).toSorted()).toEqual(
      all
        .slice(index + 1)
        .map(({ channel, offset }) => `${channel} ${offset}`)
        .toSorted(),
    );
  }
});

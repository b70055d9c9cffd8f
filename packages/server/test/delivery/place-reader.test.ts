import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor } from '../../src/delivery/cursor.js';
import { EncodedRecords } from '../../src/delivery/encoded-records.js';
import { Hub } from '../../src/delivery/hub.js';
import { type Batch, PlaceReader } from '../../src/delivery/place-reader.js';
import { memoryLog } from '../support/memory-log.js';
import { fakeAudiences } from '../support/outlets.js';

const BOUNDS = { bytes: 1_000_000, publications: 1000 };

function setup(recentBytes = 1_000_000) {
  const log = memoryLog({ recentBytes });
  const hub = new Hub({ log, audience: fakeAudiences() });
  const memberships = new Map<string, number>([['user:ada', 0]]);
  const besides: string[] = [];
  const scope = { memberships: async () => memberships, besides: async () => besides };
  const reader = (place = 0) => new PlaceReader(hub, scope, new EncodedRecords(), place);
  const append = (...channels: string[]) =>
    log.append({ records: channels.map((channel) => ({ channel, sender: 'a', data: `"${channel}"` })) });
  return { log, hub, memberships, besides, reader, append };
}

function told({ steps }: Batch): string[] {
  return steps.map(({ kind, channel, id }) => `${kind === 'gap' ? 'gap ' : ''}${channel}@${id}`);
}

test('everything the user belongs to comes in one order, and the place moves behind it', async () => {
  const { memberships, reader, append } = setup();
  memberships.set('room:a', 1).set('room:b', 1);
  await append('room:a', 'room:b', 'room:other', 'room:a', 'user:ada');
  const one = reader();
  const batch = await one.read(BOUNDS);
  expect(told(batch)).toEqual(['room:a@1', 'room:b@2', 'room:a@4', 'user:ada@5']);
  expect(batch.more).toBe(false);
  expect(one.place).toBe(5);
  expect(decodeCursor(one.cursor)).toEqual({ epoch: 'epoch-1', id: 5 });
  expect(JSON.parse(batch.steps[1]!.json)).toMatchObject({ channel: 'room:b', offset: 1, epoch: 'epoch-1' });
});

test('where nothing came the place moves on all the same', async () => {
  const { reader, append } = setup();
  await append('room:other', 'room:other');
  const one = reader();
  expect(await one.read(BOUNDS)).toEqual({ steps: [], more: false });
  expect(one.place).toBe(2);
});

test('a membership counts from its own id, and joining anew begins at the last joining', async () => {
  const { memberships, reader, append } = setup();
  await append('room:a', 'room:a', 'room:a', 'room:a');
  memberships.set('room:a', 3);
  expect(told(await reader().read(BOUNDS))).toEqual(['room:a@3', 'room:a@4']);
  expect(told(await reader(3).read(BOUNDS))).toEqual(['room:a@4']);
  memberships.delete('room:a');
  expect(told(await reader().read(BOUNDS))).toEqual([]);
});

test('what is asked for besides is read from the place, as long as it may be read', async () => {
  const { memberships, besides, reader, append } = setup();
  memberships.set('room:a', 2);
  besides.push('feed:news', 'room:a');
  await append('room:a', 'feed:news', 'room:a');
  const one = reader();
  // Belonging to it says from where, even where it is asked for.
  expect(told(await one.read(BOUNDS))).toEqual(['feed:news@2', 'room:a@3']);
  besides.length = 0;
  await append('feed:news');
  expect(told(await one.read(BOUNDS))).toEqual([]);
});

test('what retention took stands in the order where it was, and only for who was there', async () => {
  const { log, memberships, reader, append } = setup(1);
  await append('room:a', 'room:b', 'room:a', 'room:a', 'room:b');
  await log.trim('room:a', 3);
  memberships.set('room:a', 1).set('room:b', 1);
  expect(told(await reader().read(BOUNDS))).toEqual(['room:b@2', 'gap room:a@3', 'room:a@4', 'room:b@5']);
  const gap = JSON.parse((await reader().read(BOUNDS)).steps[1]!.json) as object;
  expect(gap).toEqual({
    channel: 'room:a',
    reason: 'retention',
    epoch: 'epoch-1',
    to: 2,
    oldest: 3,
    head: 3,
  });
  expect(told(await reader(3).read(BOUNDS))).toEqual(['room:a@4', 'room:b@5']);
  memberships.set('room:a', 4);
  expect(told(await reader().read(BOUNDS))).toEqual(['room:b@2', 'room:a@4', 'room:b@5']);
});

test('in pages of any size nothing is lost, doubled or out of order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('room:a', 'room:b', 'room:c', 'room:other'), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(1, 2000, 1_000_000),
      async (channels, publications, bytes, recentBytes) => {
        const { memberships, reader, append } = setup(recentBytes);
        memberships.set('room:a', 1).set('room:b', 5).set('room:c', 1);
        for (const channel of channels) await append(channel);
        const wanted = channels
          .map((channel, index) => ({ channel, id: index + 1 }))
          .filter(({ channel, id }) => id >= (memberships.get(channel) ?? Number.POSITIVE_INFINITY))
          .map(({ channel, id }) => `${channel}@${id}`);
        const given: string[] = [];
        let place = 0;
        for (let more = true; more; ) {
          // A new reader each time: all that is carried on is the place.
          const one = reader(place);
          const batch = await one.read({ bytes, publications });
          given.push(...told(batch));
          place = one.place;
          more = batch.more;
        }
        expect(given).toEqual(wanted);
        expect(place).toBe(channels.length);
      },
    ),
  );
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { Feed } from '../../src/delivery/feed.js';
import { Hub } from '../../src/delivery/hub.js';
import type { OrderedLog } from '../../src/log/ordered-log.js';
import { recover, subscribeResultJson } from '../../src/session/recovery.js';
import { memoryLog, memoryStorage } from '../support/memory-log.js';
import { fakeAudiences } from '../support/outlets.js';

const BOUNDS = { bytes: 100_000, publications: 5 };
let log: OrderedLog;
let hub: Hub;
let feed: Feed;

beforeEach(async () => {
  log = memoryLog({ storage: memoryStorage(undefined, 'e') });
  const record = { channel: 'room:a', sender: 'alice', data: '{"n":1}' };
  await log.append({ records: Array.from({ length: 8 }, () => record) });
  hub = new Hub({ log, audience: fakeAudiences() });
  feed = await hub.open('room:a');
});

test('from now on', async () => {
  const recovery = await recover(hub, feed, 'now', BOUNDS);
  expect(recovery).toMatchObject({ offset: 8, asked: false });
  expect(JSON.parse(subscribeResultJson('e', recovery))).toEqual({
    recoverable: true,
    positioned: true,
    epoch: 'e',
    offset: 8,
  });
});

describe('from the client’s position', () => {
  test('all that was missed comes with the answer', async () => {
    const recovery = await recover(hub, feed, { after: 5, epoch: 'e' }, BOUNDS);
    expect(recovery).toMatchObject({ offset: 8, recovered: true });
    const result = JSON.parse(subscribeResultJson('e', recovery)) as { publications: { offset: number }[] };
    expect(result).toMatchObject({ was_recovering: true, recovered: true, offset: 8 });
    expect(result.publications.map(({ offset }) => offset)).toEqual([6, 7, 8]);
  });

  test('or as much as the bounds allow, and the answer’s position is behind that', async () => {
    const recovery = await recover(hub, feed, { after: 1, epoch: 'e' }, BOUNDS);
    expect(recovery).toMatchObject({ offset: 6, recovered: true });
    expect(recovery.publications).toHaveLength(5);
  });

  test('or nothing, where there is no room left', async () => {
    for (const bounds of [
      { bytes: 0, publications: 5 },
      { bytes: 1000, publications: 0 },
    ]) {
      const recovery = await recover(hub, feed, { after: 1, epoch: 'e' }, bounds);
      expect(recovery).toMatchObject({ offset: 1, recovered: true, publications: [] });
    }
  });

  test('nothing was missed', async () => {
    expect(await recover(hub, feed, { after: 8, epoch: 'e' }, BOUNDS)).toMatchObject({
      offset: 8,
      recovered: true,
      publications: [],
    });
  });

  test('without an epoch, or with an empty one, any is taken', async () => {
    expect(await recover(hub, feed, { after: 7 }, BOUNDS)).toMatchObject({ recovered: true });
    expect(await recover(hub, feed, { after: 7, epoch: '' }, BOUNDS)).toMatchObject({ recovered: true });
  });

  test('another epoch, or beyond the head, is a gap of that kind', async () => {
    for (const wanted of [
      { after: 7, epoch: 'other' },
      { after: 9, epoch: 'e' },
    ]) {
      expect(await recover(hub, feed, wanted, BOUNDS)).toMatchObject({
        offset: 8,
        asked: true,
        recovered: false,
        publications: [],
        gap: { reason: 'epoch', epoch: 'e', head: 8 },
      });
    }
  });

  test('before what retention left is a gap with its bounds', async () => {
    await log.trim('room:a', 5);
    const recovery = await recover(hub, feed, { after: 1, epoch: 'e' }, BOUNDS);
    expect(recovery).toMatchObject({
      offset: 8,
      recovered: false,
      gap: { reason: 'retention', from: 2, to: 4 },
    });
    expect(JSON.parse(subscribeResultJson('e', recovery))).toMatchObject({
      recovered: false,
      gap: { oldest: 5, head: 8 },
    });
  });
});

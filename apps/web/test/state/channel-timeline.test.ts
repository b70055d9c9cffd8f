import { ClientError, type History, type HistoryOptions } from '@fullduplex/client';
import type { Publication } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import { ChannelTimeline } from '../../src/state/channel-timeline.js';

const said = (offset: number, text = `m${offset}`): Publication => ({
  offset,
  data: { type: 'message', text },
  info: { user: 'ada' },
  time: offset,
});
const upTo = (head: number): Publication[] => Array.from({ length: head }, (_, i) => said(i + 1));

/** A log whose answers come when the test says so. */
class SlowLog {
  records: Publication[];
  readonly asked: HistoryOptions[] = [];
  readonly #answers: (() => void)[] = [];
  failing = false;

  constructor(head: number) {
    this.records = upTo(head);
  }

  readonly read = (options: HistoryOptions): Promise<History> =>
    new Promise((resolve, reject) => {
      this.asked.push(options);
      const { before = Number.POSITIVE_INFINITY, after, limit = 100 } = options;
      const fitting = this.records.filter((it) => it.offset < before && it.offset > (after ?? 0));
      const publications = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
      const answer: History = { publications, epoch: 'e', offset: this.records.length };
      this.#answers.push(() =>
        this.failing ? reject(new ClientError('offline', 'offline', { retryable: true })) : resolve(answer),
      );
    });

  async answer(): Promise<void> {
    for (const give of this.#answers.splice(0)) give();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

const texts = (timeline: ChannelTimeline): string[] =>
  timeline.get().entries.map((entry) => (entry.kind === 'message' ? entry.text : entry.kind));

test('the first page is as long as what is unread, within bounds', async () => {
  const asked = async (unread: number): Promise<number | undefined> => {
    const log = new SlowLog(1);
    void new ChannelTimeline(log.read).load(unread);
    return log.asked[0]?.limit;
  };
  expect(await asked(0)).toBe(60);
  expect(await asked(90)).toBe(110);
  expect(await asked(5_000)).toBe(200);
});

test('it is asked for once, however often it is wanted', async () => {
  const log = new SlowLog(3);
  const timeline = new ChannelTimeline(log.read);
  void timeline.load();
  void timeline.load();
  await log.answer();
  void timeline.load();
  expect(log.asked).toHaveLength(1);
  expect(texts(timeline)).toEqual(['m1', 'm2', 'm3']);
});

describe('older pages', () => {
  test('come one at a time', async () => {
    const log = new SlowLog(300);
    const timeline = new ChannelTimeline(log.read);
    void timeline.load();
    await log.answer();
    void timeline.loadOlder();
    void timeline.loadOlder();
    expect(timeline.get().older).toBe('loading');
    await log.answer();
    expect(log.asked.slice(1)).toEqual([{ before: 241, limit: 100 }]);
    expect(timeline.get()).toMatchObject({ older: 'idle', atStart: false });
    expect(texts(timeline)[0]).toBe('m141');
  });

  test('that fail can be tried again', async () => {
    const log = new SlowLog(100);
    const timeline = new ChannelTimeline(log.read);
    void timeline.load();
    await log.answer();
    log.failing = true;
    void timeline.loadOlder();
    await log.answer();
    expect(timeline.get().older).toBe('failed');
    log.failing = false;
    void timeline.loadOlder();
    await log.answer();
    expect(timeline.get()).toMatchObject({ older: 'idle', atStart: true });
    expect(texts(timeline)).toHaveLength(100);
  });
});

test('a hole that could not be read is read when one is connected again', async () => {
  const log = new SlowLog(2);
  const timeline = new ChannelTimeline(log.read);
  void timeline.load();
  await log.answer();
  log.records = upTo(4);
  log.failing = true;
  timeline.add(said(4));
  await log.answer();
  expect(texts(timeline)).toEqual(['m1', 'm2']);
  log.failing = false;
  void timeline.load();
  await log.answer();
  expect(texts(timeline)).toEqual(['m1', 'm2', 'm3', 'm4']);
});

test('a page of the old log that comes after the new one began is not shown', async () => {
  const log = new SlowLog(3);
  const timeline = new ChannelTimeline(log.read);
  void timeline.load();
  log.records = [said(1, 'anew')];
  timeline.gap({ channel: 'room:x', reason: 'epoch', epoch: 'f', from: 1, to: 0, oldest: 1, head: 1 });
  await log.answer();
  expect(texts(timeline)).toEqual(['anew']);
  expect(timeline.get()).toMatchObject({ status: 'ready', beganAnew: true });
});

test('a timeline that is followed for long gives back what is far above', async () => {
  const log = new SlowLog(10);
  const timeline = new ChannelTimeline(log.read);
  void timeline.load();
  await log.answer();
  for (let offset = 11; offset <= 999; offset++) timeline.add(said(offset));
  await log.answer();
  timeline.trimFollowed();
  expect(texts(timeline)).toHaveLength(999);
  timeline.add(said(1_000));
  await log.answer();
  timeline.trimFollowed();
  expect(texts(timeline)).toHaveLength(500);
  expect(timeline.get()).toMatchObject({ atStart: false, head: 1_000 });
});

test('records that are no longer kept are told where they were', async () => {
  const log = new SlowLog(2);
  const timeline = new ChannelTimeline(log.read);
  void timeline.load();
  await log.answer();
  timeline.gap({ channel: 'room:x', reason: 'retention', epoch: 'e', from: 3, to: 9, oldest: 10, head: 10 });
  timeline.add(said(10));
  await log.answer();
  expect(texts(timeline)).toEqual(['m1', 'm2', 'lost', 'm10']);
});

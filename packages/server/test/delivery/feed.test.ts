import { expect, test } from 'vitest';
import { Feed } from '../../src/delivery/feed.js';
import type { Format } from '../../src/delivery/format.js';
import type { LogRecord } from '../../src/log/log.js';
import { FakeOutlet, fakeAudiences } from '../support/outlets.js';

const CHANNEL = 'room:test';

function records(from: number, to: number): LogRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    channel: CHANNEL,
    sender: 'a',
    data: '{}',
    id: 100 + from + index,
    offset: from + index,
    time: 1,
  }));
}

const ONE_BY_ONE: Format = {
  encode: (_channel, given) => given.map(({ offset }) => ({ text: String(offset), offset })),
};

test('an outlet that overflows in the middle of a run stands at the message that was its last', () => {
  const feed = new Feed(CHANNEL, fakeAudiences(10));
  const outlet = new FakeOutlet();
  const positions: number[] = [];
  outlet.onFellBehind = () => positions.push(feed.offsetOf(ONE_BY_ONE));
  outlet.backlog = 11;
  feed.join(ONE_BY_ONE, outlet);
  feed.join(ONE_BY_ONE, new FakeOutlet());
  feed.told(records(1, 3), 'e');
  expect(outlet.sent).toEqual(['1']);
  expect(positions).toEqual([1]);
  expect(feed.offsetOf(ONE_BY_ONE)).toBe(3);
  expect(feed.audienceSize(ONE_BY_ONE)).toBe(1);
});

test('what is told is newer than what is learnt', () => {
  const feed = new Feed(CHANNEL, fakeAudiences());
  expect(feed.known).toBe(false);
  feed.told(records(1, 3), 'e');
  feed.learn(2);
  expect(feed.offset).toBe(3);
  feed.forget();
  expect(feed.known).toBe(false);
  feed.learn(5);
  expect(feed.offset).toBe(5);
});

test('who leaves is sent no more, and an audience without members is gone', () => {
  const feed = new Feed(CHANNEL, fakeAudiences());
  const outlet = new FakeOutlet();
  feed.join(ONE_BY_ONE, outlet);
  feed.told(records(1, 1), 'e');
  feed.leave(ONE_BY_ONE, outlet);
  feed.told(records(2, 2), 'e');
  feed.announce(ONE_BY_ONE, 'x');
  expect(outlet.sent).toEqual(['1']);
  expect(feed.audienceSize(ONE_BY_ONE)).toBe(0);
});

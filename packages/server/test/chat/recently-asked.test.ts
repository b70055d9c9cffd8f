import { expect, test } from 'vitest';
import { RecentlyAsked } from '../../src/chat/recently-asked.js';
import { UserMemberships } from '../../src/chat/user-memberships.js';
import { TestClock } from './fixtures.js';

test('keeps what was asked for a minute at least, and no longer than two', () => {
  const clock = new TestClock();
  const recent = new RecentlyAsked(clock);
  const [early, late] = ['a', 'b'].map((fold) => new UserMemberships({ fold, feed: fold }, () => {}));
  recent.keep(early!);
  clock.pass(59_000);
  recent.keep(early!);
  recent.keep(late!);
  clock.pass(60_000);
  expect([early!.watched, late!.watched]).toEqual([true, true]);
  recent.keep(late!);
  clock.pass(60_000);
  expect([early!.watched, late!.watched]).toEqual([false, true]);
  clock.pass(60_000);
  expect(late!.watched).toBe(false);
  recent.keep(early!);
  clock.pass(60_000);
  expect(early!.watched).toBe(true);
  clock.pass(60_000);
  expect(early!.watched).toBe(false);
});

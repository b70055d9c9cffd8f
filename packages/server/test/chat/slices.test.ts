import { expect, test } from 'vitest';
import { Slices } from '../../src/chat/slices.js';
import { TestClock } from './fixtures.js';

test('let others have a turn once 5 ms are spent, and no sooner', async () => {
  const clock = new TestClock();
  const slices = new Slices(clock);
  await slices.pause();
  clock.pass(4);
  await slices.pause();
  expect(clock.turns).toBe(0);
  clock.pass(1);
  await slices.pause();
  await slices.pause();
  expect(clock.turns).toBe(1);
  clock.pass(5);
  await slices.pause();
  expect(clock.turns).toBe(2);
});

import { expect, test } from 'vitest';
import { Intake } from '../../src/transport/intake.js';
import { FakeClock } from '../support/clock.js';

function setup(pending: number, perSecond: number) {
  const source = {
    paused: false,
    pause() {
      this.paused = true;
    },
    resume() {
      this.paused = false;
    },
  };
  const clock = new FakeClock();
  return { source, clock, intake: new Intake(source, { pending, perSecond }, clock) };
}

test('with so many under way nothing is read, until half of them have arrived', () => {
  const { source, intake } = setup(4, 1000);
  for (let at = 0; at < 3; at++) intake.enter();
  expect(source.paused).toBe(false);
  intake.enter();
  expect(source.paused).toBe(true);
  intake.leave();
  expect(source.paused).toBe(true);
  intake.leave();
  expect(source.paused).toBe(false);
});

test('what comes too fast waits a while', () => {
  const { source, clock, intake } = setup(1000, 5);
  for (let at = 0; at < 10; at++) intake.enter();
  expect(source.paused).toBe(false);
  intake.enter();
  intake.enter();
  expect(source.paused).toBe(true);
  clock.advance(199);
  expect(source.paused).toBe(true);
  clock.advance(1);
  expect(source.paused).toBe(false);
});

test('one reason that is over does not outweigh the other', () => {
  const { source, clock, intake } = setup(3, 1);
  for (let at = 0; at < 3; at++) intake.enter();
  clock.advance(1000);
  expect(source.paused).toBe(true);
  for (let at = 0; at < 3; at++) intake.leave();
  expect(source.paused).toBe(false);
});

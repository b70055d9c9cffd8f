import { expect, test } from 'vitest';
import { Intake, STOP } from '../../src/session/intake.js';
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
  for (let at = 0; at < 10; at++) expect(intake.take()).toBe(true);
  expect(source.paused).toBe(false);
  expect([intake.take(), intake.take()]).toEqual([false, false]);
  expect(source.paused).toBe(true);
  clock.advance(199);
  expect(source.paused).toBe(true);
  clock.advance(1);
  expect(source.paused).toBe(false);
});

test('one reason that is over does not outweigh the other', () => {
  const { source, clock, intake } = setup(3, 1);
  for (let at = 0; at < 3; at++) {
    intake.take();
    intake.enter();
  }
  clock.advance(1000);
  expect(source.paused).toBe(true);
  for (let at = 0; at < 3; at++) intake.leave();
  expect(source.paused).toBe(false);
});

test('what stops reading is told apart, and only its end goes on', () => {
  const { source, intake } = setup(10, 10);
  intake.stop(STOP.connecting);
  intake.stop(STOP.clogged);
  expect([intake.stopped, intake.stoppedBut(STOP.clogged), source.paused]).toEqual([true, true, true]);
  intake.goOn(STOP.connecting);
  expect([intake.stopped, intake.stoppedBut(STOP.clogged), source.paused]).toEqual([true, false, true]);
  intake.goOn(STOP.connecting);
  intake.goOn(STOP.clogged);
  expect([intake.stopped, source.paused]).toEqual([false, false]);
});

test('something heavy counts as several', () => {
  const { source, intake } = setup(4, 100);
  intake.enter(4);
  expect(source.paused).toBe(true);
  intake.leave(4);
  expect(source.paused).toBe(false);
});

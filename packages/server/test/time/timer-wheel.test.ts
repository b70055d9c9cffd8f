import { expect, test } from 'vitest';
import { TimerWheel, type WheelMember } from '../../src/delivery/timer-wheel.js';
import { FakeClock } from '../support/clock.js';

class Member implements WheelMember {
  slot: number | undefined;
  expired = 0;
  readonly #then: (() => void) | undefined;

  constructor(then?: () => void) {
    this.#then = then;
  }

  expire(): void {
    this.expired += 1;
    this.#then?.();
  }
}

function setup(): { clock: FakeClock; wheel: TimerWheel } {
  const clock = new FakeClock();
  return { clock, wheel: new TimerWheel(clock, 1000) };
}

test('a member expires once, not early, and at most two slots late', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  clock.advance(345);
  wheel.set(member, 5000);
  clock.advance(4999);
  expect(member.expired).toBe(0);
  clock.advance(2001);
  expect(member.expired).toBe(1);
  clock.advance(60_000);
  expect(member.expired).toBe(1);
});

test('one that is set again has moved', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  wheel.set(member, 2000);
  clock.advance(1500);
  wheel.set(member, 10_000);
  clock.advance(9000);
  expect(member.expired).toBe(0);
  clock.advance(3000);
  expect(member.expired).toBe(1);
});

test('one that is deleted does not expire, and an empty wheel has no timer', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  wheel.set(member, 2000);
  expect(clock.timers).toBe(1);
  wheel.delete(member);
  expect(clock.timers).toBe(0);
  clock.advance(10_000);
  expect(member.expired).toBe(0);
  expect(wheel.size).toBe(0);
});

test('a member that goes back on the wheel as it expires is due again later', () => {
  const { clock, wheel } = setup();
  const member: Member = new Member(() => wheel.set(member, 3000));
  wheel.set(member, 3000);
  clock.advance(16_000);
  expect(member.expired).toBe(4);
});

test('a member may take another off the wheel that is due in the same slot', () => {
  const { clock, wheel } = setup();
  const second = new Member();
  const first = new Member(() => wheel.delete(second));
  wheel.set(first, 1000);
  wheel.set(second, 5000);
  clock.advance(20_000);
  expect([first.expired, second.expired]).toEqual([1, 0]);
});

test('after a long sleep everything due expires at the next turn', () => {
  const { clock, wheel } = setup();
  const members = [1000, 50_000, 7_000_000].map((ms) => {
    const member = new Member();
    wheel.set(member, ms);
    return member;
  });
  clock.advance(1_000_000);
  expect(members.map((member) => member.expired)).toEqual([1, 1, 0]);
});

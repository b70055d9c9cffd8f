import { expect, test } from 'vitest';
import { TimerWheel, type WheelMember } from '../../src/time/timer-wheel.js';
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

test('a member expires once, not early, and at most a slot late', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  clock.advance(345);
  wheel.set(member, 5000);
  clock.advance(4999);
  expect(member.expired).toBe(0);
  clock.advance(1001);
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
  expect(member.expired).toBe(5);
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

test('members expire in the order of their times', () => {
  const { clock, wheel } = setup();
  const order: string[] = [];
  for (const [name, ms] of Object.entries({ late: 9000, early: 1000, middle: 4500 })) {
    wheel.set(new Member(() => order.push(name)), ms);
  }
  clock.advance(1000);
  expect(order).toEqual(['early']);
  clock.advance(3999);
  expect(order).toEqual(['early']);
  clock.advance(1);
  expect(order).toEqual(['early', 'middle']);
  clock.advance(4000);
  expect(order).toEqual(['early', 'middle', 'late']);
  expect(clock.timers).toBe(0);
});

test('a member may be put off, and brought forward', () => {
  const { clock, wheel } = setup();
  const [off, forward] = [new Member(), new Member()];
  wheel.set(off, 1000);
  wheel.set(forward, 9000);
  wheel.set(off, 6000);
  wheel.set(forward, 2000);
  expect(wheel.size).toBe(2);
  clock.advance(2000);
  expect([off.expired, forward.expired]).toEqual([0, 1]);
  clock.advance(3999);
  expect(off.expired).toBe(0);
  clock.advance(1);
  expect(off.expired).toBe(1);
  expect(wheel.size).toBe(0);
});

test('putting off sets no timer', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  for (let count = 0; count < 1000; count++) wheel.set(member, 30_000);
  expect(clock.timersSet).toBe(1);
  clock.advance(29_000);
  wheel.set(member, 30_000);
  clock.advance(29_000);
  expect(member.expired).toBe(0);
  expect(clock.timersSet).toBe(2);
});

test('a clock that is set back, or ahead, moves nothing', () => {
  const { clock, wheel } = setup();
  const member = new Member();
  wheel.set(member, 5000);
  clock.setWall(clock.now() - 86_400_000);
  clock.advance(3000);
  clock.setWall(clock.now() + 172_800_000);
  clock.advance(1999);
  expect(member.expired).toBe(0);
  clock.advance(1);
  expect(member.expired).toBe(1);
});

test('a wheel that was stopped lets nobody expire, and may be used again', () => {
  const { clock, wheel } = setup();
  const [before, after] = [new Member(), new Member()];
  wheel.set(before, 1000);
  wheel.stop();
  expect(wheel.size).toBe(0);
  clock.advance(10_000);
  expect(clock.timers).toBe(0);
  wheel.set(after, 1000);
  wheel.set(before, 2000);
  clock.advance(1000);
  expect([before.expired, after.expired]).toEqual([0, 1]);
  clock.advance(1000);
  expect(before.expired).toBe(1);
});

import { beforeEach, expect, test } from 'vitest';
import { type Expiring, ExpiryWheel } from '../../src/presence/expiry-wheel.js';
import { FakeClock } from './fixtures.js';

interface Entry extends Expiring {
  readonly name: string;
  expiresAt: number;
}

let clock: FakeClock;
let expired: string[];
let wheel: ExpiryWheel<Entry>;

const open = (onExpired: (entry: Entry) => void): ExpiryWheel<Entry> => {
  const { now, setTimer, clearTimer } = clock;
  return new ExpiryWheel<Entry>({ now, setTimer, clearTimer, tick: 100, onExpired });
};

beforeEach(() => {
  clock = new FakeClock();
  expired = [];
  wheel = open(({ name }) => expired.push(name));
});

const entry = (name: string, wait: number): Entry => ({
  name,
  expiresAt: clock.now() + wait,
  bucket: undefined,
});

test('entries expire in the order of their times', () => {
  for (const [name, wait] of Object.entries({ late: 900, early: 100, middle: 450 }))
    wheel.add(entry(name, wait));
  clock.advance(100);
  expect(expired).toEqual(['early']);
  clock.advance(399);
  expect(expired).toEqual(['early']);
  clock.advance(1);
  expect(expired).toEqual(['early', 'middle']);
  clock.advance(400);
  expect(expired).toEqual(['early', 'middle', 'late']);
  expect(clock.timers).toBe(0);
});

test('an entry may be put off without a word, and brought forward with one', () => {
  const off = entry('off', 100);
  const forward = entry('forward', 900);
  wheel.add(off);
  wheel.add(forward);
  off.expiresAt += 500;
  forward.expiresAt -= 700;
  wheel.moved(forward);
  clock.advance(200);
  expect(expired).toEqual(['forward']);
  clock.advance(399);
  expect(expired).toEqual(['forward']);
  clock.advance(1);
  expect(expired).toEqual(['forward', 'off']);
});

test('an entry that was taken out does not expire, also when another takes it out at the same time', () => {
  const [first, second, third] = [entry('first', 100), entry('second', 100), entry('third', 100)];
  wheel = open(({ name }) => {
    expired.push(name);
    wheel.delete(second);
  });
  for (const one of [first, second, third]) wheel.add(one);
  wheel.delete(third);
  wheel.delete(third);
  wheel.moved(third);
  clock.advance(1000);
  expect(expired).toEqual(['first']);
});

test('an entry may be added again from within its end', () => {
  let count = 0;
  wheel = open((one) => {
    if (++count < 3) wheel.add({ ...one, expiresAt: clock.now() + 100 });
  });
  wheel.add(entry('again', 100));
  clock.advance(1000);
  expect(count).toBe(3);
});

test('a wheel that was closed lets nothing expire', () => {
  wheel.add(entry('one', 100));
  wheel.close();
  clock.advance(1000);
  expect(expired).toEqual([]);
  expect(clock.timers).toBe(0);
  wheel.add(entry('two', 100));
  clock.advance(100);
  expect(expired).toEqual(['two']);
});

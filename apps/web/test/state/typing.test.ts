import { expect, test } from 'vitest';
import { TYPING_LAPSES, TypingStore } from '../../src/state/typing.js';
import { FakeTimers } from '../support/fake-timers.js';

function setUp() {
  const timers = new FakeTimers();
  const store = new TypingStore(timers);
  return { timers, store, who: () => store.get().get('room:x') ?? [] };
}

test('who types is named in the order they began, once', () => {
  const { store, who } = setUp();
  store.change('room:x', 'ada', true);
  store.change('room:x', 'bob', true);
  store.change('room:x', 'ada', true);
  store.change('room:y', 'eve', true);
  expect(who()).toEqual(['ada', 'bob']);
});

test('it lapses unless it is said again', async () => {
  const { timers, store, who } = setUp();
  store.change('room:x', 'ada', true);
  await timers.pass(TYPING_LAPSES - 1);
  store.change('room:x', 'ada', true);
  await timers.pass(TYPING_LAPSES - 1);
  expect(who()).toEqual(['ada']);
  await timers.pass(1);
  expect(who()).toEqual([]);
});

test('whoever says that they stopped has stopped', () => {
  const { store, who } = setUp();
  store.change('room:x', 'ada', true);
  store.change('room:x', 'ada', false);
  store.change('room:x', 'bob', false);
  expect(who()).toEqual([]);
});

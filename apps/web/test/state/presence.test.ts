import { expect, test, vi } from 'vitest';
import { everyoneHere, isHere, PresenceStore } from '../../src/state/presence.js';

test('a person is here as long as they are in any channel', () => {
  const store = new PresenceStore();
  store.put('room:a', ['ada']);
  store.put('room:b', ['ada', 'bob']);
  store.change('room:a', 'ada', false);
  expect(isHere(store.get(), 'ada')).toBe(true);
  store.change('room:b', 'ada', false);
  expect(isHere(store.get(), 'ada')).toBe(false);
  expect([...everyoneHere(store.get())]).toEqual(['bob']);
});

test('what is known already changes nothing', () => {
  const store = new PresenceStore();
  store.put('room:a', ['ada', 'bob']);
  const told = vi.fn();
  store.subscribe(told);
  store.put('room:a', ['bob', 'ada']);
  store.change('room:a', 'ada', true);
  store.change('room:a', 'eve', false);
  expect(told).not.toHaveBeenCalled();
});

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

test('of those who are asked for it is known whether they are here, of the others nothing new', () => {
  const presence = new PresenceStore();
  presence.put('room:x', ['ada', 'bob']);
  const before = presence.get();
  presence.learn('room:x', [{ user: 'ada', present: true }]);
  expect(presence.get()).toBe(before);
  presence.learn('room:x', [
    { user: 'ada', present: false },
    { user: 'cleo', present: true },
  ]);
  expect(presence.get().get('room:x')).toEqual(new Set(['bob', 'cleo']));
});

import { expect, test, vi } from 'vitest';
import { Store } from '../../src/state/store.js';

test('watchers are told of changes until they stop, and of nothing else', () => {
  const store = new Store(1);
  const told = vi.fn();
  const stop = store.subscribe(told);
  store.set(1);
  expect(told).not.toHaveBeenCalled();
  store.update((value) => value + 1);
  expect(store.get()).toBe(2);
  expect(told).toHaveBeenCalledTimes(1);
  stop();
  store.set(3);
  expect(told).toHaveBeenCalledTimes(1);
});

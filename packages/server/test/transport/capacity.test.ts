import { expect, test } from 'vitest';
import { Capacity } from '../../src/transport/capacity.js';

test('all kinds count together', () => {
  let sockets = 1;
  const capacity = new Capacity(
    3,
    10,
    () => sockets,
    () => 1,
  );
  expect(capacity.hasRoom()).toBe(true);
  sockets = 2;
  expect(capacity.hasRoom()).toBe(false);
});

test('an address has so many, and one that left makes room', () => {
  const capacity = new Capacity(100, 2);
  const leave = capacity.enter('a');
  expect(capacity.enter('a')).toBeDefined();
  expect(capacity.enter('a')).toBeUndefined();
  expect(capacity.enter('b')).toBeDefined();
  leave?.();
  expect(capacity.enter('a')).toBeDefined();
  expect(capacity.enter('a')).toBeUndefined();
});

test('where addresses tell nothing, there is no such limit', () => {
  const capacity = new Capacity(100, 1);
  expect([capacity.enter(undefined), capacity.enter(undefined)]).not.toContain(undefined);
});

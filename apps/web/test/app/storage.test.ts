import { expect, test } from 'vitest';
import { MemoryStorage, storageOr } from '../../src/app/storage.js';

test('the browser’s storage is used where it works', () => {
  const storage = new MemoryStorage();
  expect(storageOr(() => storage)).toBe(storage);
  expect(storage.length).toBe(0);
});

test('where it is not to be had, or refuses to keep anything, the page goes on without', () => {
  const denied = storageOr(() => {
    throw new DOMException('denied', 'SecurityError');
  });
  denied.setItem('a', '1');
  expect([denied.getItem('a'), denied.length, denied.key(0), denied.key(1)]).toEqual(['1', 1, 'a', null]);
  denied.removeItem('a');
  expect(denied.getItem('a')).toBeNull();

  class Full extends MemoryStorage {
    override setItem(): void {
      throw new DOMException('full', 'QuotaExceededError');
    }
  }
  const full = new Full();
  expect(storageOr(() => full)).not.toBe(full);
});

import { expect, test } from 'vitest';
import { SLAB_BYTES, slab } from '../../src/node/slab.js';

test('it begins anew unless someone still refers to it', () => {
  slab.replace();
  slab.used = 100;
  slab.rewind();
  expect(slab.used).toBe(0);
  slab.used = 100;
  slab.pin();
  slab.rewind();
  expect(slab.used).toBe(100);
  const before = slab.bytes;
  slab.replace();
  expect(slab.bytes).not.toBe(before);
  expect(slab.used).toBe(0);
});

test('it tells what fits', () => {
  slab.replace();
  slab.used = 10;
  expect(slab.fits(SLAB_BYTES - 10)).toBe(true);
  expect(slab.fits(SLAB_BYTES - 9)).toBe(false);
  slab.used = 0;
});

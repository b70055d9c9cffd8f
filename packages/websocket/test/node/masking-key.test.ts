import { expect, test } from 'vitest';
import { randomMaskingKey } from '../../src/node/masking-key.js';

test('keys are unsigned numbers of 32 bits that do not repeat', () => {
  const keys = new Set<number>();
  for (let count = 0; count < 5000; count++) keys.add(randomMaskingKey());
  expect(keys.size).toBeGreaterThan(4990);
  for (const key of keys) expect(key >>> 0).toBe(key);
});

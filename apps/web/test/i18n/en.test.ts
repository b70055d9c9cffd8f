import { expect, test } from 'vitest';
import { en } from '../../src/i18n/en.js';

test('a sentence has one full stop, also where what it ends with is short for something', () => {
  expect(en.retryIn('in 4 sec.')).toBe('Trying again in 4 sec.');
  expect(en.retryIn('in 1 hour')).toBe('Trying again in 1 hour.');
});

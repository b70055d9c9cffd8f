import { ClientError } from '@fullduplex/client';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/state/error-code.js';

test('an error of the client is said by its code, and any other as a fault', () => {
  expect(codeOf(new ClientError('room_exists', 'There is one.', { retryable: false }))).toBe('room_exists');
  expect(codeOf(new TypeError('x is not a function'))).toBe('internal');
  expect(codeOf(undefined)).toBe('internal');
});

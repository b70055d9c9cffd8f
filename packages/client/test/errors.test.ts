import { describe, expect, it } from 'vitest';
import { badAnswer, closedError, offlineError, passes, timeoutError } from '../src/errors.js';
import { ClientError } from '../src/types.js';

describe('the errors of the client', () => {
  it.each([
    [closedError(), 'closed', false],
    [offlineError(), 'offline', true],
    [timeoutError(), 'timeout', true],
    [badAnswer('It is no JSON.'), 'bad_answer', true],
  ])('have a code, a sentence, and whether to try again: %s', (error, code, retryable) => {
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ name: 'ClientError', code, retryable });
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(error).not.toHaveProperty('cause');
  });

  it('carry what caused them', () => {
    const cause = new TypeError('fetch failed');
    expect(offlineError('The stream was cut.', cause)).toMatchObject({
      message: 'The stream was cut.',
      cause,
    });
  });

  it.each([
    [offlineError(), true],
    [closedError(), true],
    [new ClientError('token_expired', 'Expired.', { retryable: false }), true],
    [new ClientError('unavailable', 'Later.', { retryable: true }), true],
    [new ClientError('permission_denied', 'No.', { retryable: false }), false],
  ])('are told apart from those of what was asked: %s', (error, passing) => {
    expect(passes(error)).toBe(passing);
  });
});

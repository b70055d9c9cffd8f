import { describe, expect, test } from 'vitest';
import { DISCONNECTS, shouldReconnect } from '../src/disconnect.js';
import { CommandError, ERRORS, errorCodeOf } from '../src/errors.js';

describe('errors', () => {
  test('no two share a number, and each number leads back to its name', () => {
    const numbers = Object.values(ERRORS).map((facts) => facts.code);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const [name, facts] of Object.entries(ERRORS)) expect(errorCodeOf(facts.code)).toBe(name);
    expect(errorCodeOf(99)).toBeUndefined();
  });

  test('numbers stay in the range the client protocol allows', () => {
    for (const { code } of Object.values(ERRORS)) {
      expect((code >= 100 && code < 400) || (code >= 400 && code < 2000)).toBe(true);
    }
  });

  test('one error, said over HTTP and over the session', () => {
    const error = new CommandError('too_many_requests', 'Wait a moment.');
    expect(error.toHttp()).toEqual({
      error: { code: 'too_many_requests', message: 'Wait a moment.', retryable: true },
    });
    expect(error.toReply()).toEqual({
      code: 111,
      message: 'too_many_requests: Wait a moment.',
      temporary: true,
    });
    expect(error.status).toBe(429);
  });
});

describe('disconnects', () => {
  test('the code alone says whether to come back', () => {
    expect(shouldReconnect(DISCONNECTS.shutdown.code)).toBe(true);
    expect(shouldReconnect(DISCONNECTS.noPong.code)).toBe(true);
    expect(shouldReconnect(DISCONNECTS.invalidToken.code)).toBe(false);
    expect(shouldReconnect(DISCONNECTS.badRequest.code)).toBe(false);
    expect(shouldReconnect(1001)).toBe(true);
    expect(shouldReconnect(1006)).toBe(true);
  });
});

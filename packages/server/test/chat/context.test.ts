import { CommandError } from '@fullduplex/wire';
import { expect, test } from 'vitest';
import { toCommandError } from '../../src/chat/context.js';
import { LogError, type LogErrorCode } from '../../src/log/log.js';

test.each<[LogErrorCode, string, boolean]>([
  ['key_conflict', 'key_conflict', false],
  ['record_too_large', 'message_too_large', false],
  ['full', 'storage_full', true],
  ['unavailable', 'unavailable', true],
  ['fact_exists', 'unknown_message', false],
  ['fact_changed', 'unavailable', true],
  ['closed', 'shutting_down', true],
])('the error %s of the log is %s to the caller', (code, command, retryable) => {
  const cause = new LogError(code, 'of the log');
  expect(toCommandError(cause)).toMatchObject({ code: command, retryable, cause });
});

test('errors of commands stay what they are', () => {
  const error = new CommandError('not_a_member', 'x');
  expect(toCommandError(error)).toBe(error);
});

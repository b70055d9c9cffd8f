/** The errors that the client itself makes, each with its sentence in one place. */
import { ClientError } from './types.js';

export const closedError = (): ClientError =>
  new ClientError('closed', 'The client is closed.', { retryable: false });

export const offlineError = (message = 'There is no way to the server.', cause?: unknown): ClientError =>
  new ClientError('offline', message, { retryable: true, cause });

export const timeoutError = (message = 'The server did not answer in time.', cause?: unknown): ClientError =>
  new ClientError('timeout', message, { retryable: true, cause });

/** The server, or something between, answered what it should not. */
export const badAnswer = (message: string, cause?: unknown): ClientError =>
  new ClientError('bad_answer', message, { retryable: true, cause });

/** Errors that speak of the way to the server or of the token, not of what was asked. */
const PASSING: ReadonlySet<string> = new Set([
  'unauthorized',
  'token_expired',
  'signed_out',
  'offline',
  'timeout',
  'closed',
]);

/** Whether the same may succeed at another time, retryable as it is or with another token. */
export const passes = ({ code, retryable }: ClientError): boolean => retryable || PASSING.has(code);

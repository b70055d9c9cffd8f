/** The code by which an error is said to people. */
import { ClientError, type ClientErrorCode } from '@fullduplex/client';

/** What is no error of the client is the server's or the page's own fault, and said so. */
export function codeOf(error: unknown): ClientErrorCode {
  return error instanceof ClientError ? error.code : 'internal';
}

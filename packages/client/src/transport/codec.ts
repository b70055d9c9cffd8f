/**
 * The session's frames: one or more JSON objects, one a line. Commands out, replies and pushes in. It must not know
 * what is asked, or of whom.
 */
import type { ErrorCode, MethodName, MethodParams, Push, Reply, ReplyError } from '@fullduplex/wire';
import { badAnswer } from '../errors.js';
import { ClientError } from '../types.js';

export type Incoming =
  | { readonly type: 'ping' }
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'push'; readonly push: Push };

/** The answer to the server's ping. */
export const PONG = '{}';

export function encodeCommand<Name extends MethodName>(
  id: number,
  method: Name,
  params: MethodParams[Name],
): string {
  return JSON.stringify({ id, [method]: params });
}

/**
 * @throws {ClientError} `bad_answer` when a line is not a JSON object
 */
export function decodeFrame(frame: string): Incoming[] {
  const incoming: Incoming[] = [];
  for (const line of frame.split('\n')) {
    if (line !== '') incoming.push(decodeLine(line));
  }
  return incoming;
}

function decodeLine(line: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badAnswer('The server sent something that is not its protocol.');
  }
  if ('push' in value) return { type: 'push', push: value.push as Push };
  // A reply without an id answers a frame in which there was none to name; it is no ping.
  if ('id' in value || 'error' in value) return { type: 'reply', reply: value as Reply };
  return { type: 'ping' };
}

/**
 * The server's error as the app sees it. Its code's name stands in front of the message, so that a client needs no
 * table of them.
 */
export function decodeError({ message, temporary = false }: ReplyError): ClientError {
  const [, code = 'internal', text = message] = /^([a-z_]+): (.*)$/s.exec(message) ?? [];
  return new ClientError(code as ErrorCode, text, { retryable: temporary });
}

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, frameError, WebSocketError } from '../../src/protocol/errors.js';

test('an error knows its close code and whether to try again', () => {
  expect(new WebSocketError('WS_ERR_INVALID_UTF8', 'x').closeCode).toBe(1007);
  expect(new WebSocketError('WS_ERR_NOT_OPEN', 'x').closeCode).toBeUndefined();
  expect(new WebSocketError('WS_ERR_HANDSHAKE_TIMEOUT', 'x').retryable).toBe(true);
  expect(new WebSocketError('WS_ERR_INVALID_OPCODE', 'x').retryable).toBe(false);
});

test('it is what code written for ws tests for', () => {
  const cause = new Error('below');
  const error = new WebSocketError('WS_ERR_NOT_OPEN', 'not open', { cause });
  expect(error).toBeInstanceOf(RangeError);
  expect(String(error)).toBe('Error: not open');
  expect(error.cause).toBe(cause);
  expect(frameError('WS_ERR_EXPECTED_FIN', 'FIN must be set').message).toBe(
    'Invalid WebSocket frame: FIN must be set',
  );
});

test('the reference has a heading for each code, and no other', () => {
  const reference = readFileSync(new URL('../../../../docs/websocket.md', import.meta.url), 'utf8');
  const headings = Array.from(reference.matchAll(/^#+ `(WS_ERR_\w+)`/gm), ([, code]) => code);
  expect(new Set(headings)).toEqual(new Set(Object.keys(ERRORS)));
  expect(headings).toHaveLength(new Set(headings).size);
});

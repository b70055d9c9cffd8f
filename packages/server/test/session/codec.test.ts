import { CommandError } from '@fullduplex/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeError, encodePush, encodeReply, parseCommand } from '../../src/session/codec.js';

test('a command, with its parameters checked and what is unknown left out', () => {
  expect(parseCommand('{"id":7,"subscribe":{"channel":"room:a","flag":3,"recover":true}}')).toEqual({
    kind: 'command',
    id: 7,
    command: { method: 'subscribe', params: { channel: 'room:a', recover: true } },
  });
});

test('the answer to a ping, and a command that needs no answer', () => {
  expect(parseCommand('{}')).toEqual({ kind: 'pong' });
  expect(parseCommand('{"send":{"data":1}}')).toMatchObject({ kind: 'command', id: 0 });
});

test('what cannot be carried out keeps its id where it had one', () => {
  const bad = (line: string): [number, string] | string => {
    const parsed = parseCommand(line);
    return parsed.kind === 'bad' ? [parsed.id, parsed.error.code] : parsed.kind;
  };
  expect(bad('')).toEqual([0, 'bad_request']);
  expect(bad('null')).toEqual([0, 'bad_request']);
  expect(bad('{"id":3,"nothing":{}}')).toEqual([3, 'method_not_found']);
  expect(bad('{"id":3,"toString":{}}')).toEqual([3, 'method_not_found']);
  expect(bad('{"id":3,"connect":null}')).toEqual([3, 'bad_request']);
  expect(bad('{"id":-3,"ping":{}}')).toEqual([0, 'bad_request']);
  expect(bad('{"id":1e99,"ping":{}}')).toEqual([0, 'bad_request']);
  expect(bad('{"id":3,"history":{"channel":"room:a","limit":-2}}')).toEqual([3, 'bad_request']);
  expect(bad('{"id":3,"subscribe":{"channel":"room:a","offset":1.5}}')).toEqual([3, 'bad_request']);
});

test('any text at all is one of the three, and never throws', () => {
  const kinds = ['pong', 'command', 'bad'];
  const isOne = (line: string): boolean => kinds.includes(parseCommand(line).kind);
  fc.assert(fc.property(fc.string(), isOne));
  fc.assert(fc.property(fc.json(), isOne));
});

test('answers and pushes are one line of JSON', () => {
  expect(JSON.parse(encodeReply(3, 'ping', '{}'))).toEqual({ id: 3, ping: {} });
  const error = new CommandError('too_many_requests', 'a\nb');
  const message = 'too_many_requests: a\nb';
  expect(JSON.parse(encodeError(3, error))).toEqual({
    id: 3,
    error: { code: 111, message, temporary: true },
  });
  expect(JSON.parse(encodeError(0, error))).not.toHaveProperty('id');
  expect(encodeError(3, error)).not.toContain('\n');
  expect(JSON.parse(encodePush('room:"', '"join":{}'))).toEqual({ push: { channel: 'room:"', join: {} } });
});

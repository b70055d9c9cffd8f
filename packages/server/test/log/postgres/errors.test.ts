import { describe, expect, test } from 'vitest';
import { LogError } from '../../../src/log/log.js';
import { asLogError, endsConnection, sqlState } from '../../../src/log/postgres/errors.js';

const withCode = (code: string): Error => Object.assign(new Error('it failed'), { code });

test('knows an SQLSTATE from what the system calls an error', () => {
  expect(sqlState(withCode('53100'))).toBe('53100');
  expect(sqlState(withCode('ECONNRESET'))).toBeUndefined();
  expect(sqlState(new Error('it failed'))).toBeUndefined();
  expect(sqlState('it failed')).toBeUndefined();
});

describe('a connection is given up', () => {
  test.each([
    ['57P01', 'the server ends'],
    ['57P03', 'the server starts'],
    ['25006', 'the server can only be read from'],
    ['08006', 'the connection failed'],
    ['53300', 'there are too many connections'],
    ['ECONNRESET', 'the other side is gone'],
  ])('after %s: %s', (code) => {
    expect(endsConnection(withCode(code))).toBe(true);
  });

  test.each([
    ['53100', 'the disk is full'],
    ['57014', 'the query was cancelled'],
    ['23505', 'a key is there already'],
    ['FD001', 'the schema is for newer servers'],
  ])('but not after %s: %s', (code) => {
    expect(endsConnection(withCode(code))).toBe(false);
  });
});

test('a full disk is told as such, and all else as unavailable, with its cause', () => {
  expect(asLogError(withCode('53100'))).toMatchObject({ code: 'full', retryable: true });
  const cause = withCode('ECONNREFUSED');
  expect(asLogError(cause)).toMatchObject({ code: 'unavailable', retryable: true, cause });
  expect(asLogError(withCode('FD001')).message).toMatch(/update/);
  const error = new LogError('closed', 'It is closed.');
  expect(asLogError(error)).toBe(error);
});

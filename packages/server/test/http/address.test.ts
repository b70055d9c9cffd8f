import { expect, test } from 'vitest';
import { addressOf } from '../../src/http/address.js';

function request(remoteAddress: string | undefined, forwarded?: string | string[]) {
  return { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } };
}

test('it is the connection’s, unless a proxy is trusted', () => {
  expect(addressOf(request('203.0.113.7', '198.51.100.1'), false)).toBe('203.0.113.7');
  expect(addressOf(request('203.0.113.7'), true)).toBe('203.0.113.7');
});

test('of what was forwarded the last entry counts: the others are the caller’s own words', () => {
  expect(addressOf(request('127.0.0.1', '10.0.0.1, 198.51.100.1'), true)).toBe('198.51.100.1');
  expect(addressOf(request('127.0.0.1', ['10.0.0.1', '198.51.100.1, 198.51.100.2 ']), true)).toBe(
    '198.51.100.2',
  );
});

test('loopback tells callers apart by nothing', () => {
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined]) {
    expect(addressOf(request(address), false)).toBeUndefined();
  }
});

import { describe, expect, test } from 'vitest';
import { parseSyncRequest } from '../../src/transport/sync-request.js';

function parse(query: string, headers: Record<string, string> = {}, bearer?: string) {
  return parseSyncRequest({ method: 'GET', url: `/api/sync${query}`, headers }, bearer, 100);
}

test('nothing asked: a snapshot, at once', () => {
  expect(parse('')).toEqual({
    token: undefined,
    cursor: undefined,
    wait: 0,
    session: undefined,
    channels: [],
    mine: true,
    stream: false,
  });
});

test('everything asked', () => {
  expect(parse('?cursor=1abc&wait=25&session=tab&channel=feed:a&channel=room%3Ab&mine=0&token=t')).toEqual({
    token: 't',
    cursor: '1abc',
    wait: 25,
    session: 'tab',
    channels: ['feed:a', 'room:b'],
    mine: false,
    stream: false,
  });
});

test('the token of the header goes before the one of the address', () => {
  expect(parse('?token=t', {}, 'b').token).toBe('b');
});

test('where a stream stands is in the header, once it has begun; a poll has no such header', () => {
  const accept = 'text/event-stream';
  expect(parse('?cursor=1a', { accept, 'last-event-id': '1b' })).toMatchObject({
    stream: true,
    cursor: '1b',
  });
  expect(parse('?cursor=1a', { accept, 'last-event-id': '' }).cursor).toBe('1a');
  expect(parse('?cursor=1a', { 'last-event-id': '1b' })).toMatchObject({ stream: false, cursor: '1a' });
});

describe('what cannot be is bad_request', () => {
  const queries = ['?wait=-1', '?wait=60.5', '?wait=1e1', '?wait=NaN', `?session=${'x'.repeat(129)}`];
  for (const query of queries) {
    test(query.slice(0, 40), () => {
      expect(() => parse(query)).toThrow(expect.objectContaining({ code: 'bad_request' }));
    });
  }
});

test('more channels than one may ask for are limit_exceeded', () => {
  expect(parse(`?${'channel=feed:a&'.repeat(100)}`).channels).toHaveLength(100);
  expect(() => parse(`?${'channel=feed:a&'.repeat(101)}`)).toThrow(
    expect.objectContaining({ code: 'limit_exceeded' }),
  );
});

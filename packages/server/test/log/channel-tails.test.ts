import { describe, expect, test } from 'vitest';
import type { LogRecord, ReadRequest } from '../../src/log/channel-log.js';
import { ChannelTails, type ChannelTailsOptions } from '../../src/log/channel-tails.js';
import { offsetsOf, stored } from './fixtures.js';

const open = (options: Partial<ChannelTailsOptions> = {}) =>
  new ChannelTails({ maxBytes: 1_000_000, maxChannels: 1000, isNeeded: () => false, ...options });
const extent = (offset: number, oldest = 1) => ({ head: { epoch: 'e', offset }, oldest });
const read = (tails: ChannelTails, request: Partial<ReadRequest>): number[] | undefined => {
  const result = tails.read({ channel: 'room:a', limit: 100, ...request });
  return result && offsetsOf(result.records);
};

describe('heads', () => {
  test('are learned, and then moved by what is appended alone', () => {
    const tails = open();
    expect(tails.head('room:a')).toBeUndefined();
    tails.learn('room:a', extent(7));
    expect(tails.head('room:a')).toEqual({ epoch: 'e', offset: 7 });
    tails.push('room:a', 'e', 1, stored(8, 9));
    tails.learn('room:a', extent(7));
    expect(tails.head('room:a')?.offset).toBe(9);
  });

  test('of channels beyond the limit are forgotten, the longest known first, except those needed', () => {
    const tails = open({ maxChannels: 3, isNeeded: (channel) => channel === 'room:0' });
    for (let count = 0; count < 10; count++) tails.learn(`room:${count}`, extent(count));
    expect(tails.size).toBe(3);
    expect(tails.head('room:0')).toBeDefined();
    expect(tails.head('room:9')).toBeDefined();
    expect(tails.head('room:5')).toBeUndefined();
  });

  test('that are all needed are kept beyond the limit', () => {
    const tails = open({ maxChannels: 3, isNeeded: () => true });
    for (let count = 0; count < 10; count++) tails.learn(`room:${count}`, extent(count));
    expect(tails.size).toBe(10);
  });
});

describe('records', () => {
  test('are told when no one can have been told of them', () => {
    const tails = open();
    // The reader saw the commit of 8 before its reply came.
    tails.learn('room:a', extent(8));
    expect(offsetsOf(tails.push('room:a', 'e', 1, stored(8, 10)))).toEqual([9, 10]);
    expect(tails.push('room:a', 'e', 1, [])).toEqual([]);
    expect(offsetsOf(tails.push('room:a', 'e', 1, stored(9, 10)))).toEqual([]);
    expect(read(tails, { after: 8 })).toEqual([9, 10]);
  });

  test('answer reads that begin among them', () => {
    const tails = open();
    tails.learn('room:a', extent(5));
    tails.push('room:a', 'e', 1, stored(6, 10));
    expect(read(tails, { after: 5 })).toEqual([6, 7, 8, 9, 10]);
    expect(read(tails, { after: 8, limit: 1 })).toEqual([9]);
    expect(read(tails, { after: 10 })).toEqual([]);
    expect(read(tails, { newestFirst: true, limit: 5 })).toEqual([6, 7, 8, 9, 10]);
    expect(read(tails, { newestFirst: true, limit: 3, before: 9 })).toEqual([6, 7, 8]);
    expect(read(tails, { newestFirst: true, after: 5 })).toEqual([6, 7, 8, 9, 10]);
  });

  test('answer no read that needs others', () => {
    const tails = open();
    expect(read(tails, {})).toBeUndefined();
    tails.learn('room:a', extent(5));
    tails.push('room:a', 'e', 1, stored(6, 10));
    expect(read(tails, { after: 4 })).toBeUndefined();
    expect(read(tails, { newestFirst: true, limit: 6 })).toBeUndefined();
    expect(read(tails, { newestFirst: true, before: 6 })).toBeUndefined();
    expect(read(tails, { newestFirst: true, before: 3 })).toBeUndefined();
    expect(read(tails, { after: 7, epoch: 'other' })).toBeUndefined();
  });

  test('answer gaps when they know that nothing else is there', () => {
    const tails = open();
    tails.learn('room:a', extent(5, 6));
    tails.push('room:a', 'e', 6, stored(6, 10));
    const result = tails.read({ channel: 'room:a', after: 2, limit: 2 });
    expect(offsetsOf(result?.records ?? [])).toEqual([6, 7]);
    expect(result?.gap).toMatchObject({ reason: 'retention', from: 3, to: 5 });
  });

  test('are let go past the bytes, the longest held first, over all channels', () => {
    const tails = open({ maxBytes: 2500 });
    const of = (channel: string, from: number, to: number): LogRecord[] =>
      stored(from, to, 'x'.repeat(150)).map((record) => ({ ...record, channel }));
    tails.push('room:a', 'e', 1, of('room:a', 1, 2));
    tails.push('room:b', 'e', 1, of('room:b', 1, 1));
    expect(read(tails, { after: 0 })).toEqual([1, 2]);
    tails.push('room:b', 'e', 1, of('room:b', 2, 4));
    expect(read(tails, { after: 0 })).toBeUndefined();
    expect(read(tails, { channel: 'room:b', after: 0 })).toEqual([1, 2, 3, 4]);
    for (let offset = 5; offset < 5000; offset++) tails.push('room:b', 'e', 1, of('room:b', offset, offset));
    expect(tails.bytes).toBeLessThanOrEqual(2500);
    expect(read(tails, { channel: 'room:b', after: 4995 })).toEqual([4996, 4997, 4998, 4999]);
    expect(tails.head('room:a')?.offset).toBe(2);
  });

  test('may not be kept at all', () => {
    const tails = open({ maxBytes: 0 });
    expect(offsetsOf(tails.push('room:a', 'e', 1, stored(1, 3)))).toEqual([1, 2, 3]);
    expect(tails.bytes).toBe(0);
    expect(read(tails, { after: 3 })).toEqual([]);
    expect(read(tails, { after: 2 })).toBeUndefined();
  });
});

describe('warming', () => {
  test('puts what storage has before what is here', () => {
    const tails = open();
    tails.learn('room:a', extent(50));
    expect(tails.isCold('room:a')).toBe(true);
    tails.push('room:a', 'e', 1, stored(51, 52));
    tails.warm('room:a', stored(40, 51));
    expect(tails.isCold('room:a')).toBe(false);
    expect(read(tails, { after: 45 })).toEqual([46, 47, 48, 49, 50, 51, 52]);
  });

  test('takes nothing that leaves a hole, nor beyond the head', () => {
    const tails = open();
    tails.learn('room:a', extent(50));
    tails.warm('room:a', stored(40, 48));
    expect(read(tails, { after: 45 })).toBeUndefined();
    const other = open();
    other.learn('room:a', extent(50));
    other.warm('room:a', stored(45, 53));
    expect(read(other, { after: 44 })).toEqual([45, 46, 47, 48, 49, 50]);
    expect(offsetsOf(other.push('room:a', 'e', 1, stored(51, 51)))).toEqual([51]);
  });

  test('is not needed where all there is, is here', () => {
    const tails = open();
    tails.learn('room:a', extent(0));
    expect(tails.isCold('room:a')).toBe(false);
    tails.push('room:a', 'e', 1, stored(1, 3));
    expect(tails.isCold('room:a')).toBe(false);
    expect(tails.isCold('room:unknown')).toBe(false);
  });

  test('is due again once the records were let go', () => {
    const tails = open({ maxBytes: 1000 });
    tails.push('room:a', 'e', 1, stored(1, 2));
    tails.push(
      'room:b',
      'e',
      1,
      stored(1, 3).map((record) => ({ ...record, channel: 'room:b' })),
    );
    tails.push(
      'room:b',
      'e',
      1,
      stored(4, 5).map((record) => ({ ...record, channel: 'room:b' })),
    );
    expect(tails.isCold('room:a')).toBe(true);
    tails.warm('room:a', stored(1, 2));
    expect(read(tails, { after: 0 })).toEqual([1, 2]);
  });
});

test('what was trimmed is read no more', () => {
  const tails = open();
  tails.push('room:a', 'e', 1, stored(1, 9));
  tails.trimmed('room:a', 6);
  tails.trimmed('room:unknown', 6);
  const result = tails.read({ channel: 'room:a', after: 1, limit: 100 });
  expect(offsetsOf(result?.records ?? [])).toEqual([6, 7, 8, 9]);
  expect(result?.gap).toMatchObject({ reason: 'retention', from: 2, to: 5 });
});

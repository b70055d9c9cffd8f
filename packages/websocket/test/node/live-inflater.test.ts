import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dropLive, LiveInflater, type LiveOwner, makeLive } from '../../src/node/live-inflater.js';
import { bytes } from '../support.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('messages that refer to those before them', () => {
  const live = new LiveInflater(15, undefined);
  expect(live.inflate(bytes('f248cdc9c90700'), 100)?.toString()).toBe('Hello');
  expect(live.inflate(bytes('f200110000'), 100)?.toString()).toBe('Hello');
  const behind = new LiveInflater(15, Buffer.from('Hello'));
  expect(behind.inflate(bytes('f200110000'), 100)?.toString()).toBe('Hello');
  live.close();
  behind.close();
});

test('what it does not do, it does not do: too much, a final block, what is not right', () => {
  const hello = bytes('f248cdc9c90700');
  expect(new LiveInflater(15, undefined).inflate(hello, 5)?.toString()).toBe('Hello');
  expect(new LiveInflater(15, undefined).inflate(hello, 4)).toBeUndefined();
  expect(new LiveInflater(15, undefined).inflate(deflateRawSync(Buffer.alloc(70_000)), 1e6)).toBeUndefined();
  expect(new LiveInflater(15, undefined).inflate(bytes('f348cdc9c9070000'), 100)).toBeUndefined();
  expect(new LiveInflater(15, undefined).inflate(bytes('ffff'), 100)).toBeUndefined();
  expect(new LiveInflater(15, undefined).inflate(new Uint8Array(9000), 100)).toBeUndefined();
});

test('there are only so many, and those that are not used are let go', () => {
  const owners = Array.from({ length: 1000 }, (): LiveOwner => ({ live: undefined }));
  for (const owner of owners) makeLive(owner, 15, undefined);
  const having = (): number => owners.filter(({ live }) => live !== undefined).length;
  const most = having();
  expect(most).toBeGreaterThan(100);
  expect(most * 56 * 1024).toBeLessThanOrEqual(16 * 1024 * 1024);
  vi.advanceTimersByTime(5000);
  owners[0]!.live!.inflate(bytes('f248cdc9c90700'), 100);
  vi.advanceTimersByTime(5000);
  expect([having(), owners[0]!.live !== undefined]).toEqual([1, true]);
  dropLive(owners[0]!);
  expect(vi.getTimerCount()).toBe(0);
});

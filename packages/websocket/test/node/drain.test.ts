import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DrainProgress, drainSockets } from '../../src/node/drain.js';
import type { WebSocket } from '../../src/node/websocket.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Peer extends EventEmitter {
  readonly CLOSED = 3;
  readyState = 1;
  askedAt = -1;
  with: unknown[] = [];

  close(...values: unknown[]): void {
    this.askedAt = Date.now();
    this.with = values;
  }

  go(): void {
    this.readyState = 3;
    this.emit('close');
  }
}

const asSockets = (peers: readonly Peer[]): WebSocket[] => peers as unknown as WebSocket[];

test('each is asked at its random moment, and progress is told', async () => {
  const peers = [new Peer(), new Peer(), new Peer()];
  const moments = [0.5, 0, 0.25];
  const start = Date.now();
  const told: DrainProgress[] = [];
  const drained = drainSockets(asSockets(peers), {
    over: 1000,
    code: 1012,
    reason: 'restart',
    random: () => moments.shift()!,
    onProgress: (progress) => told.push(progress),
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(peers.map(({ askedAt }) => askedAt - start)).toEqual([500, 0, 250]);
  expect(peers[0]!.with).toEqual([1012, 'restart']);
  for (const peer of peers) peer.go();
  expect(await drained).toEqual({ total: 3, asked: 3, closed: 3 });
  expect(told.map(({ asked, closed }) => `${asked} ${closed}`)).toEqual([
    '1 0',
    '2 0',
    '3 0',
    '3 1',
    '3 2',
    '3 3',
  ]);
});

test('those that are gone already count, and nobody is nothing to wait for', async () => {
  const gone = new Peer();
  gone.readyState = 3;
  expect(await drainSockets(asSockets([gone]), {})).toMatchObject({ closed: 1 });
  expect(await drainSockets([], {})).toEqual({ total: 0, asked: 0, closed: 0 });
});

test('by default all are asked at once, with 1001', () => {
  const peers = [new Peer(), new Peer()];
  void drainSockets(asSockets(peers), {});
  expect(peers.map((peer) => peer.with[0])).toEqual([1001, 1001]);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Keepalive, type Watched } from '../../src/node/keepalive.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Peer implements Watched {
  readonly told: string[] = [];
  speaks = false;
  private readonly start = Date.now();

  heard(): boolean {
    const heard = this.speaks;
    this.speaks = false;
    return heard;
  }

  ping(): void {
    this.told.push(`ping ${Date.now() - this.start}`);
  }

  giveUp(): void {
    this.told.push(`given up ${Date.now() - this.start}`);
  }
}

test('a silent peer is pinged once, then given up', () => {
  const keepalive = new Keepalive({ interval: 1000, timeout: 400 });
  const peer = new Peer();
  keepalive.add(peer);
  vi.advanceTimersByTime(1400);
  expect(peer.told).toEqual(['ping 1000', 'given up 1400']);
});

test('one that speaks is let alone, and one that answers begins anew', () => {
  const keepalive = new Keepalive({ interval: 1000 });
  const peer = new Peer();
  keepalive.add(peer);
  for (let count = 0; count < 10; count++) {
    peer.speaks = true;
    vi.advanceTimersByTime(900);
  }
  expect(peer.told).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(peer.told).toHaveLength(1);
  peer.speaks = true;
  vi.advanceTimersByTime(1000);
  expect(peer.told).toHaveLength(1);
});

test('without connections there is no timer', () => {
  const keepalive = new Keepalive({ interval: 1000 });
  const peer = new Peer();
  expect(vi.getTimerCount()).toBe(0);
  keepalive.add(peer);
  expect(vi.getTimerCount()).toBe(1);
  keepalive.delete(peer);
  expect(vi.getTimerCount()).toBe(0);
});

test('times must be positive', () => {
  expect(() => new Keepalive({ interval: 0 })).toThrow(RangeError);
  expect(() => new Keepalive({ interval: 1, timeout: Number.NaN })).toThrow(RangeError);
});

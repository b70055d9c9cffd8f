import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ListenerDelivery, type Recipient } from '../../src/node/delivery.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

class Socket implements Recipient {
  listens = false;
  isPaused = false;
  isOpen = true;
  highWaterMark = 1000;
  untakenTimeout = 500;
  readonly told: string[] = [];
  readonly levels: boolean[] = [];
  private listening: (() => boolean) | undefined;

  tell(data: Buffer): boolean {
    if (this.listens) this.told.push(data.toString());
    return this.listens;
  }

  stopReading(on: boolean): void {
    this.levels.push(on);
  }

  whenListening(call: () => boolean): void {
    this.listening = call;
  }

  listen(): void {
    this.listens = true;
    this.listening?.();
  }
}

const bytes = (text: string): Buffer => Buffer.from(text);

test('what comes while someone listens is told at once', () => {
  const socket = new Socket();
  socket.listens = true;
  const delivery = new ListenerDelivery(socket);
  delivery.message(bytes('a'), false);
  expect([socket.told, socket.levels]).toEqual([['a'], []]);
});

test('what comes before is kept, up to the mark, and told to the first who listens', async () => {
  const socket = new Socket();
  const delivery = new ListenerDelivery(socket);
  delivery.message(bytes('a'), false);
  delivery.message(bytes('b'.repeat(900)), false);
  expect(socket.levels).toEqual([true]);
  socket.listen();
  expect(socket.told).toEqual([]);
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(socket.told).toEqual(['a', 'b'.repeat(900)]);
  expect(socket.levels).toEqual([true, false]);
});

test('nobody for too long: it is dropped, reading goes on, and what comes then is dropped, too', () => {
  const socket = new Socket();
  const delivery = new ListenerDelivery(socket);
  delivery.message(Buffer.alloc(2000), true);
  vi.advanceTimersByTime(499);
  expect(socket.levels).toEqual([true]);
  vi.advanceTimersByTime(1);
  expect(socket.levels).toEqual([true, false]);
  delivery.message(Buffer.alloc(2000), true);
  expect(socket.levels).toHaveLength(2);
});

test('who has paused means to come back', () => {
  const socket = new Socket();
  const delivery = new ListenerDelivery(socket);
  delivery.message(Buffer.alloc(2000), true);
  socket.isPaused = true;
  vi.advanceTimersByTime(5000);
  expect(socket.levels).toEqual([true]);
  socket.isPaused = false;
  vi.advanceTimersByTime(500);
  expect(socket.levels).toEqual([true, false]);
});

test('a close by one who never listened drops what is kept', () => {
  const socket = new Socket();
  const delivery = new ListenerDelivery(socket);
  delivery.message(Buffer.alloc(2000), true);
  delivery.closing();
  expect(socket.levels).toEqual([true, false]);
});

test('what it kept goes to the delivery that follows, which has all the time', () => {
  const socket = new Socket();
  const kept = new ListenerDelivery(socket);
  kept.message(Buffer.alloc(2000), true);
  const handed = kept.handOver();
  vi.advanceTimersByTime(5000);
  expect([handed.inbox.size, socket.levels]).toEqual([1, [true]]);
  new ListenerDelivery(socket, handed);
  vi.advanceTimersByTime(500);
  expect(socket.levels).toEqual([true, false]);
});

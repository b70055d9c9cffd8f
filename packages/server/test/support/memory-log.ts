/** A log in memory that is driven by the test alone: commits in the next microtask, on a clock that stands still. */
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog, type OrderedLogOptions } from '../../src/log/ordered-log.js';
import { FakeClock } from './clock.js';

export interface MemoryLogOptions extends Partial<OrderedLogOptions> {
  readonly clock?: FakeClock;
  readonly storage?: MemoryStorage;
}

export function memoryStorage(clock = new FakeClock(), epoch = 'epoch-1'): MemoryStorage {
  return new MemoryStorage({ now: () => clock.now(), epoch });
}

export function memoryLog({
  clock = new FakeClock(),
  storage,
  ...options
}: MemoryLogOptions = {}): OrderedLog {
  return new OrderedLog(storage ?? memoryStorage(clock), {
    defer: queueMicrotask,
    after: (ms, callback) => clock.after(ms, callback),
    monotonic: () => clock.monotonic(),
    ...options,
  });
}

/** The time, for what is told relative to it; moves twice a minute while anyone watches. */
import type { Readable } from '../state/store.js';

const EVERY = 30_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

export const clock: Readable<number> = {
  get: () => now,
  subscribe(listener) {
    listeners.add(listener);
    timer ??= setInterval(() => {
      now = Date.now();
      for (const tell of listeners) tell();
    }, EVERY);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  },
};

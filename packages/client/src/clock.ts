/** The machine's clock, and the defaults of everything that is a time or a limit. */
import type { Clock, Limits, Timing } from './types.js';

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(timer as number),
};

export const DEFAULT_TIMING: Timing = {
  backoffBase: 500,
  backoffCap: 20_000,
  timeout: 10_000,
  fallbackAfter: 4_000,
  pollInterval: 3_000,
  longPollWait: 25_000,
  maxSilence: 10_000,
  upgradeAfter: 15_000,
};

export const DEFAULT_LIMITS: Limits = { pendingMessages: 1_000, iteratorBuffer: 1_000 };

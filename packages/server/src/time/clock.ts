/** Time, handed in so that tests can hold it still. */

export interface Clock {
  /** Milliseconds since 1970, for people and tokens: it may jump, and go back. */
  now(): number;
  /** Milliseconds since some moment, by a clock that never goes back: whatever measures how long takes this one. */
  monotonic(): number;
  /** Calls back once, after so many milliseconds, without keeping the process alive. Returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

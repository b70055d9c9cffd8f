/** Delays, as those below which so many of all lie. */

/** @param {number[]} delays in milliseconds */
export const percentiles = (delays) => {
  const sorted = Float64Array.from(delays).sort();
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: sorted[sorted.length - 1] ?? 0 };
};

export const milliseconds = (/** @type {number} */ value) =>
  `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

/** Several rounds of one figure, as one figure and how far the rounds lie apart. */

/** @param {number[]} values */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = /** @type {number} */ (sorted[middle]);
  return sorted.length % 2 === 1 ? upper : (upper + /** @type {number} */ (sorted[middle - 1])) / 2;
};

/** The distance between the extremes as a share of the median. */
export const spread = (/** @type {number[]} */ values) =>
  values.length < 2 ? 0 : (Math.max(...values) - Math.min(...values)) / median(values);

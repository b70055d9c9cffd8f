import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/state/timeline.js';
import { drawn, earlier, FOLLOWED, hold, later, MOST_DRAWN, NEWEST } from '../../src/state/window.js';

const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    kind: 'lost',
    offset: from + i,
    time: 0,
    count: 1,
  }));
const offsets = (all: readonly Entry[], span: Parameters<typeof drawn>[1]): [number, number] => {
  const { start, end } = drawn(all, span);
  return [all[start]!.offset, all[end - 1]!.offset];
};

test('at the bottom the newest are drawn, as they come', () => {
  expect(offsets(entries(1, 1000), NEWEST)).toEqual([1001 - FOLLOWED, 1000]);
  expect(offsets(entries(1, 1010), NEWEST)).toEqual([1011 - FOLLOWED, 1010]);
  expect(offsets(entries(1, 3), NEWEST)).toEqual([1, 3]);
  expect(drawn([], NEWEST)).toEqual({ start: 0, end: 0 });
});

describe('away from the bottom', () => {
  test('what is drawn stays drawn while more comes', () => {
    const span = hold(entries(1, 1000), NEWEST);
    expect(offsets(entries(1, 1010), span)).toEqual([1001 - FOLLOWED, 1010]);
    expect(hold(entries(1, 1010), span)).toBe(span);
  });

  test('a flood beyond the bound waits below', () => {
    const span = hold(entries(1, 1000), NEWEST);
    const [first, last] = offsets(entries(1, 5000), span);
    expect([first, last - first + 1]).toEqual([1001 - FOLLOWED, MOST_DRAWN]);
  });

  test('older ones that are loaded do not move it', () => {
    const span = hold(entries(500, 1000), NEWEST);
    expect(offsets(entries(1, 1000), span)).toEqual([1001 - FOLLOWED, 1000]);
  });
});

test('up and down again, never more than the bound, back to following', () => {
  const all = entries(1, 2000);
  let span = hold(all, NEWEST);
  const seen: [number, number][] = [];
  for (let i = 0; i < 30; i++) {
    span = earlier(all, span);
    seen.push(offsets(all, span));
  }
  expect(seen.at(-1)).toEqual([1, MOST_DRAWN]);
  for (const [first, last] of seen) expect(last - first).toBeLessThan(MOST_DRAWN);
  expect(earlier(all, span)).toBe(span);
  for (let i = 0; i < 30; i++) span = later(all, span);
  expect(offsets(all, span)).toEqual([2001 - MOST_DRAWN, 2000]);
  expect(span.last).toBeUndefined();
  expect(later(all, span)).toBe(span);
});

import { describe, expect, it } from 'vitest';
import { Random } from '../../src/verify/random.js';

const draw = (seed: string, count = 1_000): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('Random', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it('gives numbers from 0 up to 1, spread evenly', () => {
    const numbers = draw('a', 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const count = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(count).toBeGreaterThan(900);
      expect(count).toBeLessThan(1_100);
    }
  });

  it('gives whole numbers with both ends, and picks every item', () => {
    const random = new Random('a');
    const numbers = new Set(Array.from({ length: 200 }, () => random.int(3, 5)));
    expect(numbers).toEqual(new Set([3, 4, 5]));
    expect(new Set(Array.from({ length: 200 }, () => random.pick(['x', 'y'])))).toEqual(new Set(['x', 'y']));
    expect(() => random.pick([])).toThrow(RangeError);
  });
});

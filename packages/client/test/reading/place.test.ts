import { describe, expect, it } from 'vitest';
import { Place } from '../../src/reading/place.js';

describe('Place', () => {
  it('is where it was until nothing before what was reached is still to be told', () => {
    const place = new Place('c1');
    place.reach('c2');
    place.reach('c3');
    expect(place.cursor).toBe('c1');
    place.settle();
    expect(place.cursor).toBe('c3');
    place.settle();
    expect(place.cursor).toBe('c3');
  });

  it('is none where reading began elsewhere, until all is told, and none at all without a cursor', () => {
    const place = new Place('c1');
    place.begin('c7');
    expect(place.cursor).toBeUndefined();
    place.settle();
    expect(place.cursor).toBe('c7');
    place.begin(undefined);
    place.settle();
    expect(place.cursor).toBeUndefined();
  });
});

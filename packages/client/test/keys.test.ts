import { describe, expect, it } from 'vitest';
import { newIds } from '../src/keys.js';

describe('newIds', () => {
  it('makes ids that fit in a URL and do not meet', () => {
    const newId = newIds();
    const ids = new Set(Array.from({ length: 5_000 }, newId));
    expect(ids.size).toBe(5_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{16}$/);
  });

  it('makes the same ids of the same random numbers', () => {
    const random = () => 0.5;
    expect(newIds(random)()).toBe(newIds(random)());
  });
});

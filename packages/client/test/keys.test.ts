import { describe, expect, it } from 'vitest';
import { newId } from '../src/keys.js';

describe('newId', () => {
  it('makes ids that fit in a URL and do not meet', () => {
    const ids = new Set(Array.from({ length: 5_000 }, newId));
    expect(ids.size).toBe(5_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{16}$/);
  });
});

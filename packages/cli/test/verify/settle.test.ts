import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../src/verify/settle.js';

describe('waitUntil', () => {
  it('waits while there is progress, however long that takes', async () => {
    let left = 5;
    const missing = (): string[] => (left > 0 ? [`${left--} to go`] : []);
    expect(await waitUntil('stuck', missing, 0)).toEqual([]);
  });

  it('says what is missing when nothing changes any more', async () => {
    expect(await waitUntil('presence', async () => ['alice', 'bob'], 0)).toEqual([
      { kind: 'presence', what: 'alice' },
      { kind: 'presence', what: 'bob' },
    ]);
  });
});

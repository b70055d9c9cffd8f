import { describe, expect, it } from 'vitest';
import { restore, snapshot, store } from '../../src/sending/entry.js';
import type { StoredMessage } from '../../src/types.js';

const waiting: StoredMessage = { key: 'k', channel: 'room:a', text: 'x', time: 5 };

describe('an entry of the outbox', () => {
  it('is given out to the app as one object until it changes', () => {
    const entry = restore(waiting);
    const first = snapshot(entry);
    expect(first).toMatchObject({ ...waiting, status: 'pending' });
    expect(snapshot(entry)).toBe(first);
    entry.status = 'sent';
    entry.snapshot = undefined;
    expect(snapshot(entry)).toMatchObject({ status: 'sent' });
    expect(first.status).toBe('pending');
  });

  it('comes back from the storage as it was put there', async () => {
    expect(store(restore(waiting))).toEqual(waiting);
    const failed: StoredMessage = { ...waiting, failed: { code: 'not_a_member', message: 'You are none.' } };
    const entry = restore(failed);
    expect(store(entry)).toEqual(failed);
    expect(await entry.done).toMatchObject({ status: 'failed', error: { code: 'not_a_member' } });
  });
});

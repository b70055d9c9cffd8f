import { describe, expect, it } from 'vitest';
import { localStorageOutbox, type WebStorage } from '../../src/sending/local-storage.js';
import type { StoredMessage } from '../../src/types.js';

class FakeWebStorage implements WebStorage {
  readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(name: string): string | null {
    return this.items.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    this.items.set(name, value);
  }
  removeItem(name: string): void {
    this.items.delete(name);
  }
}

const message = (key: string, time: number): StoredMessage => ({ key, channel: 'room:a', text: key, time });

describe('localStorageOutbox', () => {
  it('gives back what was put, in the order of time, until it is removed', () => {
    const storage = new FakeWebStorage();
    const outbox = localStorageOutbox('alice', storage);
    outbox.put(message('b', 2));
    outbox.put(message('a', 1));
    outbox.put({ ...message('b', 2), failed: { code: 'not_a_member', message: 'no' } });
    expect(localStorageOutbox('alice', storage).load()).toEqual([
      message('a', 1),
      { ...message('b', 2), failed: { code: 'not_a_member', message: 'no' } },
    ]);
    outbox.remove('a');
    expect(outbox.load().map(({ key }) => key)).toEqual(['b']);
  });

  it('keeps users apart, and leaves alone what is not its own', () => {
    const storage = new FakeWebStorage();
    storage.setItem('theme', 'dark');
    storage.setItem('fullduplex.outbox:alice:x', 'no JSON');
    storage.setItem('fullduplex.outbox:alice:y', '{"key":"y"}');
    storage.setItem('fullduplex.outbox:alice:z', 'null');
    localStorageOutbox('bob', storage).put(message('b', 1));
    expect(localStorageOutbox('alice', storage).load()).toEqual([]);
    expect(storage.items.get('theme')).toBe('dark');
  });

  it('does not overwrite what another tab has put', () => {
    const storage = new FakeWebStorage();
    const one = localStorageOutbox('alice', storage);
    const two = localStorageOutbox('alice', storage);
    one.put(message('a', 1));
    two.put(message('b', 2));
    two.remove('b');
    expect(one.load()).toEqual([message('a', 1)]);
  });
});

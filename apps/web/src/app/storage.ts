/** The browser's storage, or a stand-in that lasts as long as the page where the browser lets nothing be kept. */

export function storageOr(open: () => Storage): Storage {
  try {
    const storage = open();
    // Some browsers hand it out and refuse it only when it is used.
    storage.setItem('fullduplex.probe', '');
    storage.removeItem('fullduplex.probe');
    return storage;
  } catch {
    return new MemoryStorage();
  }
}

export class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  clear(): void {
    this.#items.clear();
  }
}
